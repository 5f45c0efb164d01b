// What acl_in and acl_out share: keys of packets, and a burst judged by the lists it falls under. A packet is judged by the one
// program that its list has when the burst comes to it.
//
// Layer 4 (RFC 8519 leaves fragments open; RFC 1858, RFC 3128, RFC 7112 say what goes wrong): ports, ICMP types and TCP flags are
// those of the packet or of its first fragment. Later fragments have none, so entries that ask for them pass over these, whatever
// their action; entries without them, and what the list says of the rest, decide. A list with such entries drops what could slip
// through between fragments: a first fragment without its whole layer-4 header, and a later one of TCP that begins within it. A
// chain of IPv6 extension headers that does not end within the packet, or is longer than 16, is dropped.
#pragma once

#include "nodes.h"

namespace weft {

enum class AclVerdict : uint8_t { pass, drop, reject, tiny_fragment, header_chain };

// False: the packet cannot be judged. `tiny`: one to be dropped where layer 4 counts.
bool acl_key(const Packet &p, AclKey<1> &key, bool &tiny);
bool acl_key(const Packet &p, AclKey<4> &key, bool &tiny);

// Judges and counts packets of one list.
void acl_judge(Worker &w, const AclProgram &program, Packet *const *packets, unsigned count, AclVerdict *verdicts);

// All packets of a vector, those of one list together and in their order: list_of(n) says which (null: not filtered), done(n,
// verdict) hands on or ends.
template <class ListOf, class Done>
void acl_filter(Worker &w, Vector &in, ListOf list_of, Done done) {
    const AclList *lists[Vector::capacity];
    uint16_t left[Vector::capacity];
    unsigned waiting = in.size;
    for (unsigned n = 0; n < waiting; n++) {
        lists[n] = list_of(n);
        left[n] = static_cast<uint16_t>(n);
    }
    while (waiting) {
        const AclList *list = lists[left[0]];
        Packet *packets[Vector::capacity];
        uint16_t which[Vector::capacity];
        unsigned count = 0, others = 0;
        for (unsigned i = 0; i < waiting; i++) {
            const uint16_t n = left[i];
            const bool here = lists[n] == list;
            which[count] = n;
            packets[count] = in.packets[n];
            left[others] = n;
            count += here;
            others += !here;
        }
        waiting = others;
        if (!list) {
            for (unsigned i = 0; i < count; i++) done(which[i], AclVerdict::pass);
            continue;
        }
        AclVerdict verdicts[Vector::capacity];
        acl_judge(w, *list->current.load(std::memory_order_acquire), packets, count, verdicts);
        for (unsigned i = 0; i < count; i++) done(which[i], verdicts[i]);
    }
}

}  // namespace weft
