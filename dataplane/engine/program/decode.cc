// Records to values (records.h): every length is checked, every value that has a range is held to it. Records are untrusted.
#include <cstdio>

#include "decode_bridges.h"
#include "decode_circuits.h"
#include "decode_fabric.h"
#include "decode_mirrors.h"
#include "decode_settings.h"
#include "decode_tunnels.h"
#include "decode_workers.h"
#include "reader.h"
#include "transaction.h"

namespace weft {
namespace {

std::string name_error(const char *what, const std::string &name) {
    if (name.empty()) return std::string(what) + " without a name";
    if (name.size() > 255) return std::string(what) + " name is longer than 255 octets";
    // Names of our own have one.
    if (name.find('\0') != std::string::npos) return std::string(what) + " name has a null octet";
    return {};
}

bool is_unicast_mac(const MacAddress &m) { return !(m[0] & 1) && m != MacAddress{}; }

std::string decode_interface(Reader &r, Transaction &t) {
    InterfaceOp op;
    InterfaceSpec &s = op.spec;
    s.name = r.str();
    s.vrf = r.u32();
    s.port = r.str();
    s.flags = r.u8();
    s.mtu = r.u16();
    s.has_mac = r.u8() != 0;
    if (s.has_mac) s.mac = r.mac();
    const uint16_t n = r.u16();
    for (uint16_t i = 0; i < n && r.good(); i++) {
        HostAddress a = r.addr();
        a.prefix_length = r.u8();
        if (!r.good()) break;
        if (a.prefix_length > (a.family == 4 ? 32 : 128))
            return "interface " + quoted(s.name) + " has address " + to_text(a) + " with prefix length " +
                   std::to_string(a.prefix_length);
        if (!is_host(a)) return "interface " + quoted(s.name) + " has " + to_text(a) + ", which is no host's address";
        s.addresses.push_back(a);
    }
    if (!r.good()) return {};
    if (auto e = name_error("interface", s.name); !e.empty()) return e;
    if (s.has_mac && !is_unicast_mac(s.mac))
        return "interface " + quoted(s.name) + " has a MAC address that is null or of a group";
    const uint16_t least = s.flags & interface_ipv6 ? 1280 : 68;
    if (s.mtu && s.mtu < least)
        return "interface " + quoted(s.name) + " has MTU " + std::to_string(s.mtu) + ", below " + std::to_string(least);
    t.interfaces.push_back(std::move(op));
    return {};
}

std::string decode_object(Reader &r, Transaction &t) {
    ObjectOp op;
    op.key = r.u64();
    const uint8_t type = r.u8();
    if (!r.good()) return {};
    op.spec.type = static_cast<ObjectType>(type);
    switch (op.spec.type) {
        case ObjectType::adjacency: {
            op.spec.interface = r.str();
            const HostAddress a = r.addr();
            if (!r.good()) return {};
            if (!is_host(a)) return "object " + key_text(op.key) + " has next hop " + to_text(a) + ", which is no host's address";
            op.spec.next_hop = to_ip6(a);
            break;
        }
        case ObjectType::glean:
            op.spec.interface = r.str();
            break;
        case ObjectType::local:
        case ObjectType::lookup:
            op.spec.vrf = r.u32();
            break;
        case ObjectType::drop: {
            const uint8_t kind = r.u8();
            if (r.good() && kind > static_cast<uint8_t>(DropKind::prohibit))
                return "object " + key_text(op.key) + " has unknown drop kind " + std::to_string(kind);
            op.spec.drop = static_cast<DropKind>(kind);
            break;
        }
        case ObjectType::group: {
            const uint16_t n = r.u16();
            for (uint16_t i = 0; i < n && r.good(); i++) {
                GroupMember m{};
                m.key = r.u64();
                m.weight = r.u16();
                if (r.good() && m.weight == 0)
                    return "object " + key_text(op.key) + " gives member " + key_text(m.key) + " the weight 0";
                op.spec.members.push_back(m);
            }
            if (r.good() && n == 0) return "object " + key_text(op.key) + " is a group without members";
            break;
        }
        case ObjectType::resolve: {
            const uint8_t kind = r.u8();
            op.spec.resolve_id = r.u32();
            op.spec.flags = r.u8();
            if (!r.good()) return {};
            if (kind != static_cast<uint8_t>(HoldKind::lisp) && kind != static_cast<uint8_t>(HoldKind::ike))
                return "object " + key_text(op.key) + " has unknown kind " + std::to_string(kind) + " of what is to be resolved";
            if (op.spec.flags & ~resolve_no_hold)
                return "object " + key_text(op.key) + " has unknown flags " + std::to_string(op.spec.flags);
            op.spec.resolve = static_cast<HoldKind>(kind);
            break;
        }
        default:
            return "object " + key_text(op.key) + " has unknown type " + std::to_string(type);
    }
    if (r.good()) t.objects.push_back(std::move(op));
    return {};
}

std::string decode_route(Reader &r, Transaction &t, bool remove) {
    RouteOp op;
    op.remove = remove;
    op.vrf = r.u32();
    const HostAddress a = r.addr();
    op.length = r.u8();
    if (!remove) op.key = r.u64();
    if (!r.good()) return {};
    op.v6 = a.family == 6;
    const unsigned most = op.v6 ? 128 : 32;
    if (op.v6)
        op.prefix = load_ip6(a.bytes.data());
    else
        op.prefix.low = load32(a.bytes.data());
    if (op.length > most) return "route " + prefix_text(op) + " has a prefix length above " + std::to_string(most);
    const bool whole = op.v6 ? mask6(op.prefix, op.length) == op.prefix
                             : (op.prefix.low & mask4(op.length)) == op.prefix.low;
    if (!whole) return "route " + prefix_text(op) + " has bits set beyond its prefix length";
    t.routes.push_back(op);
    return {};
}

std::string decode_neighbour(Reader &r, Transaction &t, bool remove) {
    NeighbourOp op;
    op.remove = remove;
    op.interface = r.str();
    const HostAddress a = r.addr();
    if (!remove) op.mac = r.mac();
    if (!r.good()) return {};
    if (!is_host(a)) return "neighbour " + to_text(a) + " on " + quoted(op.interface) + " is no host's address";
    if (!remove && !is_unicast_mac(op.mac))
        return "neighbour " + to_text(a) + " on " + quoted(op.interface) + " has a MAC address that is null or of a group";
    op.address = to_ip6(a);
    t.neighbours.push_back(std::move(op));
    return {};
}

std::string decode_vrf(Reader &r, Transaction &t, bool remove) {
    VrfOp op;
    op.remove = remove;
    op.id = r.u32();
    if (!remove) op.name = r.str();
    if (!r.good()) return {};
    if (op.id == 0) return "VRF 0 is always there; it is neither set nor deleted";
    t.vrfs.push_back(std::move(op));
    return remove ? std::string() : name_error("VRF", t.vrfs.back().name);
}

std::string decode_one(Reader &r, uint8_t kind, Transaction &t) {
    switch (static_cast<Record>(kind)) {
        case Record::port_set: {
            PortOp op;
            op.spec.name = r.str();
            op.spec.driver = r.str();
            op.spec.device = r.str();
            if (!r.good()) return {};
            t.ports.push_back(op);
            return name_error("port", op.spec.name);
        }
        case Record::port_make:
            return decode_port_make(r, t);
        case Record::port_delete: {
            PortOp op;
            op.spec.name = r.str();
            op.remove = true;
            t.ports.push_back(op);
            return {};
        }
        case Record::interface_set:
            return decode_interface(r, t);
        case Record::interface_delete: {
            InterfaceOp op;
            op.spec.name = r.str();
            op.remove = true;
            t.interfaces.push_back(op);
            return {};
        }
        case Record::object_set:
            return decode_object(r, t);
        case Record::object_delete: {
            ObjectOp op;
            op.key = r.u64();
            op.remove = true;
            t.objects.push_back(op);
            return {};
        }
        case Record::route_set:
        case Record::route_delete:
            return decode_route(r, t, static_cast<Record>(kind) == Record::route_delete);
        case Record::vrf_set:
        case Record::vrf_delete:
            return decode_vrf(r, t, static_cast<Record>(kind) == Record::vrf_delete);
        case Record::acl_set:
            return decode_acl(r, t);
        case Record::acl_delete:
            return decode_acl_delete(r, t);
        case Record::acl_bind:
            return decode_acl_bind(r, t);
        case Record::neighbour_set:
        case Record::neighbour_delete:
            return decode_neighbour(r, t, static_cast<Record>(kind) == Record::neighbour_delete);
        case Record::interface_features_set:
        case Record::interface_features_delete:
            return decode_interface_features(r, t, static_cast<Record>(kind) == Record::interface_features_delete);
        case Record::punt_policer_set:
            return decode_punt_policer(r, t);
        case Record::icmp_settings_set:
            return decode_icmp_settings(r, t);
        case Record::workers_set:
            return decode_workers(r, t);
        case Record::port_settings_set:
        case Record::port_settings_delete:
            return decode_port_settings(r, t, static_cast<Record>(kind) == Record::port_settings_delete);
        case Record::bridge_set:
            return decode_bridge(r, t);
        case Record::bridge_delete:
            return decode_bridge_delete(r, t);
        case Record::circuit_set:
        case Record::circuit_delete:
            return decode_circuit(r, t, static_cast<Record>(kind) == Record::circuit_delete);
        case Record::cross_connect_set:
        case Record::cross_connect_delete:
            return decode_cross_connect(r, t, static_cast<Record>(kind) == Record::cross_connect_delete);
        case Record::tunnel_set:
        case Record::tunnel_delete:
            return decode_tunnel(r, t, static_cast<Record>(kind) == Record::tunnel_delete);
        case Record::mirror_set:
        case Record::mirror_delete:
            return decode_mirror(r, t, static_cast<Record>(kind) == Record::mirror_delete);
        case Record::slot_set:
            return decode_slot(r, t);
        case Record::fabric_set:
            return decode_fabric(r, t);
        case Record::fabric_delete:
            t.fabric = FabricSpec{};
            return {};
        case Record::port_place_set:
            return decode_place(r, t);
        case Record::fabric_key_set:
            return decode_fabric_key(r, t);
    }
    return "record kind " + std::to_string(kind) + " is unknown";
}

}  // namespace

std::string key_text(uint64_t key) {
    char text[24];
    std::snprintf(text, sizeof text, "0x%016llx", static_cast<unsigned long long>(key));
    return text;
}

std::string prefix_text(const RouteOp &route) {
    const HostAddress a = to_host_address(route.v6 ? route.prefix : mapped(static_cast<uint32_t>(route.prefix.low)), 0);
    return to_text(a) + "/" + std::to_string(route.length);
}

std::string decode(const uint8_t *bytes, size_t length, Transaction &t) {
    Reader r(bytes, length);
    for (size_t number = 1; r.more(); number++) {
        const uint8_t kind = r.u8();
        std::string error = decode_one(r, kind, t);
        if (error.empty() && !r.good())
            error = r.family_bad ? "address family is neither 4 nor 6" : "the block ends in the middle of it";
        else if (error.empty())
            continue;
        if (!r.good()) error = "record " + std::to_string(number) + " of the block (kind " + std::to_string(kind) + "): " + error;
        return error;
    }
    return {};
}

}  // namespace weft
