// The table of MAC addresses: learning, limits, moves, and readers beside writers.
#include "../tables/mac_table.h"

#include <map>
#include <thread>

#include "lab.h"

namespace weft::mac_table_test {
namespace {

using Learned = MacTable::Learned;

MacKey key_of(uint64_t n, uint16_t domain = 1) { return (n * 0x9e3779b97f4a7c15ull & 0xfffffffffffe) | static_cast<uint64_t>(domain) << 48; }

int learn(MacTable &t, MacKey key, uint32_t interface, MacTable::Stamp now = 1, const MacTable::Terms &terms = {}) {
    return static_cast<int>(t.learn(key, {interface, 0}, now, terms));
}
int is(Learned learned) { return static_cast<int>(learned); }

TEST("mac table: what is learned is found, with its interface and its remote, until it is removed") {
    MacTable t(100);
    const MacKey key = mac_key(7, mac(0x42));
    CHECK_EQUAL(domain_of(key), uint16_t{7});
    CHECK(mac_of(key) == mac(0x42));
    CHECK(!t.find(key));
    CHECK_EQUAL(is(t.learn(key, {3, 9}, 5, {})), is(Learned::added));
    CHECK_EQUAL(t.find(key).place().interface, 3u);
    CHECK_EQUAL(t.find(key).place().remote, uint16_t{9});
    CHECK_EQUAL(t.find(key).stamp(), uint16_t{5});
    CHECK(!t.find(mac_key(8, mac(0x42))));
    MacTable::refresh(t.find(key), 6);
    CHECK_EQUAL(t.find(key).stamp(), uint16_t{6});
    CHECK(t.find(key).place() == (MacPlace{3, 9}));
    CHECK_EQUAL(t.in_domain(7), 1u);
    CHECK_EQUAL(t.on_interface(3), 1u);
    t.remove(key);
    CHECK(!t.find(key));
    CHECK_EQUAL(t.size() + t.in_domain(7) + t.on_interface(3), 0u);
}

TEST("mac table: all of its capacity has room, each address is there once, and another table takes all of them") {
    constexpr uint32_t many = 100000;
    MacTable t(many);
    for (uint32_t n = 1; n <= many; n++) CHECK_EQUAL(learn(t, key_of(n), n % 50), is(Learned::added));
    for (uint32_t n = 1; n <= many; n++) CHECK_EQUAL(t.find(key_of(n)).place().interface, n % 50);
    std::map<MacKey, int> seen;
    t.each(0, [&](MacKey key, const MacTable::Found &) {
        seen[key]++;
        return true;
    });
    CHECK_EQUAL(seen.size(), size_t{many});
    CHECK_EQUAL(t.on_interface(49), many / 50);
    MacTable larger(many * 4);
    larger.adopt(t);
    CHECK_EQUAL(larger.size(), many);
    for (uint32_t n = 1; n <= many; n += 7) CHECK_EQUAL(larger.find(key_of(n)).place().interface, n % 50);
    CHECK_EQUAL(larger.in_domain(1), many);
}

TEST("mac table: nearly full, one address makes room for another, and what has none says so") {
    MacTable t(64);
    const uint32_t places = t.bucket_count() * 4;
    uint32_t added = 0;
    for (uint32_t n = 1; n <= 4 * places; n++) {
        const int done = learn(t, key_of(n), 1);
        added += done == is(Learned::added);
        CHECK(done == is(Learned::added) || done == is(Learned::table_full));
    }
    CHECK(added > places * 8 / 10);
    CHECK_EQUAL(t.size(), added);
    CHECK_EQUAL(t.on_interface(1), added);
    for (uint32_t n = 1; n <= 8; n++) CHECK(t.place(key_of(100000 + n), {2, 0}));
    CHECK_EQUAL(t.on_interface(2), 8u);
}

TEST("mac table: limits of a domain and of an interface hold, and moving keeps to them") {
    MacTable t(1000);
    const MacTable::Terms terms{3, 2};
    CHECK_EQUAL(learn(t, key_of(1), 1, 1, terms), is(Learned::added));
    CHECK_EQUAL(learn(t, key_of(2), 1, 1, terms), is(Learned::added));
    CHECK_EQUAL(learn(t, key_of(3), 1, 1, terms), is(Learned::interface_full));
    CHECK_EQUAL(learn(t, key_of(3), 2, 1, terms), is(Learned::added));
    CHECK_EQUAL(learn(t, key_of(4), 2, 1, terms), is(Learned::domain_full));
    CHECK_EQUAL(learn(t, key_of(4, 2), 2, 1, terms), is(Learned::added));
    CHECK_EQUAL(learn(t, key_of(3), 1, 1, terms), is(Learned::interface_full));
    CHECK_EQUAL(learn(t, key_of(1), 3, 1, terms), is(Learned::moved));
    CHECK_EQUAL(t.on_interface(1), 1u);
    CHECK_EQUAL(t.on_interface(3), 1u);
    CHECK_EQUAL(t.in_domain(1), 3u);
    CHECK_EQUAL(learn(t, key_of(3), 1, 1, terms), is(Learned::moved));
}

TEST("mac table: a fixed address stays where it was put") {
    MacTable t(100);
    learn(t, key_of(1), 4);
    CHECK(t.place(key_of(1), {5, 0}));
    CHECK_EQUAL(t.size(), 1u);
    CHECK_EQUAL(t.on_interface(4), 0u);
    CHECK_EQUAL(learn(t, key_of(1), 4), is(Learned::is_fixed));
    CHECK_EQUAL(t.find(key_of(1)).place().interface, 5u);
    CHECK_EQUAL(t.find(key_of(1)).stamp(), MacTable::fixed);
}

TEST("mac table: an address that moves too often is reported once, and may be held") {
    MacTable t(100);
    const MacTable::Terms told{MacTable::no_limit, MacTable::no_limit, 2, 10, 0};
    learn(t, key_of(1), 1);
    CHECK_EQUAL(learn(t, key_of(1), 2, 1, told), is(Learned::moved));
    CHECK_EQUAL(learn(t, key_of(1), 1, 2, told), is(Learned::moved));
    CHECK_EQUAL(learn(t, key_of(1), 2, 3, told), is(Learned::moving));
    CHECK_EQUAL(learn(t, key_of(1), 1, 4, told), is(Learned::moved));
    CHECK_EQUAL(learn(t, key_of(1), 2, 20, told), is(Learned::moved));  // another time
    MacTable::Terms held = told;
    held.hold = 30;
    learn(t, key_of(2), 1);
    CHECK_EQUAL(learn(t, key_of(2), 2, 1, held), is(Learned::moved));
    CHECK_EQUAL(learn(t, key_of(2), 1, 1, held), is(Learned::moved));
    CHECK_EQUAL(learn(t, key_of(2), 2, 1, held), is(Learned::moving));
    CHECK_EQUAL(learn(t, key_of(2), 2, 29, held), is(Learned::held));
    CHECK_EQUAL(t.find(key_of(2)).place().interface, 1u);
    CHECK_EQUAL(learn(t, key_of(2), 2, 32, held), is(Learned::moved));
}

TEST("mac table: seconds between stamps are right across their end") {
    CHECK_EQUAL(MacTable::between(10, 310), 300u);
    CHECK_EQUAL(MacTable::between(65500, 265), 300u);
    CHECK_EQUAL(MacTable::stamp(65534ull * 1000000), uint16_t{65535});
    CHECK_EQUAL(MacTable::between(10, 9), 0u);
    CHECK_EQUAL(MacTable::stamp(65535ull * 1000000), uint16_t{1});
}

TEST("mac table: while others learn, move and remove, a reader finds what an address was given, and counts end up right") {
    constexpr uint32_t many = 2000;
    MacTable t(4000);
    std::atomic<bool> done{false};
    std::atomic<uint64_t> wrong{0}, hits{0};
    // Of the n-th address the interface is n, or n + many.
    std::vector<std::thread> threads;
    for (unsigned id = 0; id < 3; id++)
        threads.emplace_back([&, id] {
            uint64_t draw = 88172645463325252ull + id;
            for (uint32_t turn = 0; turn < 200000; turn++) {
                draw ^= draw << 13, draw ^= draw >> 7, draw ^= draw << 17;
                const uint32_t n = 1 + static_cast<uint32_t>(draw >> 20) % many;
                if (const auto found = t.find(key_of(n))) {
                    hits++;
                    wrong += found.place().interface % many != n % many;
                }
                t.learn(key_of(n), {n + (draw & 1 ? many : 0), 0}, static_cast<uint16_t>(1 + turn % 100), {});
            }
        });
    std::thread sweeper([&] {
        while (!done)
            t.remove_if(0, t.bucket_count(), [](MacKey key, const MacTable::Found &found) { return (key + found.stamp()) % 3 == 0; });
    });
    for (std::thread &thread : threads) thread.join();
    done = true;
    sweeper.join();
    CHECK_EQUAL(wrong.load(), uint64_t{0});
    CHECK(hits > 0);
    uint32_t there = 0, counted = 0;
    std::map<MacKey, int> seen;
    t.each(0, [&](MacKey key, const MacTable::Found &) {
        there++;
        CHECK_EQUAL(++seen[key], 1);
        return true;
    });
    for (uint32_t i = 0; i <= 2 * many; i++) counted += t.on_interface(i);
    CHECK_EQUAL(t.size(), there);
    CHECK_EQUAL(counted, there);
    CHECK_EQUAL(t.in_domain(1), there);
}

}  // namespace
}  // namespace weft::mac_table_test
