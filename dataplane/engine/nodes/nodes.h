// The nodes of the graph (list.h): one function over a burst each, and what they share. A node reads its vector once, hands every
// packet to the next node or drops it with a reason, and keeps no state of its own but counters.
#pragma once

#include <cstdint>

#include "../net/bytes.h"
#include "../net/protocols.h"
#include "../worker.h"
#include "features.h"
#include "list.h"

namespace weft {

inline constexpr size_t ethernet_size = 14;
inline constexpr uint64_t second = 1000000;  // of Worker::now
inline constexpr MacAddress broadcast_mac{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

#define X(node, name) void node(Worker &w, Vector &in);
WEFT_NODES(X)
#undef X

inline uint8_t *l3(Packet &p) { return p.data + p.l3_offset; }
inline const uint8_t *l3(const Packet &p) { return p.data + p.l3_offset; }
inline uint32_t l3_length(const Packet &p) { return p.length - p.l3_offset; }

// Room for addresses of a burst, not cleared before.
template <class Address>
union Addresses {
    Addresses() {}
    Address each[Vector::capacity];
};

uint32_t flow_hash(const Packet &p);
// The object that takes a packet: of a group the member of its flow. Counted. Null: deleted, or a group without a member.
const Object *member_of(Worker &w, Packet &p, const Group &group);
// As member_of(), without counting; Objects::none: no member.
uint32_t member_slot(Worker &w, Packet &p, const Group &group);
// What a lookup gave the packets of a burst.
struct Found {
    // Asks for the memory of the slots' objects and counters; no_object: none.
    Found(const Worker &w, const uint32_t *slots, unsigned count) {
        for (unsigned n = 0; n < count; n++) {
            if (slots[n] == no_object) [[unlikely]]
                continue;
            __builtin_prefetch(objects[n] = w.core.objects.at(slots[n]));
            __builtin_prefetch(counters[n] = &w.core.objects.counters(w.id, slots[n]));
        }
    }
    const Object *objects[Vector::capacity];  // null: deleted
    ObjectCounters *counters[Vector::capacity];
};
// Objects of type lookup (nodes/vrf_lookup.cc). Where one leads in the end, counted; null: the packet has ended.
const Object *beyond(Worker &w, Packet &p, const Object *lookup);
// What the lookup of a packet would give in a VRF, uncounted, and where the route of an address leads that a VRF has; null: nowhere.
const Object *object_for(Worker &w, Packet &p, const Vrf &vrf);
const Object *route_of(Worker &w, const Object *object, bool v4, const Ip6 &address);
// The VRF whose host a packet is for that has this object; null: none.
Vrf *home_of(Worker &w, const Packet &p, const Object *object);
inline const Object *chosen(Worker &w, Packet &p, const Found &found, unsigned n) {
    const Object *o = found.objects[n];
    if (!o) [[unlikely]]
        return nullptr;
    found.counters[n]->count(l3_length(p));
    return o->type == ObjectType::group ? member_of(w, p, *o->group) : o;
}

// TTL, MTU and neighbour of a packet that leaves by an interface; the last step of adjacency and glean.
void forward4(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour);
void forward6(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour);
// Gives the packet to its neighbour: frame and egress, or holding.
void to_neighbour(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop, uint32_t neighbour);
// Ends a packet that is not the super-packet that its offload says: true.
bool not_super(Worker &w, Packet &p);
// True when a packet, or the longest segment of a super-packet, fits.
bool fits(const Packet &p, uint32_t mtu);
// The last step to a port (nodes/segment.cc): in the parts that it takes. `out`: the interface whose counters and MTU they concern;
// null: a device of the host.
void deliver(Worker &w, Packet &p, PortHandle &port, const Interface *out);
// One part, counted.
void send_whole(Worker &w, Packet &p, PortHandle &port, const Interface *out);
// What an ICMP message quotes of a packet: itself with its checksum finished, or of a super-packet the first segment; null: no memory.
Packet *quotable(Worker &w, Packet &p);

// Packets that wait (nodes/hold.cc). Kept, or dropped when there is no room; `longer`: however many wait in the queue.
void keep_held(Worker &w, Packet &p, HoldKind kind, HoldQueue &queue, bool longer = false);
void drop_held(Worker &w, Packet &p, HoldKind kind, HoldDrop why);
void drop_queue(Worker &w, HoldQueue &queue, HoldKind kind, HoldDrop why);
// Objects of type resolve (nodes/resolve.cc). Of a packet whose object is known: true when it was put behind older ones of its
// key. To be asked for only while there are holds.
bool waits_behind(Worker &w, Packet &p, const Object &object);
void release_resolved(Worker &w);
void holds_tick(Worker &w);

// Neighbours of both families. Called by any worker; those that do not own the table leave a note for the one that does.
void learn(Worker &w, const Interface &i, const Ip6 &address, const MacAddress &mac, Learn how, bool confirmed);
// The same of one that is asked for, unconfirmed and at the owner's next tick; false: there was no room to say so.
bool note_neighbour(Worker &w, const Interface &i, const Ip6 &address, const MacAddress &mac);
// What a neighbour advertisement says (RFC 4861 §7.2.5); the answer is the drop that it ends by.
struct Advertisement {
    Ip6 target;
    MacAddress mac{};
    bool has_mac = false, solicited = false, override = false, router = false;
};
Drop advertised(Worker &w, const Interface &i, const Advertisement &a);
// Packets wait for an address, or use a stale one. False: it can't be asked for, because the table is full.
bool want_neighbour(Worker &w, const Interface &i, const Ip6 &address);
void use_neighbour(Worker &w, uint32_t interface, const Ip6 &address);
// The owner's (nodes/neighbour.cc).
bool read_notes(Worker &w);  // true: there were some
bool neighbour_tick(Worker &w);  // true: something is due soon
void neighbours_follow_table(Worker &w);

// Packets that wait for a neighbour, each worker's own (nodes/glean_wait.cc).
void hold(Worker &w, Packet &p, const Interface &out, const Ip6 &next_hop);
void send_waiting(Worker &w, uint32_t interface, const Ip6 &address, const MacAddress &mac);
void drop_waiting(Worker &w, uint32_t interface, const Ip6 &address, HoldDrop why);
void fail_waiting(Worker &w, uint32_t interface, const Ip6 &address);
// Of a worker that does not own the table: what has become known, and what waited for too long.
bool look_for_neighbours(Worker &w);  // true: something left
void glean_tick(Worker &w);
void gleans_follow_table(Worker &w);
void holds_follow_table(Worker &w);
// When a worker ends: what it holds is dropped.
void drop_all_held(Worker &w);

void send_arp_request(Worker &w, const Interface &i, uint32_t target, const MacAddress *to);
void send_solicitation(Worker &w, const Interface &i, const Ip6 &target, const MacAddress *to);
// What changed in who we are (nodes/announce.cc): the owner's. True: more is due soon.
bool announce(Worker &w);
void send_arp_announcement(Worker &w, const Interface &i, uint32_t address);
void send_unsolicited_advertisement(Worker &w, const Interface &i, const Ip6 &address);

// Whose a frame of a port is that has circuits, or is switched: the port's interface, a circuit, or nobody (null).
const Interface *circuit_of(const Worker &w, const Interface &port, const Packet &p);
// The header of a frame from an interface, with its tags, before the IP header; false (and dropped) without headroom.
bool put_ethernet(Worker &w, Packet &p, const MacAddress &to, const Interface &from, uint16_t type);
// A frame of layer 3, or one of the host's, to the port of an interface.
void egress(Worker &w, Packet &p, const Interface &out);
// The same to a port of another member (nodes/fabric_output.cc).
void egress_far(Worker &w, Packet &p, const Interface &out);
// A whole frame of a domain, whose ether_type and l3_offset are behind all its tags, leaves by a switched interface: its tags are
// rewritten, and it is not longer than the MTU (which tags do not count for), or it is dropped. Counted.
void egress_frame(Worker &w, Packet &p, const Interface &out);
// For another one of the same: in memory of the worker's burst, with all that it says; null, and counted, when there is none.
Packet *copy(Worker &w, const Packet &p);
// What is for one of this box's tunnels goes to decapsulate: true.
bool by_tunnel(Worker &w, Packet &p, const Object *object);

// Frames of a host tap, packets of an inject device.
void host_output(Worker &w, Packet *packets, size_t count, const PortUse &use);
void inject_input(Worker &w, Packet *packets, size_t count, const PortUse &use);
// What the box itself takes (nodes/punt.cc): the class of a packet; whether its policer lets it pass, else it is dropped; and to the
// stack of a VRF's host, policed.
PuntClass punt_class(const Packet &p);
bool admit(Worker &w, Packet &p, PuntClass what);
void punt(Worker &w, Packet &p, PuntClass what, Vrf *to);
void to_tap(Worker &w, Packet &p, Vrf *to);  // the last step, on the member that has the host's side

// Of a header that has options: false when the packet ended by them.
bool ip4_options(Worker &w, Packet &p);
bool ip6_options(Worker &w, Packet &p);
bool router_alert4(const Packet &p);
bool router_alert6(const Packet &p);

bool icmp4_echo(Worker &w, Packet &p);  // true: answered or ended
bool icmp6_input(Worker &w, Packet &p);
void icmp4_error(Worker &w, Packet &p, uint8_t type, uint8_t code, uint32_t rest, const Interface *out = nullptr);
void icmp6_error(Worker &w, Packet &p, uint8_t type, uint8_t code, uint32_t rest, const Interface *out = nullptr);
// Does the limit let one more be sent about this packet (nodes/icmp_limit.cc)? Counted when not.
bool may_send_error(Worker &w, const Packet &p);
// May an ICMPv6 error or redirect be sent about this packet (RFC 4443 §2.4)? `group`: also when it went to many.
bool may_tell6(const Packet &p, bool group);
void redirect4(Worker &w, Packet &p, const Interface &on, uint32_t next_hop);
void redirect6(Worker &w, Packet &p, const Interface &on, const Ip6 &next_hop, const MacAddress *mac);
void nd_input(Worker &w, Packet &p, const Interface &i, size_t offset);
// Past the extension headers: protocol and its offset from the IPv6 header; false when the chain is cut short.
bool skip_extensions(const Packet &p, uint8_t &protocol, uint32_t &offset, bool &fragment, bool &first);

// The packets of a vector, which came by interfaces, in runs of one interface: visitor(interface) gives what each of the run is
// given to; counted(counters, n) after the n of it.
template <class Visitor, class Counted>
void by_ingress(Worker &w, Vector &in, Visitor visitor, Counted counted) {
    for (unsigned n = 0; n < in.size;) {
        const uint32_t index = in.packets[n]->interface;
        const Interface &i = *w.interface(index);
        const unsigned first = n;
        auto visit = visitor(i);
        for (; n < in.size && in.packets[n]->interface == index; n++) visit(*in.packets[n]);
        counted(w.counters(i), n - first);
    }
}

inline MacAddress load_mac(const uint8_t *p) {
    MacAddress m;
    std::memcpy(m.data(), p, 6);
    return m;
}
// As a note of a trace takes it.
inline uint64_t mac_number(const MacAddress &m) {
    uint64_t n = 0;
    for (const uint8_t octet : m) n = n << 8 | octet;
    return n;
}
// `look_up(vrf, first, count)` for each run of packets that came by one interface, with its VRF or null.
template <class LookUp>
void by_vrf(const Worker &w, const Vector &in, LookUp look_up) {
    for (unsigned n = 0; n < in.size;) {
        const unsigned first = n;
        const uint32_t interface = in.packets[n]->interface;
        while (n < in.size && in.packets[n]->interface == interface) n++;
        look_up(static_cast<const Vrf *>(w.vrf_of(*in.packets[first])), first, n - first);
    }
}
// It is what a tunnel made of another one.
inline bool is_outer(const Packet &p) { return p.tunnels != 0 && p.interface == no_interface; }
// Came in a broadcast or multicast frame.
inline bool in_group_frame(const Packet &p) {
    return !p.local_origin && p.l3_offset >= ethernet_size && (p.data[p.l3_offset - ethernet_size] & 1);
}

}  // namespace weft
