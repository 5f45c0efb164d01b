#include <rte_acl.h>
#include <rte_eal.h>

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>

#include "peer.h"

namespace weft::bench {
namespace {

struct Tuple {
    uint8_t protocol, pad[3];
    uint32_t source, destination;
    uint16_t source_port, destination_port;
};

constexpr unsigned fields = 5;
RTE_ACL_RULE_DEF(Rule, fields);

constexpr rte_acl_field_def definitions[fields] = {
    {RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, offsetof(Tuple, protocol)},
    {RTE_ACL_FIELD_TYPE_MASK, 4, 1, 1, offsetof(Tuple, source)},
    {RTE_ACL_FIELD_TYPE_MASK, 4, 2, 2, offsetof(Tuple, destination)},
    {RTE_ACL_FIELD_TYPE_RANGE, 2, 3, 3, offsetof(Tuple, source_port)},
    {RTE_ACL_FIELD_TYPE_RANGE, 2, 4, 3, offsetof(Tuple, destination_port)},
};

class RteAcl : public Peer {
  public:
    explicit RteAcl(rte_acl_ctx *context, const std::vector<Header> &trace) : context_(context) {
        for (const Header &h : trace)
            tuples_.push_back({h.protocol,
                               {},
                               htonl(static_cast<uint32_t>(h.source.low)),
                               htonl(static_cast<uint32_t>(h.destination.low)),
                               htons(h.source_port),
                               htons(h.destination_port)});
        for (const Tuple &t : tuples_) data_.push_back(reinterpret_cast<const uint8_t *>(&t));
    }
    ~RteAcl() override { rte_acl_free(context_); }
    void match(unsigned burst, uint32_t *entry) override {
        for (size_t at = 0; at < data_.size(); at += burst) {
            rte_acl_classify(context_, &data_[at], &entry[at], burst, 1);
            for (unsigned n = 0; n < burst; n++) entry[at + n] -= 1;
        }
    }

  private:
    rte_acl_ctx *context_;
    std::vector<Tuple> tuples_;
    std::vector<const uint8_t *> data_;
};

bool start() {
    static const bool ready = [] {
        char name[] = "acl-bench", pages[] = "--no-huge", files[] = "--no-shconf", wide[] = "--force-max-simd-bitwidth=512",
             quiet[] = "--log-level=error", size[] = "-m", mib[] = "1024", cards[] = "--no-pci";
        char *arguments[] = {name, pages, files, wide, quiet, size, mib, cards};
        return rte_eal_init(8, arguments) >= 0;
    }();
    return ready;
}

}  // namespace

std::unique_ptr<Peer> make_peer(const AclSpec &list, const std::vector<Header> &trace) {
    if (list.v6 || !start()) return nullptr;
    rte_acl_param parameters{"bench", SOCKET_ID_ANY, RTE_ACL_RULE_SZ(fields), static_cast<uint32_t>(list.entries.size())};
    rte_acl_ctx *context = rte_acl_create(&parameters);
    if (!context) return nullptr;
    std::vector<Rule> rules;
    for (const AclEntry &e : list.entries) {
        Rule r{};
        r.data.category_mask = 1;
        r.data.priority = static_cast<int32_t>(list.entries.size() - rules.size());
        r.data.userdata = static_cast<uint32_t>(rules.size() + 1);
        r.field[0].value.u8 = e.protocol;
        r.field[0].mask_range.u8 = e.has_protocol ? 0xff : 0;
        r.field[1].value.u32 = static_cast<uint32_t>(e.source.low);
        r.field[1].mask_range.u32 = e.source_length;
        r.field[2].value.u32 = static_cast<uint32_t>(e.destination.low);
        r.field[2].mask_range.u32 = e.destination_length;
        const AclRange s = e.source_ports.empty() ? AclRange{} : e.source_ports[0];
        const AclRange d = e.destination_ports.empty() ? AclRange{} : e.destination_ports[0];
        r.field[3].value.u16 = s.low;
        r.field[3].mask_range.u16 = s.high;
        r.field[4].value.u16 = d.low;
        r.field[4].mask_range.u16 = d.high;
        rules.push_back(r);
    }
    rte_acl_config config{};
    config.num_categories = 1;
    config.num_fields = fields;
    std::copy(std::begin(definitions), std::end(definitions), config.defs);
    if (rte_acl_add_rules(context, reinterpret_cast<const rte_acl_rule *>(rules.data()), static_cast<uint32_t>(rules.size())) ||
        rte_acl_build(context, &config)) {
        std::fprintf(stderr, "acl-bench: rte_acl does not take the list\n");
        rte_acl_free(context);
        return nullptr;
    }
    // The widest instructions that are compiled in and there.
    for (const auto way : {RTE_ACL_CLASSIFY_AVX512X32, RTE_ACL_CLASSIFY_AVX512X16, RTE_ACL_CLASSIFY_AVX2})
        if (rte_acl_set_ctx_classify(context, way) == 0) break;
    return std::make_unique<RteAcl>(context, trace);
}

}  // namespace weft::bench
