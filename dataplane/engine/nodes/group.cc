// Weighted sets of next hops: a packet's flow hash says the bucket, and the bucket the member (tables/objects.h). A member whose
// interface is down is passed over at once, before any table was changed: its flows go where further draws of their hash send
// them, spread by weight over the members that are up, and all other flows stay.
#include "../tables/hash.h"
#include "nodes.h"

namespace weft {
namespace {

constexpr unsigned draws = 16;

// The object, when it can take a packet now.
const Object *ready(Worker &w, uint32_t slot) {
    const Object *o = w.core.objects.at(slot);
    if (!o || o->type == ObjectType::group) return nullptr;
    if (o->interface == no_interface) return o;
    const Interface *out = w.interface(o->interface);
    return out && out->up() ? o : nullptr;
}

}  // namespace

uint32_t member_slot(Worker &w, Packet &p, const Group &group) {
    if (!p.flow_hash) p.flow_hash = flow_hash(p);
    const uint32_t first = group.buckets[p.flow_hash % group_buckets];
    uint32_t slot = first;
    const Object *o = ready(w, slot);
    for (uint64_t draw = 1; !o && draw <= draws; draw++) {
        slot = group.buckets[mix(p.flow_hash + (draw << 32)) % group_buckets];
        o = ready(w, slot);
    }
    for (size_t n = 0; !o && n < group.slots.size(); n++) {
        slot = group.slots[n];
        o = ready(w, slot);
    }
    // None is up: the first one's interface counts the loss.
    if (!o) o = w.core.objects.at(slot = first);
    return o && o->type != ObjectType::group ? slot : Objects::none;
}

const Object *member_of(Worker &w, Packet &p, const Group &group) {
    const uint32_t slot = member_slot(w, p, group);
    if (slot == Objects::none) return nullptr;
    if (w.tracing) [[unlikely]] w.trace(p, "member {ob} by flow hash", 0, slot);
    w.count(slot, p);
    return w.core.objects.at(slot);
}

}  // namespace weft
