// IPv4 longest match in each form of the table, and from one into the next, against a naive one.
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <map>
#include <random>
#include <thread>

#include "lab.h"

namespace weft::fib4_test {
namespace {

using Form = Table4::Form;

// A FIB and what it should say.
struct Pair {
    explicit Pair(TrieNodes &nodes) : fib(epochs, nodes) {}
    ~Pair() { epochs.free_all(); }

    int64_t naive(uint32_t a, unsigned from = 32) const {
        for (int l = static_cast<int>(from); l >= 0; l--) {
            const auto f = routes.find({static_cast<uint8_t>(l), a & mask4(static_cast<unsigned>(l))});
            if (f != routes.end()) return f->second;
        }
        return -1;
    }
    void prepare(Prefix4 route, uint32_t objects) { fib.prepare({&route, 1}, objects); }
    void set(uint32_t bits, uint8_t length, uint32_t object) {
        prepare({bits, length}, object + 1);
        fib.adopt();
        const auto found = routes.find({length, bits});
        CHECK_EQUAL(fib.set(bits, length, object, false), found == routes.end() ? int64_t{-1} : int64_t{found->second});
        routes[{length, bits}] = object;
    }
    void erase(uint32_t bits, uint8_t length) {
        const auto found = routes.find({length, bits});
        CHECK_EQUAL(fib.erase(bits, length, true), found == routes.end() ? int64_t{-1} : int64_t{found->second});
        if (found != routes.end()) routes.erase(found);
    }
    void check(const std::vector<uint32_t> &addresses) const {
        std::vector<uint32_t> burst(addresses.size());
        fib.lookup(addresses.data(), burst.data(), addresses.size());
        for (size_t i = 0; i < addresses.size(); i++) {
            const int64_t right = naive(addresses[i]);
            CHECK_EQUAL(fib.lookup(addresses[i]), right);
            CHECK_EQUAL(burst[i], static_cast<uint32_t>(right));
            CHECK_EQUAL(fib.beyond_default(addresses[i]), right >= 0 && longest(addresses[i]) > 0);
        }
        const auto zero = routes.find({0, 0});
        CHECK_EQUAL(fib.default_object(), zero == routes.end() ? int64_t{-1} : int64_t{zero->second});
    }
    int longest(uint32_t a) const {
        for (int l = 32; l >= 0; l--)
            if (routes.count({static_cast<uint8_t>(l), a & mask4(static_cast<unsigned>(l))})) return l;
        return -1;
    }
    // As if a transaction had asked for so much; what it then sets is less.
    void grow_to(Form form) {
        const std::vector<Prefix4> many(20000, Prefix4{0x01020304, 31});
        fib.prepare(many, form == Form::wide ? 100000 : 0);
        fib.adopt();
        CHECK(fib.form() == form);
    }

    Epochs epochs;
    Fib4 fib;
    std::map<std::pair<uint8_t, uint32_t>, uint32_t> routes;
};

// Around a prefix: first and last address, the one before and the one after.
std::vector<uint32_t> borders(uint32_t bits, uint8_t length) {
    const uint32_t last = bits | ~mask4(length);
    return {bits, last, bits - 1, last + 1, bits ^ 0x80000000, last ^ 1};
}

void churn(Pair &pair, std::mt19937 &random, int steps, uint32_t objects, unsigned percent_set) {
    // Few distinct bits, so that prefixes nest and collide.
    constexpr uint32_t bits = 0x81c18183;
    for (int step = 0; step < steps; step++) {
        // Painting very short ones takes its time in the large forms.
        uint8_t length = static_cast<uint8_t>(random() % 33);
        if (length < 8 && pair.fib.form() != Form::trie && random() % 200) length = static_cast<uint8_t>(8 + length * 3);
        const uint32_t prefix = random() & bits & mask4(length);
        if (random() % 100 < percent_set)
            pair.set(prefix, length, random() % objects);
        else
            pair.erase(prefix, length);
        auto probes = borders(prefix, length);
        for (int n = 0; n < 4; n++) probes.push_back(static_cast<uint32_t>(n ? random() & bits : random()));
        pair.check(probes);
        if (step % 50 == 0) pair.epochs.collect();
    }
}

TEST("fib4: answers as a naive longest match does in every form of its table while routes come, change and go") {
    TrieNodes nodes;
    const size_t before = nodes.available();
    std::mt19937 random(1);
    for (const Form form : {Form::trie, Form::narrow, Form::wide}) {
        Pair pair(nodes);
        if (form != Form::trie) pair.grow_to(form);
        churn(pair, random, 8000, 50, 55);
        CHECK(pair.fib.form() == form);
        churn(pair, random, 4000, 50, 20);
        CHECK_EQUAL(pair.fib.size(), pair.routes.size());
        while (!pair.routes.empty()) pair.erase(pair.routes.begin()->first.second, pair.routes.begin()->first.first);
        CHECK_EQUAL(pair.fib.size(), size_t{0});
        for (int n = 0; n < 1000; n++) pair.check({static_cast<uint32_t>(random())});
    }
    CHECK_EQUAL(nodes.available(), before);
}

TEST("fib4: answers stay right when the table grows from a trie into entries of two octets and then of four") {
    TrieNodes nodes;
    std::mt19937 random(2);
    Pair pair(nodes);
    churn(pair, random, 2000, 50, 70);
    pair.grow_to(Form::narrow);
    churn(pair, random, 2000, 50, 60);
    churn(pair, random, 500, Narrow4::most_objects, 60);
    CHECK(pair.fib.form() == Form::narrow);
    pair.set(0x01020300, 24, Narrow4::most_objects);
    CHECK(pair.fib.form() == Form::wide);
    churn(pair, random, 2000, 200000, 60);
}

TEST("fib4: a VRF of many routes grows when they come, and by the /24s with longer routes") {
    TrieNodes nodes;
    Pair pair(nodes);
    std::mt19937 random(3);
    std::vector<Prefix4> batch;
    const auto load = [&] {
        pair.fib.prepare(batch, 7);
        pair.fib.adopt();
        for (const Prefix4 &route : batch) {
            pair.fib.prefetch(route.bits, route.length);
            pair.fib.set(route.bits, route.length, route.bits % 7, false);
            pair.routes[{route.length, route.bits}] = route.bits % 7;
        }
        std::vector<uint32_t> probes;
        for (int n = 0; n < 20000; n++) probes.push_back(batch[random() % batch.size()].bits ^ static_cast<uint32_t>(random() % 512));
        pair.check(probes);
    };
    for (uint32_t n = 0; n < 12000; n++) batch.push_back({0x0a000000 + n * 256, 24});
    load();
    CHECK(pair.fib.form() == Form::trie);
    load();  // the same routes once more need no other table
    CHECK(pair.fib.form() == Form::trie);
    batch.clear();
    for (uint32_t n = 0; n < 32000; n++) batch.push_back({0x0b000000 + n * 256, 28});
    load();
    CHECK(pair.fib.form() == Form::narrow);
    batch.clear();
    for (uint32_t n = 0; n < 40000; n++) batch.push_back({0x0b000010 + n % 32000 * 256, 29});
    load();
    CHECK(pair.fib.form() == Form::narrow);
    batch.clear();
    for (uint32_t n = 0; n < 1000; n++) batch.push_back({0x0c000010 + n * 256, 29});
    load();
    CHECK(pair.fib.form() == Form::wide);
}

TEST("fib4: VRFs do not see each other's routes") {
    TrieNodes nodes;
    Pair one(nodes), other(nodes);
    std::mt19937 random(4);
    for (int round = 0; round < 20; round++) {
        churn(one, random, 50, 50, 60);
        churn(other, random, 50, 50, 60);
        if (round == 10) one.grow_to(Form::narrow);
    }
}

TEST("fib4: ten routes of a VRF take less than 48 KiB, wherever they are") {
    TrieNodes nodes;
    const size_t before = nodes.available();
    Pair pair(nodes);
    for (uint32_t n = 1; n <= 10; n++) pair.set(n << 24 | n << 16 | n << 8 | n, 32, n);
    CHECK((before - nodes.available()) * sizeof(TrieNode) + 4096 + sizeof(Fib4) < 48 << 10);
}

TEST("fib4: a reader never misses a route that is always there, through churn and growth") {
    TrieNodes nodes;
    Pair pair(nodes);
    // Object n stands for prefix n; 0 covers all the others and stays.
    std::vector<Prefix4> prefixes{{0x0a140000, 14}};
    std::mt19937 random(5);
    while (prefixes.size() < 600) {
        const auto length = static_cast<uint8_t>(15 + random() % 18);
        prefixes.push_back({static_cast<uint32_t>(0x0a140000 | (random() & 0x3c783)) & mask4(length), length});
    }
    pair.set(prefixes[0].bits, prefixes[0].length, 0);
    std::atomic<bool> stop{false};
    std::atomic<uint64_t> wrong{0}, seen{0};
    std::thread reader([&] {
        std::mt19937 own(6);
        uint32_t addresses[64], objects[64];
        while (!stop) {
            for (uint32_t &a : addresses) a = 0x0a140000 | (own() & 0x3c783);
            pair.epochs.enter(0);
            pair.fib.lookup(addresses, objects, 64);
            for (size_t i = 0; i < 64; i++) {
                const bool is_right = objects[i] % 1000 < prefixes.size() &&
                                      ((addresses[i] ^ prefixes[objects[i] % 1000].bits) & mask4(prefixes[objects[i] % 1000].length)) == 0;
                wrong += !is_right;
            }
            wrong += !pair.fib.beyond_default(addresses[0]);
            pair.epochs.leave(0);
            seen += 64;
        }
    });
    const auto some_churn = [&](int steps, uint32_t more) {
        for (int n = 0; n < steps; n++) {
            const uint32_t i = 1 + random() % (static_cast<uint32_t>(prefixes.size()) - 1);
            if (random() % 2)
                pair.set(prefixes[i].bits, prefixes[i].length, i + more);
            else
                pair.erase(prefixes[i].bits, prefixes[i].length);
            if (n % 16 == 0) pair.epochs.collect();
        }
    };
    const auto until_seen = [&](uint32_t more) {
        for (const uint64_t target = seen + 2000; seen < target;) some_churn(500, more);
    };
    until_seen(0);
    pair.grow_to(Form::narrow);
    until_seen(0);
    pair.grow_to(Form::wide);
    until_seen(100000);
    stop = true;
    reader.join();
    CHECK_EQUAL(wrong.load(), uint64_t{0});
}

TEST("fib4: an address that the default route and another one cover by turns is always covered") {
    TrieNodes nodes;
    for (const Form form : {Form::trie, Form::narrow, Form::wide}) {
        Pair pair(nodes);
        if (form != Form::trie) pair.grow_to(form);
        pair.set(0, 0, 1);
        std::atomic<bool> stop{false};
        std::atomic<uint64_t> wrong{0}, seen{0};
        std::thread reader([&] {
            uint32_t addresses[64], objects[64];
            for (uint32_t i = 0; i < 64; i++) addresses[i] = 0x0a000000 + i * 0x1000;
            while (!stop) {
                pair.epochs.enter(0);
                pair.fib.lookup(addresses, objects, 64);
                for (const uint32_t object : objects) wrong += object == no_object;
                wrong += pair.fib.lookup(0x0a000001) < 0;
                pair.epochs.leave(0);
                seen++;
            }
        });
        while (seen < 300)
            for (int n = 0; n < 200; n++) {
                pair.set(0x0a000000, 14, 2);
                pair.erase(0, 0);
                pair.set(0, 0, 1);
                pair.erase(0x0a000000, 14);
            }
        stop = true;
        reader.join();
        CHECK_EQUAL(wrong.load(), uint64_t{0});
    }
}

#if !defined(__SANITIZE_ADDRESS__)
TEST("fib4: prepare says so when memory is refused, and nothing has changed") {
    const pid_t child = fork();
    if (child == 0) {
        bool good = false;
        try {
            TrieNodes nodes;
            Pair pair(nodes);
            std::mt19937 random(7);
            churn(pair, random, 200, 50, 70);
            std::ifstream statm("/proc/self/statm");
            rlim_t pages = 0;
            statm >> pages;
            const rlim_t least = pages * static_cast<rlim_t>(sysconf(_SC_PAGESIZE)) + (24u << 20);
            const rlimit limit{least, least};
            setrlimit(RLIMIT_AS, &limit);
            bool refused = false;
            try {
                pair.grow_to(Form::narrow);
            } catch (const std::bad_alloc &) {
                refused = true;
            }
            pair.fib.adopt();
            CHECK(pair.fib.form() == Form::trie);
            churn(pair, random, 200, 50, 50);
            good = refused;
        } catch (const CheckFailed &) {
        }
        _exit(good ? 0 : 1);
    }
    int status = 0;
    waitpid(child, &status, 0);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}
#endif

}  // namespace
}  // namespace weft::fib4_test
