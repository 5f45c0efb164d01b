#include "figures.h"

namespace weft::bench {
namespace {

class Ours4 : public Lookups4 {
  public:
    Ours4(Core &core, Fib4 &fib) : core_(core), fib_(fib) {}
    std::string name() const override { return "weft"; }
    void pass(const std::vector<uint32_t> &trace) override {
        uint32_t found[lookup_burst];
        for (size_t at = 0; at + lookup_burst <= trace.size(); at += lookup_burst) fib_.lookup(&trace[at], found, lookup_burst);
    }
    std::vector<uint32_t> answers(const std::vector<uint32_t> &trace) override {
        std::vector<uint32_t> found(trace.size());
        fib_.lookup(trace.data(), found.data(), trace.size());
        const auto hops = next_hops_by_object(core_, Box::adjacency4);
        for (uint32_t &f : found) f = f == no_object ? 0 : hops[f];
        return found;
    }
    void add(const Route4 &r) override { fib_.set(r.prefix, r.length, object(r), core_.generation); }
    void remove(const Route4 &r) override {
        fib_.erase(r.prefix, r.length, true);
        core_.epochs.collect();
    }

  private:
    uint32_t object(const Route4 &r) const { return static_cast<uint32_t>(core_.objects.find(Box::adjacency4 + r.next_hop)); }
    Core &core_;
    Fib4 &fib_;
};

}  // namespace

void figures4(Box &box, const std::vector<Route4> &table, bool lpm) {
    Ours4 ours(*box.core, box.core->vrfs.find(0)->fib4);
    const auto peers = dpdk4(table, lpm);
    measure_lookups("ipv4-uniform", ours, peers, trace4(table, Trace::uniform, trace_length));
    measure_lookups("ipv4-zipf", ours, peers, trace4(table, Trace::zipf, trace_length));
    {
        // As with more objects than 15 bits can name.
        Fib4 fib(box.core->epochs, box.core->trie_nodes);
        std::vector<Prefix4> prefixes;
        for (const Route4 &route : table) prefixes.push_back({route.prefix, route.length});
        fib.prepare(prefixes, 1u << 20);
        fib.adopt();
        Ours4 wide(*box.core, fib);
        for (const Route4 &route : table) wide.add(route);
        measure_lookups("ipv4-uniform-wide", wide, peers, trace4(table, Trace::uniform, trace_length), 1);
        box.core->epochs.free_all();
    }
    measure_changes("ipv4-changes", ours, peers, table);
}

}  // namespace weft::bench
