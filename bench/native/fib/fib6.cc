#include "figures.h"

namespace weft::bench {
namespace {

class Ours6 : public Lookups6 {
  public:
    explicit Ours6(Core &core) : core_(core), fib_(core.vrfs.find(0)->fib6) {}
    std::string name() const override { return "weft"; }
    void pass(const std::vector<Ip6> &trace) override {
        uint32_t found[lookup_burst];
        for (size_t at = 0; at + lookup_burst <= trace.size(); at += lookup_burst) fib_.lookup(&trace[at], found, lookup_burst);
    }
    std::vector<uint32_t> answers(const std::vector<Ip6> &trace) override {
        std::vector<uint32_t> found(trace.size());
        fib_.lookup(trace.data(), found.data(), trace.size());
        const auto hops = next_hops_by_object(core_, Box::adjacency6);
        for (uint32_t &f : found) f = f == no_object ? 0 : hops[f];
        return found;
    }
    void add(const Route6 &r) override { fib_.set(r.prefix, r.length, object(r), core_.generation); }
    void remove(const Route6 &r) override {
        fib_.erase(r.prefix, r.length, true);
        core_.epochs.collect();
    }

  private:
    uint32_t object(const Route6 &r) const { return static_cast<uint32_t>(core_.objects.find(Box::adjacency6 + r.next_hop)); }
    Core &core_;
    Fib6 &fib_;
};

}  // namespace

void figures6(Box &box, const std::vector<Route6> &table) {
    Ours6 ours(*box.core);
    const auto peers = dpdk6(table);
    measure_lookups("ipv6-uniform", ours, peers, trace6(table, Trace::uniform, trace_length));
    measure_lookups("ipv6-zipf", ours, peers, trace6(table, Trace::zipf, trace_length));
    measure_changes("ipv6-changes", ours, peers, table);
}

}  // namespace weft::bench
