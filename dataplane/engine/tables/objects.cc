#include "objects.h"

#include <cmath>
#include <new>

#include "route_map.h"

namespace weft {

Object::Object(const ObjectSpec &spec, uint32_t index)
    : type(spec.type), drop(spec.drop), interface(index), next_hop(spec.next_hop), vrf(spec.vrf) {
    resolve = spec.resolve;
    flags = spec.flags;
    resolve_id = spec.resolve_id;
}

bool Object::is(const ObjectSpec &spec, uint32_t index) const {
    static const std::vector<GroupMember> none;
    return type == spec.type && drop == spec.drop && interface == index && next_hop == spec.next_hop && vrf == spec.vrf &&
           resolve == spec.resolve && flags == spec.flags && resolve_id == spec.resolve_id &&
           (group ? group->members : none) == spec.members;
}

Objects::~Objects() {
    for (auto &chunk : chunks_) {
        Chunk *c = chunk.load();
        if (!c) break;
        for (auto &object : c->objects) delete object.load();
        delete c;
    }
}

bool Objects::has(uint64_t key) const {
    const auto found = by_key_.find(key);
    return found != by_key_.end() && slots_[found->second].set;
}

int64_t Objects::find(uint64_t key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? -1 : static_cast<int64_t>(found->second);
}

const Object *Objects::body(uint64_t key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() || !slots_[found->second].set ? nullptr : at(found->second);
}

uint32_t Objects::reserve(uint64_t key) {
    const auto found = by_key_.find(key);
    if (found != by_key_.end()) return found->second;
    uint32_t index;
    if (!free_.empty()) {
        index = free_.back();
        by_key_.emplace(key, index);
        free_.pop_back();
        slots_[index] = {key, 0, false};
        return index;
    }
    index = static_cast<uint32_t>(slots_.size());
    if (index / chunk_size >= max_chunks) throw std::bad_alloc();
    if (!chunks_[index / chunk_size].load()) chunks_[index / chunk_size].store(new Chunk, std::memory_order_release);
    free_.reserve(slots_.size() + 1);
    slots_.push_back({key, 0, false});
    by_key_.emplace(key, index);
    return index;
}

void Objects::unreserve(uint64_t key) {
    const int64_t index = find(key);
    if (index >= 0 && !slots_[index].set && slots_[index].references == 0) forget(static_cast<uint32_t>(index));
}

void Objects::exchange(uint32_t index, const Object *body) {
    const Object *old = chunks_[index / chunk_size].load()->objects[index % chunk_size].exchange(body, std::memory_order_acq_rel);
    if (!old) return;
    if (old->group)
        for (const uint32_t member : old->group->slots) drop(member);
    epochs_.retire([old] { delete old; });
}

void Objects::set(uint64_t key, std::unique_ptr<Object> body) {
    const uint32_t index = by_key_.at(key);
    if (body->group)
        for (const uint32_t member : body->group->slots) hold(member);
    if (!slots_[index].set) live_++;
    slots_[index].set = true;
    body->slot = index;
    exchange(index, body.release());
}

void Objects::erase(uint64_t key) {
    const int64_t index = find(key);
    if (index < 0 || !slots_[index].set) return;
    slots_[index].set = false;
    live_--;
    exchange(static_cast<uint32_t>(index), nullptr);
    if (slots_[index].references == 0) forget(static_cast<uint32_t>(index));
}

void Objects::drop(uint32_t index) {
    Slot &slot = slots_[index];
    if (--slot.references == 0 && !slot.set) forget(index);
}

void Objects::forget(uint32_t index) {
    by_key_.erase(slots_[index].key);
    // A burst under way may still hold the index.
    epochs_.retire([this, index] { free_.push_back(index); });
}

void Objects::spread(Group &group) {
    const auto &members = group.members;
    for (uint32_t b = 0; b < group_buckets; b++) {
        double best = -1;
        for (size_t i = 0; i < members.size(); i++) {
            const double u = (static_cast<double>(mix(members[i].key ^ mix(b + 1)) >> 11) + 1) / 9007199254740994.0;
            const double score = members[i].weight / -std::log(u);
            if (score > best) {
                best = score;
                group.buckets[b] = group.slots[i];
            }
        }
    }
}

}  // namespace weft
