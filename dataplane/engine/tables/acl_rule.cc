#include "acl_rule.h"

namespace weft {
namespace {

// Word n of an address (0 the highest) and of the mask of a prefix.
template <unsigned Words>
uint32_t word(const Ip6 &a, unsigned n) {
    if constexpr (Words == 1) return static_cast<uint32_t>(a.low);
    return static_cast<uint32_t>((n < 2 ? a.high : a.low) >> (n % 2 ? 0 : 32));
}

uint32_t mask_word(unsigned length, unsigned n) {
    return length <= 32 * n ? 0 : mask4(std::min(32u, length - 32 * n));
}

}  // namespace

template <unsigned Words>
bool AclRule<Words>::matches(const AclKey<Words> &key) const {
    for (unsigned n = 0; n < masked; n++)
        if ((key.w[n] & mask[n]) != value[n]) return false;
    const uint32_t s = key.w[AclKey<Words>::source_port], d = key.w[AclKey<Words>::destination_port];
    const uint32_t size = key.w[AclKey<Words>::size_ttl] >> 8, ttl = key.w[AclKey<Words>::size_ttl] & 0xff;
    return s >= source_port.low && s <= source_port.high && d >= destination_port.low && d <= destination_port.high &&
           ttl >= ttl_low && ttl <= ttl_high && size >= length.low && size <= length.high;
}

template <unsigned Words>
std::vector<AclRule<Words>> acl_rules(const AclSpec &spec) {
    std::vector<AclRule<Words>> rules;
    rules.reserve(spec.entries.size());
    const std::vector<AclRange> any(1);
    for (uint32_t number = 0; number < spec.entries.size(); number++) {
        const AclEntry &e = spec.entries[number];
        AclRule<Words> r;
        for (unsigned n = 0; n < Words; n++) {
            r.mask[n] = mask_word(e.source_length, n);
            r.value[n] = word<Words>(e.source, n) & r.mask[n];
            r.mask[Words + n] = mask_word(e.destination_length, n);
            r.value[Words + n] = word<Words>(e.destination, n) & r.mask[Words + n];
        }
        uint32_t &value = r.value[2 * Words], &mask = r.mask[2 * Words];
        const auto want = [&](uint32_t bits, uint32_t what) {
            mask |= bits;
            value |= what & bits;
        };
        if (e.has_protocol) want(acl_protocol, e.protocol);
        if (e.tcp_mask || !e.source_ports.empty() || !e.destination_ports.empty()) want(acl_layer4, acl_layer4);
        if (e.has_fragment) {
            want(acl_fragment, e.fragment == AclFragment::none ? 0 : acl_fragment);
            if (e.fragment == AclFragment::first) want(acl_later, 0);
            if (e.fragment == AclFragment::later) want(acl_later, acl_later);
        }
        if (e.has_dscp) want(0x3fu << acl_dscp_shift, static_cast<uint32_t>(e.dscp) << acl_dscp_shift);
        want(static_cast<uint32_t>(e.tcp_mask) << acl_flags_shift, static_cast<uint32_t>(e.tcp_flags) << acl_flags_shift);
        r.ttl_low = e.ttl_low;
        r.ttl_high = e.ttl_high;
        r.length = e.length;
        r.entry = number;
        for (const AclRange &s : e.source_ports.empty() ? any : e.source_ports)
            for (const AclRange &d : e.destination_ports.empty() ? any : e.destination_ports) {
                r.source_port = s;
                r.destination_port = d;
                rules.push_back(r);
            }
    }
    return rules;
}

template struct AclRule<1>;
template struct AclRule<4>;
template std::vector<AclRule<1>> acl_rules<1>(const AclSpec &);
template std::vector<AclRule<4>> acl_rules<4>(const AclSpec &);

}  // namespace weft
