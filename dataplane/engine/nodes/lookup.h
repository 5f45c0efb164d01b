// What ip4-lookup and ip6-lookup do alike: where a packet goes by the object that was found for it. `Family` has
//   destination(p)           of the packet, as Interface::owns() takes it
//   forwardable(w, p)        whether it may be forwarded; if not, the packet is gone
//   drop(w, p, DropKind)     by a route that says so
#pragma once

#include "nodes.h"

namespace weft {

template <class Family>
inline void go_by(Worker &w, Packet &p, const Object *o, bool waiting, Onward &on) {
    if (waiting && waits_behind(w, p, *o)) return;
    switch (o->type) {
        case ObjectType::adjacency:
            if (Family::forwardable(w, p)) on.push(p, o);
            break;
        case ObjectType::glean: {
            const Interface *out = w.interface(o->interface);
            if (out && out->owns(Family::destination(p)))
                w.push(Node::local, &p, o);
            else if (Family::forwardable(w, p))
                w.push(Node::glean, &p, o);
            break;
        }
        case ObjectType::local:
            w.push(Node::local, &p, o);
            break;
        case ObjectType::resolve:
            if (Family::forwardable(w, p)) w.push(Node::resolve, &p, o);
            break;
        default:
            Family::drop(w, p, o->drop);
    }
}

// By an object of another VRF's table.
template <class Family>
void go_beyond(Worker &w, Packet &p, const Object *o, bool waiting, Onward &on) {
    on.aside([&] { o = beyond(w, p, o); });
    if (o) go_by<Family>(w, p, o, waiting, on);
}

}  // namespace weft
