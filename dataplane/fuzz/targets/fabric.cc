// What comes by an internal link of a chassis: member 1 of three, with ports, sub-interfaces and a bridge domain, whose fabric's other
// members send headers that are right but for the octets that the input changes; under any key, with content of the input's or what
// members say to each other. In between come packets by its ports for theirs.
//
//   u8 kind (0 VXLAN, 1 NVGRE, 2 802.1ah, else by port 1), u8 how (1: lengths and sums outside are mended, 2: with offload, 4: a message,
//   8: content is long), u8 key (below 16: as configured, else the next three), octets that are changed, u16 length, content
//
// Nothing that leaves is longer than its link, nothing that came by an internal link leaves by one but answers to messages, the memory of
// a burst is given back, and all that came is counted.
#include "../../engine/nodes/fabric_message.h"
#include "../../engine/test/lab_chassis.h"
#include "../packets.h"
#include "../target.h"

namespace weft::fuzz {
namespace {

const ChassisPlan plan{.members = 3, .link_mtu = 1600, .vlan = 5};
constexpr unsigned internal = 3;  // port

void configure(Lab &lab) {
    for (unsigned n = 1; n <= internal; n++) {
        LinkState link;
        link.up = true;
        link.mac = port_mac(1, n);
        link.mtu = n == internal ? plan.link_mtu : 1500;
        lab.wires[n - 1]->set_link(link);
    }
    Records r;
    r.u8(90).u16(1);
    const Records all = Chassis::records(plan);
    r.bytes.insert(r.bytes.end(), all.bytes.begin(), all.bytes.end());
    BridgeSpec d;
    d.name = "d";
    for (const std::string port : {"0/2", "1/1", "1/2", "2/2"}) {
        r.interface(port + ".v", "", {}, 1).circuit(port + ".v", {.parent = port, .match = CircuitMatch::tag, .tags = {{type_vlan, 9}}, .pop = 1, .push = {}});
        r.u8(94).u8(1).str(port + ".v").u32(100u + static_cast<unsigned>(d.members.size()));
        d.members.push_back({port + ".v", static_cast<uint16_t>(d.members.size() / 2), 64});
    }
    r.bridge(d).u8(94).u8(2).str("d").u32(9);
    AclSpec list;
    list.name = "some";
    AclEntry entry;
    entry.name = "ports";
    entry.has_protocol = true;
    entry.protocol = 17;
    entry.destination_ports = {{100, 2000}};
    entry.action = AclAction::pass;
    list.entries = {entry};
    list.otherwise = AclAction::reject;
    r.acl(list).acl_bind("1/2", AclDirection::out, 4, "some");
    CHECK_EQUAL(lab.commit(r), std::string());
    for (unsigned n = 1; n <= 2; n++) lab.know("1/" + std::to_string(n), host4(1, n), host_mac(1, n));
    for (const unsigned s : {0u, 2u}) lab.know("1/f1", "192.0.1." + std::to_string(s + 1), port_mac(s, internal));
}

// The others are heard, so that what is for their ports has a way.
void be_heard(Lab &lab) {
    for (const unsigned slot : {0u, 2u}) {
        lab.core->heard[slot].hears = 1;
        lab.core->heard[slot].heard[0] = lab.now;
        for (unsigned n = 1; n <= 2; n++) {
            const Interface &i = *lab.core->registry.interfaces.at(std::to_string(slot) + "/" + std::to_string(n));
            i.runtime->far.mtu = 1500;
            i.runtime->far.bits = FarPort::is_known | FarPort::is_up | 0x020202020202;
        }
    }
    lab.run(100000);
    lab.core->watch_links();
    lab.core->follow_devices();
}

uint32_t key_of(Reader &in) {
    static constexpr uint32_t keys[] = {0, 17, 18, 101, 102, 17 | key_of_host, 18 | key_of_host, 101 | key_of_host, key_of_domain | 9 << 8,
                                        key_of_domain | 9 << 8 | 1, 1, 34, key_of_host | 1, key_of_host | 34, 100, 0};
    const unsigned which = in.u8();
    return which < 16 ? keys[which] : in.u8() | in.u8() << 8 | in.u8() << 16;
}

Bytes content_of(Reader &in, unsigned how) {
    if (!(how & 4)) {
        Bytes content = in.bytes(in.u16() % 2048);
        if (how & 8) content.resize(std::min<size_t>(content.size() * 40, 64000));
        return content;
    }
    const unsigned type = in.u8() % 5, slot = in.u8() % 4;
    Bytes entries = in.bytes(in.u16() % 512), m(ethernet_size + fabric_message_head);
    static constexpr unsigned sizes[] = {1, hello_entry, address_entry, neighbour_entry, wanted_entry};
    store16(&m[12], type_fabric_control);
    m[14] = 1;
    m[15] = static_cast<uint8_t>(type);
    store16(&m[16], static_cast<uint16_t>(slot));
    store16(&m[22], static_cast<uint16_t>(entries.size() / sizes[type]));
    m[24] = 1;
    m.insert(m.end(), entries.begin(), entries.end());
    return m;
}

Bytes wrapped(Reader &in, unsigned kind, unsigned how) {
    const uint32_t key = key_of(in);
    std::vector<std::pair<uint8_t, uint8_t>> changed(in.below(4));
    for (auto &[at, value] : changed) at = in.u8(), value = in.u8();
    const Bytes content = content_of(in, how);
    TunnelSpec spec;
    spec.kind = kind == 0 ? TunnelKind::vxlan : kind == 1 ? TunnelKind::nvgre : TunnelKind::pbb;
    spec.source = mapped(0xc0000101);
    spec.remotes = {mapped(0xc0000102)};
    spec.port = 4789;
    spec.key = kind == 2 ? plan.vlan : 0;
    const Tunnel tunnel(spec);
    Bytes packet(tunnel.headers[0].octets, tunnel.headers[0].octets + tunnel.length);
    packet[tunnel.key_at] = static_cast<uint8_t>(key >> 16);
    store16(&packet[tunnel.key_at + 1u], static_cast<uint16_t>(key));
    packet.insert(packet.end(), content.begin(), content.end());
    const auto size = static_cast<uint16_t>(packet.size());
    if ((how & 1) && kind < 2) {
        store16(&packet[2], size);
        if (kind == 0) store16(&packet[24], static_cast<uint16_t>(size - 20));
    }
    for (const auto &[at, value] : changed) packet[at % packet.size()] = value;
    Bytes f = weft::frame(port_mac(1, internal), port_mac(0, internal), packet);
    store16(&f[12], kind < 2 ? type_ip4 : type_qinq);
    if ((how & 1) && kind < 2) {
        store16(&f[24], 0);
        store16(&f[24], checksum(&f[14], 20));
    }
    return f;
}

uint64_t ended(Lab &lab) {
    uint64_t count = 0;
    for (const DropCounter &d : lab.core->drop_counters()) count += d.packets;
    return count;
}

void receive(Lab &lab, Reader &in) {
    const unsigned kind = in.below(5), how = in.u8();
    Offload o;
    if (how & 2) o = offload(in);
    const uint64_t before = ended(lab);
    size_t sent = 0;
    if (kind < 3) {
        lab.give(internal, wrapped(in, kind, how), o);
    } else {
        Bytes f = frame(in, 1);
        std::copy_n(port_mac(1, 1).begin(), std::min<size_t>(6, f.size()), f.begin());
        if (f.size() >= 34 && f[12] == 8 && f[13] == 0) {
            store32(&f[30], how & 1 ? 0x0a000109 : 0x0a020109);
            mend(f);
        }
        lab.give(1, f, o);
    }
    lab.run(in.below(8) == 7 ? 400000 : 0);
    CHECK_EQUAL(lab.core->workers[0]->arena.used(), size_t{0});
    for (unsigned port = 1; port <= internal; port++)
        for (const Frame &f : lab.wires[port - 1]->take()) {
            sent++;
            const size_t longest = port == internal ? plan.link_mtu + 18u : 1522;
            CHECK(f.offload.gso_type != gso_none || f.bytes.size() <= longest || kind < 3);
        }
    CHECK(sent + ended(lab) - before + lab.core->statistics().held_packets > 0);
    if (lab.core->links_moved.exchange(false)) {
        lab.core->watch_links();
        lab.core->follow_devices();
    }
}

}  // namespace
}  // namespace weft::fuzz

FUZZ_TARGET(in) {
    weft::Lab lab(3);
    weft::fuzz::configure(lab);
    weft::fuzz::be_heard(lab);
    for (unsigned packets = 0; in.more() && packets < 48; packets++) weft::fuzz::receive(lab, in);
}
