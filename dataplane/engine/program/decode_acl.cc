// Records of access lists (records.h) to values.
#include <set>

#include "reader.h"
#include "transaction.h"

namespace weft {
namespace {

constexpr size_t most_entries = 65535, most_ranges = 16, most_rules = 131072;

std::string decode_prefix(Reader &r, bool v6, Ip6 &address, uint8_t &length) {
    const HostAddress a = r.addr();
    length = r.u8();
    if (!r.good()) return {};
    if ((a.family == 6) != v6) return std::string("has a prefix of IPv") + (v6 ? "4 in a list of IPv6" : "6 in a list of IPv4");
    if (length > (v6 ? 128 : 32)) return "has a prefix length of " + std::to_string(length);
    address = v6 ? load_ip6(a.bytes.data()) : Ip6{0, load32(a.bytes.data())};
    return {};
}

std::string decode_ranges(Reader &r, std::vector<AclRange> &ranges) {
    const uint8_t count = r.u8();
    if (r.good() && (count == 0 || count > most_ranges)) return "has " + std::to_string(count) + " ranges of ports, not 1 to 16";
    for (uint8_t n = 0; n < count && r.good(); n++) {
        AclRange range;
        range.low = r.u16();
        range.high = r.u16();
        if (range.low > range.high)
            return "has the range " + std::to_string(range.low) + " to " + std::to_string(range.high) + ", which is upside down";
        ranges.push_back(range);
    }
    return {};
}

std::string decode_entry(Reader &r, bool v6, AclEntry &e) {
    e.name = r.str();
    const uint8_t action = r.u8();
    const uint16_t asked = r.u16();
    if (!r.good()) return {};
    if (e.name.empty()) return "has no name";
    if (action > static_cast<uint8_t>(AclAction::reject)) return "has unknown action " + std::to_string(action);
    if (asked & ~acl_match_all) return "has unknown conditions";
    e.action = static_cast<AclAction>(action);
    std::string error;
    if (asked & acl_match_source) error = decode_prefix(r, v6, e.source, e.source_length);
    if (error.empty() && (asked & acl_match_destination)) error = decode_prefix(r, v6, e.destination, e.destination_length);
    if (!error.empty()) return error;
    e.has_protocol = asked & acl_match_protocol;
    if (e.has_protocol) e.protocol = r.u8();
    if ((asked & (acl_match_source_ports | acl_match_destination_ports | acl_match_tcp_flags)) && !e.has_protocol)
        return "looks at layer 4 of no protocol";
    if (asked & acl_match_source_ports) error = decode_ranges(r, e.source_ports);
    if (error.empty() && (asked & acl_match_destination_ports)) error = decode_ranges(r, e.destination_ports);
    if (!error.empty()) return error;
    e.has_dscp = asked & acl_match_dscp;
    if (e.has_dscp) e.dscp = r.u8();
    if (e.dscp > 63) return "has DSCP " + std::to_string(e.dscp);
    if (asked & acl_match_tcp_flags) {
        e.tcp_flags = r.u8();
        e.tcp_mask = r.u8();
    }
    e.has_fragment = asked & acl_match_fragment;
    if (e.has_fragment) {
        const uint8_t kind = r.u8();
        if (kind > static_cast<uint8_t>(AclFragment::later)) return "has unknown kind " + std::to_string(kind) + " of fragments";
        e.fragment = static_cast<AclFragment>(kind);
    }
    if (asked & acl_match_ttl) {
        e.ttl_low = r.u8();
        e.ttl_high = r.u8();
    }
    if (asked & acl_match_length) {
        e.length.low = r.u16();
        e.length.high = r.u16();
    }
    if (e.ttl_low > e.ttl_high || e.length.low > e.length.high) return "has a range that is upside down";
    return {};
}

}  // namespace

std::string decode_acl(Reader &r, Transaction &t) {
    AclSpec s;
    s.name = r.str();
    const uint8_t family = r.u8(), otherwise = r.u8();
    const uint32_t count = r.u32();
    if (!r.good()) return {};
    const std::string what = "access list " + quoted(s.name);
    if (s.name.empty()) return "access list without a name";
    if (family != 4 && family != 6) return what + " is of family " + std::to_string(family) + ", neither 4 nor 6";
    if (otherwise > static_cast<uint8_t>(AclAction::reject)) return what + " has unknown action " + std::to_string(otherwise);
    if (count > most_entries)
        return what + " has " + std::to_string(count) + " entries; at most " + std::to_string(most_entries) + " are possible";
    s.v6 = family == 6;
    s.otherwise = static_cast<AclAction>(otherwise);
    std::set<std::string> names;
    size_t rules = 0;
    for (uint32_t n = 0; n < count && r.good(); n++) {
        AclEntry e;
        const std::string error = decode_entry(r, s.v6, e);
        if (!error.empty()) return what + ": entry " + quoted(e.name) + " " + error;
        if (!r.good()) return {};
        if (!names.insert(e.name).second) return what + " has two entries " + quoted(e.name);
        rules += std::max<size_t>(1, e.source_ports.size()) * std::max<size_t>(1, e.destination_ports.size());
        if (rules > most_rules)
            return what + " needs more than " + std::to_string(most_rules) + " rules: each pair of ranges of an entry is one";
        s.entries.push_back(std::move(e));
    }
    if (!r.good()) return {};
    AclOp &op = t.acls[s.name];
    op.remove = false;
    op.spec = std::move(s);
    return {};
}

std::string decode_acl_delete(Reader &r, Transaction &t) {
    const std::string name = r.str();
    if (r.good()) t.acls[name] = {{}, true};
    return {};
}

std::string decode_acl_bind(Reader &r, Transaction &t) {
    const std::string interface = r.str();
    const uint8_t direction = r.u8(), family = r.u8();
    const std::string list = r.str();
    if (!r.good()) return {};
    if (direction > 1) return "interface " + quoted(interface) + " binds an access list in unknown direction " + std::to_string(direction);
    if (family != 4 && family != 6)
        return "interface " + quoted(interface) + " binds an access list of family " + std::to_string(family) + ", neither 4 nor 6";
    t.acl_bindings[{interface, acl_slot(static_cast<AclDirection>(direction), family == 6)}] = list;
    return {};
}

}  // namespace weft
