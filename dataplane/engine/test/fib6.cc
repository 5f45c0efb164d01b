// IPv6 longest prefix match against a naive one: every length, shapes that a trie dislikes, several VRFs over the same memory,
// and a reader beside the writer.
#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>

#include "lab.h"

namespace weft::fib6_test {
namespace {

struct Less {
    bool operator()(const Ip6 &a, const Ip6 &b) const { return a.high != b.high ? a.high < b.high : a.low < b.low; }
};

// A table beside its naive form.
struct Table {
    explicit Table(Epochs &e, Trie6Nodes &n) : epochs(e), fib(e, n) {}

    void set(const Ip6 &address, unsigned length, uint32_t object) {
        const Ip6 prefix = mask6(address, length);
        const Prefix6 one{prefix, static_cast<uint8_t>(length)};
        fib.prepare({&one, 1});
        const int64_t before = fib.set(prefix, static_cast<uint8_t>(length), object, false);
        const auto found = routes[length].find(prefix);
        CHECK_EQUAL(before, found == routes[length].end() ? int64_t{-1} : int64_t{found->second});
        routes[length][prefix] = object;
        changed();
    }
    bool erase(const Ip6 &address, unsigned length) {
        const Ip6 prefix = mask6(address, length);
        const auto found = routes[length].find(prefix);
        const int64_t had = found == routes[length].end() ? int64_t{-1} : int64_t{found->second};
        if (had >= 0) routes[length].erase(found);
        CHECK_EQUAL(fib.erase(prefix, static_cast<uint8_t>(length), true), had);
        changed();
        return had >= 0;
    }
    void changed() {
        if (++changes % 64 == 0) epochs.collect();
    }
    int64_t naive(const Ip6 &address, unsigned from = 0) const {
        for (unsigned length = 129; length-- > from;) {
            if (routes[length].empty()) continue;
            const auto found = routes[length].find(mask6(address, length));
            if (found != routes[length].end()) return found->second;
        }
        return -1;
    }
    void check(const std::vector<Ip6> &addresses) const {
        std::vector<uint32_t> burst(addresses.size()), portable(addresses.size());
        // Again and again, so that a burst is large enough for wide instructions.
        std::vector<Ip6> many(addresses);
        while (many.size() < 64) many.push_back(addresses[many.size() % addresses.size()]);
        std::vector<uint32_t> wide(many.size());
        fib.lookup(many.data(), wide.data(), many.size());
        fib.lookup(addresses.data(), burst.data(), addresses.size());
        fib.lookup_portable(addresses.data(), portable.data(), addresses.size());
        for (size_t i = 0; i < many.size(); i++) CHECK_EQUAL(wide[i], burst[i % burst.size()]);
        for (size_t i = 0; i < addresses.size(); i++) {
            const int64_t right = naive(addresses[i]);
            CHECK_EQUAL(burst[i], static_cast<uint32_t>(right));
            CHECK_EQUAL(portable[i], static_cast<uint32_t>(right));
            CHECK_EQUAL(fib.lookup(addresses[i]), right);
            CHECK_EQUAL(fib.beyond_default(addresses[i]), naive(addresses[i], 1) >= 0);
        }
    }
    size_t size() const {
        size_t n = 0;
        for (const auto &of_length : routes) n += of_length.size();
        return n;
    }
    void clear(std::mt19937_64 &random) {
        std::vector<std::pair<Ip6, unsigned>> all;
        for (unsigned length = 0; length <= 128; length++)
            for (const auto &[prefix, object] : routes[length]) all.emplace_back(prefix, length);
        std::shuffle(all.begin(), all.end(), random);
        for (const auto &[prefix, length] : all) CHECK(erase(prefix, length));
        CHECK_EQUAL(fib.size(), size_t{0});
    }

    Epochs &epochs;
    Fib6 fib;
    std::array<std::map<Ip6, uint32_t, Less>, 129> routes;
    size_t changes = 0;
};

// Runs `body` with tables of fresh memory, all of which must be free again when the routes are gone.
template <class Body>
void with_memory(uint64_t seed, Body body) {
    std::mt19937_64 random(seed);
    Epochs epochs;
    Trie6Nodes nodes;
    const size_t before = nodes.available();
    body(epochs, nodes, random);
    epochs.free_all();
    CHECK_EQUAL(nodes.available(), before);
}

// The address itself, and the last before and the first after each of its prefixes.
void around(const Ip6 &address, unsigned length, std::vector<Ip6> &out) {
    const Wide first = wide(mask6(address, length)), last = first | rest6(length);
    for (const Wide a : {wide(address), first, last, first - 1, last + 1}) out.push_back(narrow(a));
}

TEST("fib6: every length answers as a naive longest match does, after each of random changes") {
    with_memory(2, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &random) {
        Table table(epochs, nodes);
        // Few distinct bits, so that prefixes nest and collide.
        const auto some = [&] { return Ip6{random() & 0xe000000081018181ull, random() & 0x8100000000008103ull}; };
        for (int step = 0; step < 10000; step++) {
            const unsigned length = static_cast<unsigned>(random() % 129);
            const Ip6 address = some();
            if (random() % 100 < (step < 6000 ? 60u : 20u))
                table.set(address, length, static_cast<uint32_t>(random() % 5));
            else
                table.erase(address, length);
            std::vector<Ip6> probes{some(), {random(), random()}};
            around(address, length, probes);
            table.check(probes);
        }
        CHECK_EQUAL(table.fib.size(), table.size());
        table.clear(random);
        table.check({some(), some()});
    });
}

TEST("fib6: a table of the Internet's shape stays right while it grows, churns and shrinks") {
    with_memory(3, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &random) {
        Table table(epochs, nodes);
        const unsigned lengths[] = {48, 48, 48, 48, 32, 32, 44, 40, 36, 29, 46, 47, 33, 20, 24, 64, 56, 128, 12, 3, 0};
        std::vector<Ip6> blocks;
        for (int n = 0; n < 300; n++) blocks.push_back({0x2000000000000000ull | (random() >> 3 & 0x0c03fffff0000000ull), 0});
        const auto some = [&] {
            const uint64_t r = random(), skewed = (r % blocks.size()) * (r >> 32 & 255) / 256;
            return Ip6{blocks[skewed].high | (random() & 0x0000000fffffffffull), random() & 0xf00f};
        };
        size_t most = 0;
        for (int step = 0; step < 12000; step++) {
            const unsigned length = lengths[random() % std::size(lengths)];
            const Ip6 address = some();
            if (random() % 100 < (step < 8500 ? 90u : 30u))
                table.set(address, length, static_cast<uint32_t>(random() % 100));
            else
                table.erase(address, length);
            most = std::max(most, table.fib.size());
            if (step % 20) continue;
            std::vector<Ip6> probes;
            around(address, length, probes);
            for (int n = 0; n < 65; n++) probes.push_back(some());
            table.check(probes);
        }
        CHECK(most > 4096);
        table.clear(random);
    });
}

TEST("fib6: prefixes nested at every length, and the hosts of one subnet") {
    with_memory(4, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &random) {
        Table nested(epochs, nodes), hosts(epochs, nodes);
        const Ip6 deep{0x20010db8a5a5c3c3ull, 0x123456789abcdef0ull};
        std::vector<Ip6> probes;
        for (unsigned length = 0; length <= 128; length++) around(deep, length, probes);
        const auto some = [&](unsigned length) {
            std::vector<Ip6> few;
            around(deep, length, few);
            return few;
        };
        std::vector<unsigned> order(129);
        for (unsigned length = 0; length <= 128; length++) order[length] = length;
        for (int round = 0; round < 2; round++) {
            std::shuffle(order.begin(), order.end(), random);
            for (const unsigned length : order) {
                nested.set(deep, length, length);
                nested.check(length % 16 ? some(length) : probes);
            }
            std::shuffle(order.begin(), order.end(), random);
            for (const unsigned length : order) {
                nested.erase(deep, length);
                nested.check(length % 16 ? some(length) : probes);
            }
        }
        const Ip6 subnet{0x20010db800010002ull, 0};
        hosts.set(subnet, 64, 7);
        std::vector<Ip6> all;
        for (int n = 0; n < 2000; n++) {
            const Ip6 host{subnet.high, n % 2 ? static_cast<uint64_t>(n) : random()};
            hosts.set(host, 128, static_cast<uint32_t>(n % 3));
            all.push_back(host);
            all.push_back({subnet.high, random()});
            if (n % 400 == 0) hosts.check(all);
        }
        hosts.check(all);
        hosts.clear(random);
        hosts.check(all);
    });
}

TEST("fib6: tables of several VRFs over the same memory do not see one another") {
    with_memory(5, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &random) {
        std::vector<std::unique_ptr<Table>> tables;
        for (int n = 0; n < 5; n++) tables.push_back(std::make_unique<Table>(epochs, nodes));
        for (int step = 0; step < 6000; step++) {
            Table &table = *tables[random() % tables.size()];
            const unsigned length = static_cast<unsigned>(random() % 65);
            const Ip6 address{random() & 0xff0f0f0ff0000000ull, 0};
            random() % 3 ? table.set(address, length, static_cast<uint32_t>(random() % 9)) : void(table.erase(address, length));
            if (step % 50 == 0)
                for (const auto &each : tables) each->check({address, {random() & 0xff0f0f0ff0000000ull, 1}});
        }
        // Ends with its routes.
        tables.clear();
    });
}

TEST("fib6: ten routes of a VRF take less than 16 KiB") {
    with_memory(6, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &random) {
        Table table(epochs, nodes);
        const size_t before = nodes.available();
        for (int n = 0; n < 10; n++) table.set({random(), random()}, 128 - static_cast<unsigned>(n), 1);
        epochs.collect();
        epochs.collect();
        CHECK((before - nodes.available()) * (sizeof(Line6) + sizeof(Side6)) < 16384);
        table.clear(random);
    });
}

TEST("fib6: ::/0 stands for what no other route covers") {
    with_memory(7, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &) {
        Table table(epochs, nodes);
        const Ip6 inside{0x20010db800000000ull, 1}, outside{0xfd00000000000000ull, 1};
        CHECK_EQUAL(table.fib.default_object(), int64_t{-1});
        table.set({}, 0, 5);
        table.set(inside, 32, 6);
        table.check({inside, outside});
        CHECK_EQUAL(table.fib.default_object(), int64_t{5});
        table.set({}, 0, 8);
        table.check({inside, outside});
        table.erase({}, 0);
        table.check({inside, outside});
        table.erase(inside, 32);
        table.check({inside, outside});
    });
}

TEST("fib6: a reader finds a route at every moment where one covers the address, and never another's") {
    with_memory(8, [](Epochs &epochs, Trie6Nodes &nodes, std::mt19937_64 &random) {
        Fib6 fib(epochs, nodes);
        const std::vector<Prefix6> many(20000, {{0x2001000000000000ull, 0}, 64});
        fib.prepare(many);
        // Objects name the /20 they are of; routes of objects below 16 cover it at some length at every moment.
        const auto block = [](uint64_t n) { return Ip6{0x2001000000000000ull | n << 44, 0}; };
        for (uint64_t n = 0; n < 16; n++) fib.set(block(n), 20, static_cast<uint32_t>(n), false);
        std::atomic<bool> stop{false}, wrong{false};
        std::atomic<uint64_t> bursts{0};
        std::thread reader([&] {
            std::mt19937_64 own(9);
            std::array<Ip6, 64> addresses;
            std::array<uint32_t, 64> objects;
            while (!stop) {
                for (Ip6 &a : addresses) a = {block(own() % 16).high | (own() & 0x00000fffffffffffull), own()};
                epochs.enter(0);
                fib.lookup(addresses.data(), objects.data(), addresses.size());
                for (size_t i = 0; i < addresses.size(); i++)
                    if (objects[i] % 16 != (addresses[i].high >> 44 & 15)) wrong = true;
                epochs.leave(0);
                bursts++;
            }
        });
        const auto change = [&](const Ip6 &prefix, unsigned length, uint32_t object) {
            const auto l = static_cast<uint8_t>(length);
            if (fib.erase(mask6(prefix, length), l, true) < 0) fib.set(mask6(prefix, length), l, object, false);
        };
        for (uint64_t step = 0; step < 20000 || bursts < 20; step++) {
            const uint64_t n = random() % 16;
            const Ip6 address{block(n).high | (random() & 0x00000ff0f00f0000ull), 0};
            const auto object = static_cast<uint32_t>(n + 16 * (random() % 4));
            if (step % 100 == 0) {
                // From the /20 to two /21 and back, make before break.
                const Ip6 upper{block(n).high | 1ull << 43, 0};
                fib.set(block(n), 21, object, false);
                fib.set(upper, 21, object, false);
                fib.erase(block(n), 20, true);
                fib.set(block(n), 20, object, false);
                fib.erase(block(n), 21, true);
                fib.erase(upper, 21, true);
            }
            change(address, 22 + static_cast<unsigned>(random() % 43), object);
            if (step % 64 == 0) epochs.collect();
        }
        stop = true;
        reader.join();
        CHECK(!wrong);
    });
}

}  // namespace
}  // namespace weft::fib6_test
