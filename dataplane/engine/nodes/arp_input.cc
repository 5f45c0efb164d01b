// arp-input: ARP (RFC 826, probes and announcements of RFC 5227). Answers for the interface's own addresses, learns from senders that
// are on one of its subnets. A host that asks by an address of another interface of its own is answered and not learned.
//
// Reads    the ingress interface: addresses, subnets; the neighbour table
// Next     the port, with an answer; packets held for the sender
// Drops    malformed, not-for-us, sender-off-subnet, address-conflict, ipv4-disabled, and consumed for what was of use
// Cost     a probe of the neighbour table; off the way of forwarded packets
#include "nodes.h"

namespace weft {
namespace {

constexpr size_t arp_size = 28;

void fill(uint8_t *a, uint16_t operation, const MacAddress &from, uint32_t from4, const MacAddress &to, uint32_t to4) {
    store16(a, 1);
    store16(a + 2, type_ip4);
    a[4] = 6;
    a[5] = 4;
    store16(a + 6, operation);
    std::memcpy(a + 8, from.data(), 6);
    store32(a + 14, from4);
    std::memcpy(a + 18, to.data(), 6);
    store32(a + 24, to4);
}

void one(Worker &w, Packet &p) {
    const Interface &i = *w.interface(p.interface);
    const uint8_t *a = l3(p);
    if (l3_length(p) < arp_size || load16(a) != 1 || load16(a + 2) != type_ip4 || a[4] != 6 || a[5] != 4)
        return w.discard(p, Drop::arp_malformed);
    if (!i.ip4) return w.discard(p, Drop::arp_disabled);
    const uint16_t operation = load16(a + 6);
    const MacAddress sender = load_mac(a + 8);
    const uint32_t from = load32(a + 14), target = load32(a + 24);
    if ((operation != 1 && operation != 2) || (sender[0] & 1) || sender == MacAddress{})
        return w.discard(p, Drop::arp_malformed);
    // Answers are few, as there are no more than we ask for.
    if (operation == 1 && !admit(w, p, PuntClass::arp_nd)) return;
    const bool ours = i.owns(target);
    if (from != 0) {
        if (i.owns(from)) {
            if (sender != i.mac) return w.discard(p, Drop::arp_conflict);
            return w.drop(p, Drop::arp_not_for_us);
        }
        const Subnet4 *subnet = i.subnet(from);
        const bool asks = operation == 1 && ours;
        if (subnet ? subnet->is_nobody(from) : !asks)
            return w.discard(p, Drop::arp_off_subnet);
        if (subnet) learn(w, i, mapped(from), sender, ours ? Learn::create : Learn::update, operation == 2 && ours && !in_group_frame(p));
    }
    if (operation != 1 || !ours) return w.drop(p, ours ? Drop::arp_consumed : Drop::arp_not_for_us);

    Packet *reply = w.arena.take(ethernet_size + arp_size);
    if (!reply) return w.drop(p, Drop::no_buffer);
    reply->l3_offset = ethernet_size;
    reply->local_origin = true;
    fill(l3(*reply), 2, i.mac, target, sender, from);
    if (put_ethernet(w, *reply, sender, i, type_arp)) egress(w, *reply, i);
    w.drop(p, Drop::arp_consumed);
}

}  // namespace

void arp_input(Worker &w, Vector &in) {
    for (unsigned n = 0; n < in.size; n++) one(w, *in.packets[n]);
}

namespace {

void ask(Worker &w, const Interface &i, uint32_t from, uint32_t target, const MacAddress &to) {
    Packet *p = w.arena.take(ethernet_size + arp_size);
    if (!p) return w.unmade(Drop::no_buffer);
    p->l3_offset = ethernet_size;
    p->local_origin = true;
    fill(l3(*p), 1, i.mac, from, MacAddress{}, target);
    if (put_ethernet(w, *p, to, i, type_arp)) egress(w, *p, i);
}

}  // namespace

void send_arp_request(Worker &w, const Interface &i, uint32_t target, const MacAddress *to) {
    const Subnet4 *subnet = i.subnet(target);
    if (!subnet && i.subnets4.empty()) return;
    ask(w, i, subnet ? subnet->address : i.subnets4.front().address, target, to ? *to : broadcast_mac);
}

void send_arp_announcement(Worker &w, const Interface &i, uint32_t address) { ask(w, i, address, address, broadcast_mac); }

}  // namespace weft
