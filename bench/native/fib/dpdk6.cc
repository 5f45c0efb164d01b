#include <rte_fib6.h>
#include <rte_memory.h>

#include "dpdk.h"
#include "engines.h"

namespace weft::bench {
namespace {

using Octets = uint8_t[RTE_FIB6_IPV6_ADDR_SIZE];

class RteFib6 : public Lookups6 {
  public:
    RteFib6(std::string name, rte_fib6_lookup_type type, const std::vector<Route6> &table) : name_(std::move(name)) {
        rte_fib6_conf conf{};
        conf.type = RTE_FIB6_TRIE;
        conf.max_routes = static_cast<int>(table.size() + 1000);
        conf.trie.nh_sz = RTE_FIB6_TRIE_4B;
        conf.trie.num_tbl8 = 1u << 19;
        fib_ = rte_fib6_create(name_.c_str(), SOCKET_ID_ANY, &conf);
        dpdk_needs(fib_ != nullptr, "rte_fib6_create");
        for (const Route6 &route : table) add(route);
        dpdk_needs(rte_fib6_select_lookup(fib_, type) == 0, "rte_fib6_select_lookup");
    }
    ~RteFib6() override { rte_fib6_free(fib_); }
    std::string name() const override { return name_; }
    void pass(const std::vector<Ip6> &trace) override {
        uint64_t found[lookup_burst];
        const auto octets = network(trace);
        for (size_t at = 0; at + lookup_burst <= trace.size(); at += lookup_burst)
            rte_fib6_lookup_bulk(fib_, octets + at, found, lookup_burst);
    }
    std::vector<uint32_t> answers(const std::vector<Ip6> &trace) override {
        made_of_ = nullptr;  // another trace may stand where one stood before
        std::vector<uint64_t> found(trace.size());
        rte_fib6_lookup_bulk(fib_, network(trace), found.data(), static_cast<int>(trace.size()));
        return {found.begin(), found.end()};
    }
    void add(const Route6 &r) override {
        Octets octets;
        store_ip6(octets, r.prefix);
        dpdk_needs(rte_fib6_add(fib_, octets, r.length, r.next_hop + 1) == 0, "rte_fib6_add");
    }
    void remove(const Route6 &r) override {
        Octets octets;
        store_ip6(octets, r.prefix);
        dpdk_needs(rte_fib6_delete(fib_, octets, r.length) == 0, "rte_fib6_delete");
    }

  private:
    // The trace in network order, made once for its answers and all passes.
    Octets *network(const std::vector<Ip6> &trace) {
        if (&trace != made_of_ || bytes_.size() != trace.size() * sizeof(Octets)) {
            bytes_.resize(trace.size() * sizeof(Octets));
            for (size_t i = 0; i < trace.size(); i++) store_ip6(&bytes_[i * sizeof(Octets)], trace[i]);
            made_of_ = &trace;
        }
        return reinterpret_cast<Octets *>(bytes_.data());
    }
    std::string name_;
    rte_fib6 *fib_;
    const std::vector<Ip6> *made_of_ = nullptr;
    std::vector<uint8_t> bytes_;
};

}  // namespace

std::vector<std::unique_ptr<Lookups6>> dpdk6(const std::vector<Route6> &table) {
    start_dpdk();
    std::vector<std::unique_ptr<Lookups6>> all;
    if (__builtin_cpu_supports("avx512f"))
        all.push_back(std::make_unique<RteFib6>("rte_fib6-avx512", RTE_FIB6_LOOKUP_TRIE_VECTOR_AVX512, table));
    all.push_back(std::make_unique<RteFib6>("rte_fib6", RTE_FIB6_LOOKUP_TRIE_SCALAR, table));
    return all;
}

}  // namespace weft::bench
