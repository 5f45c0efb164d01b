#include <rte_fib.h>
#include <rte_lpm.h>

#include "dpdk.h"
#include "engines.h"

namespace weft::bench {
namespace {

constexpr unsigned groups = 32000;

class RteFib4 : public Lookups4 {
  public:
    RteFib4(std::string name, rte_fib_dir24_8_nh_sz size, const std::vector<Route4> &table) : name_(std::move(name)) {
        rte_fib_conf conf{};
        conf.type = RTE_FIB_DIR24_8;
        conf.max_routes = static_cast<int>(table.size() + 1000);
        conf.dir24_8.nh_sz = size;
        conf.dir24_8.num_tbl8 = groups;
        fib_ = rte_fib_create(name_.c_str(), SOCKET_ID_ANY, &conf);
        dpdk_needs(fib_ != nullptr, "rte_fib_create");
        for (const Route4 &route : table) add(route);
        if (rte_fib_select_lookup(fib_, RTE_FIB_LOOKUP_DIR24_8_VECTOR_AVX512) != 0) name_ += "-scalar";
    }
    ~RteFib4() override { rte_fib_free(fib_); }
    std::string name() const override { return name_; }
    void pass(const std::vector<uint32_t> &trace) override {
        uint64_t found[lookup_burst];
        for (size_t at = 0; at + lookup_burst <= trace.size(); at += lookup_burst)
            rte_fib_lookup_bulk(fib_, const_cast<uint32_t *>(&trace[at]), found, lookup_burst);
    }
    std::vector<uint32_t> answers(const std::vector<uint32_t> &trace) override {
        std::vector<uint64_t> found(trace.size());
        rte_fib_lookup_bulk(fib_, const_cast<uint32_t *>(trace.data()), found.data(), static_cast<int>(trace.size()));
        return {found.begin(), found.end()};
    }
    void add(const Route4 &r) override {
        dpdk_needs(rte_fib_add(fib_, r.prefix, r.length, r.next_hop + 1) == 0, "rte_fib_add");
    }
    void remove(const Route4 &r) override { dpdk_needs(rte_fib_delete(fib_, r.prefix, r.length) == 0, "rte_fib_delete"); }

  private:
    std::string name_;
    rte_fib *fib_;
};

class RteLpm : public Lookups4 {
  public:
    explicit RteLpm(const std::vector<Route4> &table) {
        const rte_lpm_config conf{static_cast<uint32_t>(table.size() + 1000), groups, 0};
        lpm_ = rte_lpm_create("lpm", SOCKET_ID_ANY, &conf);
        dpdk_needs(lpm_ != nullptr, "rte_lpm_create");
        for (const Route4 &route : table) add(route);
    }
    ~RteLpm() override { rte_lpm_free(lpm_); }
    std::string name() const override { return "rte_lpm"; }
    void pass(const std::vector<uint32_t> &trace) override {
        uint32_t found[lookup_burst];
        for (size_t at = 0; at + lookup_burst <= trace.size(); at += lookup_burst)
            rte_lpm_lookup_bulk(lpm_, &trace[at], found, lookup_burst);
    }
    std::vector<uint32_t> answers(const std::vector<uint32_t> &trace) override {
        std::vector<uint32_t> found(trace.size());
        rte_lpm_lookup_bulk(lpm_, trace.data(), found.data(), static_cast<unsigned>(trace.size()));
        for (uint32_t &f : found) f = f & RTE_LPM_LOOKUP_SUCCESS ? f & 0xffffff : 0;
        return found;
    }
    void add(const Route4 &r) override { dpdk_needs(rte_lpm_add(lpm_, r.prefix, r.length, r.next_hop + 1) == 0, "rte_lpm_add"); }
    void remove(const Route4 &r) override { dpdk_needs(rte_lpm_delete(lpm_, r.prefix, r.length) == 0, "rte_lpm_delete"); }

  private:
    rte_lpm *lpm_;
};

}  // namespace

std::vector<std::unique_ptr<Lookups4>> dpdk4(const std::vector<Route4> &table, bool lpm) {
    start_dpdk();
    std::vector<std::unique_ptr<Lookups4>> all;
    all.push_back(std::make_unique<RteFib4>("rte_fib-4", RTE_FIB_DIR24_8_4B, table));
    all.push_back(std::make_unique<RteFib4>("rte_fib-2", RTE_FIB_DIR24_8_2B, table));
    if (lpm) all.push_back(std::make_unique<RteLpm>(table));
    return all;
}

}  // namespace weft::bench
