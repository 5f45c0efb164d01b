// Announcements: when an interface comes up, gets another MAC address or another IP address, or when a further member of the bridge
// domain that it routes for comes up, its neighbours are told, so that none keeps what was before. Of each IPv4 address an ARP announcement (RFC 5227 §3: a request for itself), of each IPv6 address an
// unsolicited neighbour advertisement to all nodes, which overrides what they have (RFC 4861 §7.2.6); at once, and again one and two
// seconds later.
//
// The owner of the neighbours does it, at its ticks: no more than 64 frames at each, so that a box with many interfaces does not
// flood its links when it begins.
//
// Cost   one comparison for each interface and tick
#include "nodes.h"

namespace weft {
namespace {

constexpr uint8_t times = 3;
constexpr size_t frames_most = 64;

}  // namespace

bool announce(Worker &w) {
    if (!w.core.announces) return false;
    bool soon = false;
    size_t frames = 0;
    for (const auto &interface : w.table->interfaces) {
        if (!interface) continue;
        const Interface &i = *interface;
        InterfaceRuntime::Announcement &a = i.runtime->announcement;
        if (!i.up() || i.layer3() || (!i.port && !i.tunnel) || i.far || (i.tunnel && i.tunnel->key_at)) {
            a.left = 0;
            if (!i.enabled) a.told = 0;
            continue;
        }
        const uint64_t ups = i.runtime->link_ups.load(std::memory_order_acquire) + i.runtime->joined.load(std::memory_order_acquire);
        const uint64_t identity = i.identity + ups;
        if (a.told != identity) {
            a.told = identity;
            a.left = times;
            a.due = w.now;
        }
        if (a.left == 0) continue;
        const size_t wanted = i.subnets4.size() + i.subnets6.size();
        // One with more addresses than that has a tick for itself.
        if (w.now < a.due || (frames > 0 && frames + wanted > frames_most)) {
            soon = true;
            continue;
        }
        frames += wanted;
        for (const Subnet4 &s : i.subnets4) send_arp_announcement(w, i, s.address);
        for (const Subnet6 &s : i.subnets6) send_unsolicited_advertisement(w, i, s.address);
        a.due = w.now + second;
        soon |= --a.left > 0;
    }
    return soon;
}

}  // namespace weft
