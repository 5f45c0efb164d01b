// The packed records that program an engine, as octets: transactions one after another on one engine, each applied if it can be,
// and the tables then held against what the records say.
//
//   u8 how (1: full, 2: aborted), u16 length, records
//
// No worker runs: what is taken out of a table is free at once.
#include <map>

#include "../../engine/core.h"
#include "../../engine/ports/memory.h"
#include "../../engine/worker.h"
#include "../target.h"

namespace weft::fuzz {
namespace {

struct Prefix {
    uint32_t vrf;
    bool v6;
    uint64_t high, low;
    uint8_t length;
    auto operator<=>(const Prefix &) const = default;
};

// What the tables should be, by the records alone: the last word on a prefix or key counts.
struct Model {
    std::map<Prefix, uint64_t> routes;
    std::map<uint64_t, bool> objects;
    std::map<std::string, AclSpec> lists;

    void take(const Transaction &t, bool full) {
        if (full) {
            routes.clear();
            objects.clear();
            lists.clear();
        }
        std::map<uint32_t, bool> gone;
        for (const VrfOp &op : t.vrfs) gone[op.id] = op.remove;
        std::erase_if(routes, [&](const auto &route) {
            const auto said = gone.find(route.first.vrf);
            return said != gone.end() && said->second;
        });
        for (const auto &[name, op] : t.acls) {
            if (op.remove)
                lists.erase(name);
            else
                lists[name] = op.spec;
        }
        for (const ObjectOp &op : t.objects) {
            if (op.remove)
                objects.erase(op.key);
            else
                objects[op.key] = true;
        }
        for (const RouteOp &op : t.routes) {
            const Prefix p{op.vrf, op.v6, op.prefix.high, op.prefix.low, op.length};
            if (op.remove)
                routes.erase(p);
            else
                routes[p] = op.key;
        }
    }

    // The key that an address leads to, or null: by looking at all routes.
    const uint64_t *find(uint32_t vrf, bool v6, const Ip6 &a) const {
        const uint64_t *best = nullptr;
        int longest = -1;
        for (const auto &[p, key] : routes) {
            if (p.vrf != vrf || p.v6 != v6 || p.length <= longest) continue;
            const Ip6 masked = v6 ? mask6(a, p.length) : Ip6{0, a.low & mask4(p.length)};
            if (masked.high != p.high || masked.low != p.low) continue;
            best = &key;
            longest = p.length;
        }
        return best;
    }
};

void compare(Core &core, const Model &model) {
    const EngineStatistics s = core.statistics();
    CHECK_EQUAL(s.routes4 + s.routes6, model.routes.size());
    // Each bridge domain has one that no record names.
    CHECK_EQUAL(s.objects, model.objects.size() + core.registry.bridges.size());
    CHECK_EQUAL(core.acls.size(), model.lists.size());
    for (const auto &[name, spec] : model.lists) CHECK(core.acls.at(name)->spec() == spec);
    for (const auto &[place, name] : core.registry.acls) {
        CHECK(core.registry.interfaces.count(place.first) == 1);
        CHECK(core.registry.interfaces.at(place.first)->acls[place.second] == core.acls.at(name));
    }
    for (const auto &[p, key] : model.routes) {
        const Vrf *vrf = core.vrfs.find(p.vrf);
        CHECK(vrf != nullptr);
        const unsigned width = p.v6 ? 128 : 32, host = width - p.length;
        Ip6 last{p.high | (host > 64 ? ~0ull >> (128 - host) : 0), p.low | (host >= 64 ? ~0ull : (1ull << host) - 1)};
        if (!p.v6) last = {0, p.low | static_cast<uint32_t>(~mask4(p.length))};
        for (const Ip6 &a : {Ip6{p.high, p.low}, last, Ip6{last.high, last.low + 1}, Ip6{p.high, p.low - 1}}) {
            if (!p.v6 && a.low >> 32) continue;
            const int64_t found = p.v6 ? vrf->fib6.lookup(a) : vrf->fib4.lookup(static_cast<uint32_t>(a.low));
            const uint64_t *wanted = model.find(p.vrf, p.v6, a);
            if (wanted) {
                CHECK_EQUAL(found, core.objects.find(*wanted));
                CHECK_EQUAL(core.objects.at(static_cast<uint32_t>(found)) != nullptr, model.objects.count(*wanted) == 1);
            } else {
                CHECK_EQUAL(found, int64_t{-1});
            }
        }
    }
}

}  // namespace
}  // namespace weft::fuzz

FUZZ_TARGET(in) {
    using namespace weft;
    auto factory = std::make_unique<MemoryFactory>();
    const auto first = factory->device("e1", {2, 0, 0, 0, 0, 1}), second = factory->device("e2", {2, 0, 0, 0, 0, 2});
    Core core(std::move(factory));
    fuzz::Model model;
    for (uint64_t number = 1; in.more() && number < 32; number++) {
        const unsigned how = in.u8();
        const std::vector<uint8_t> block = in.bytes(in.u16() % 8192);
        std::string error = core.stage(number, block.data(), block.size());
        if (error.empty()) error = core.prepare(number, how & 1);
        if (error.empty() && !(how & 2)) {
            Transaction t;
            CHECK_EQUAL(decode(block.data(), block.size(), t), std::string());
            model.take(t, how & 1);
            core.apply(number, number);
        } else {
            core.abort(number);
        }
        core.epochs.collect();
        CHECK_EQUAL(core.epochs.pending(), size_t{0});
        fuzz::compare(core, model);
    }
}
