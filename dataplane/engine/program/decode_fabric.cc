#include "decode_fabric.h"

namespace weft {
namespace {

std::string slot_error(const std::string &what, uint16_t slot) {
    if (slot < most_slots) return {};
    return what + " has slot " + std::to_string(slot) + ", above " + std::to_string(most_slots - 1);
}

std::string decode_end(Reader &r, const std::string &what, FabricEnd &end) {
    end.interface = r.str();
    const uint8_t flags = r.u8();
    if (!r.good()) return {};
    if (end.interface.empty()) return what + " has an internal link without an interface";
    if (flags & ~(fabric_end_has_address | fabric_end_has_mac))
        return what + " has unknown flags " + std::to_string(flags) + " of interface " + quoted(end.interface);
    if (flags & fabric_end_has_address) {
        const HostAddress address = r.addr();
        if (!r.good()) return {};
        if (!is_host(address)) return what + " has address " + to_text(address) + ", which is no host's address";
        end.address = to_ip6(address);
    }
    if (flags & fabric_end_has_mac) {
        end.mac = r.mac();
        if (r.good() && ((*end.mac)[0] & 1 || *end.mac == MacAddress{}))
            return what + " has a MAC address of interface " + quoted(end.interface) + " that is null or of a group";
    }
    return {};
}

std::string decode_member(Reader &r, FabricSpec &fabric) {
    const uint16_t slot = r.u16();
    const uint8_t links = r.u8();
    if (!r.good()) return {};
    if (std::string e = slot_error("the fabric", slot); !e.empty()) return e;
    const std::string what = "the fabric's member " + std::to_string(slot);
    if (links == 0 || links > most_links)
        return what + " has " + std::to_string(links) + " internal links, which is not 1 to " + std::to_string(most_links);
    if (fabric.members.count(slot)) return what + " is there twice";
    std::vector<FabricEnd> &ends = fabric.members[slot];
    while (ends.size() < links && r.good()) {
        ends.emplace_back();
        if (std::string e = decode_end(r, what, ends.back()); !e.empty()) return e;
    }
    return {};
}

}  // namespace

std::string decode_slot(Reader &r, Transaction &t) {
    const uint16_t slot = r.u16();
    if (!r.good()) return {};
    t.slot = slot;
    return slot_error("this member", slot);
}

std::string decode_fabric(Reader &r, Transaction &t) {
    FabricSpec s;
    const uint8_t kind = r.u8();
    s.vrf = r.u32();
    s.mtu = r.u16();
    s.port = r.u16();
    s.vlan = r.u16();
    s.interval = r.u16();
    s.multiplier = r.u8();
    const uint16_t members = r.u16();
    if (!r.good()) return {};
    if (kind < static_cast<uint8_t>(FabricKind::vxlan) || kind > static_cast<uint8_t>(FabricKind::pbb))
        return "the fabric has unknown kind " + std::to_string(kind);
    s.kind = static_cast<FabricKind>(kind);
    if (s.mtu && s.mtu < 1400) return "the fabric has MTU " + std::to_string(s.mtu) + ", below 1400";
    if (s.port == 0) return "the fabric has UDP port 0";
    if (s.vlan > 4094) return "the fabric has VLAN " + std::to_string(s.vlan) + ", above 4094";
    if (s.interval < 50 || s.interval > 10000)
        return "the fabric has hellos every " + std::to_string(s.interval) + " milliseconds, which is not 50 to 10000";
    if (s.multiplier < 2 || s.multiplier > 20)
        return "the fabric is to miss " + std::to_string(s.multiplier) + " hellos, which is not 2 to 20";
    if (members == 0) return "the fabric has no members";
    for (uint16_t n = 0; n < members && r.good(); n++)
        if (std::string e = decode_member(r, s); !e.empty()) return e;
    if (r.good()) t.fabric = std::move(s);
    return {};
}

std::string decode_place(Reader &r, Transaction &t) {
    PlaceOp op;
    op.port = r.str();
    op.slot = r.u16();
    if (!r.good()) return {};
    t.places.push_back(op);
    return slot_error("port " + quoted(op.port), op.slot);
}

std::string decode_fabric_key(Reader &r, Transaction &t) {
    FabricKeyOp op;
    const uint8_t of = r.u8();
    op.name = r.str();
    op.key = r.u32();
    if (!r.good()) return {};
    if (of != 1 && of != 2) return "a key of the fabric is of unknown kind " + std::to_string(of);
    op.bridge = of == 2;
    const uint32_t most = op.bridge ? most_domain_key : most_interface_key;
    if (op.key > most)
        return std::string(op.bridge ? "bridge domain " : "interface ") + quoted(op.name) + " has the fabric's key " + std::to_string(op.key) +
               ", above " + std::to_string(most);
    t.fabric_keys.push_back(std::move(op));
    return {};
}

}  // namespace weft
