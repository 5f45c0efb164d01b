#include "objects.h"

#include <algorithm>
#include <cmath>
#include <new>

#include "hash.h"

namespace weft {

const char *type_name(ObjectType type) {
    switch (type) {
        case ObjectType::adjacency: return "adjacency";
        case ObjectType::glean: return "glean";
        case ObjectType::local: return "local";
        case ObjectType::drop: return "drop";
        case ObjectType::group: return "group";
        case ObjectType::resolve: return "resolve";
        case ObjectType::lookup: return "lookup";
        case ObjectType::replicate: return "replicate";
    }
    return "";
}

Object::Object(const ObjectSpec &spec, uint32_t index, std::shared_ptr<Vrf> in)
    : type(spec.type), drop(spec.drop), interface(index), next_hop(spec.next_hop), vrf(spec.vrf), table(std::move(in)) {
    resolve = spec.resolve;
    flags = spec.flags;
    resolve_id = spec.resolve_id;
}

bool Object::is(const ObjectSpec &spec, uint32_t index, const Vrf *in) const {
    static const std::vector<GroupMember> none;
    static const std::vector<ReplicaLeg> no_legs;
    return type == spec.type && drop == spec.drop && interface == index && next_hop == spec.next_hop && vrf == spec.vrf && table.get() == in &&
           resolve == spec.resolve && flags == spec.flags && resolve_id == spec.resolve_id &&
           (group ? group->members : none) == spec.members && (group ? group->legs : no_legs) == spec.legs;
}

Objects::~Objects() {
    for (auto &chunk : chunks_) {
        Chunk *c = chunk.load();
        if (!c) break;
        for (auto &object : c->objects)
            if (const Object *body = object.load()) give(body);
        delete c;
    }
}

void Objects::add_worker(unsigned worker) {
    for (const auto &chunk : chunks_) {
        Chunk *c = chunk.load();
        if (!c) break;
        if (!c->counters[worker]) c->counters[worker].reset(new ObjectCounters[chunk_size]);
    }
    workers_ = std::max(workers_, worker + 1);
}

bool Objects::has(uint64_t key) const {
    const int64_t index = find(key);
    return index >= 0 && slots_[static_cast<size_t>(index)].set;
}

int64_t Objects::find(uint64_t key) const {
    if (index_.empty()) return -1;
    const uint32_t slot = index_[place_in_index(key)];
    return slot == none ? -1 : static_cast<int64_t>(slot);
}

const Object *Objects::body(uint64_t key) const {
    const int64_t index = find(key);
    return index < 0 || !slots_[static_cast<size_t>(index)].set ? nullptr : at(static_cast<uint32_t>(index));
}

// Where the key is, or would be.
size_t Objects::place_in_index(uint64_t key) const {
    const size_t mask = index_.size() - 1;
    size_t i = mix(key) & mask;
    while (index_[i] != none && slots_[index_[i]].key != key) i = (i + 1) & mask;
    return i;
}

void Objects::grow_index() {
    if ((indexed_ + 1) * 4 <= index_.size() * 3) return;
    std::vector<uint32_t> next(std::max<size_t>(64, index_.size() * 2), none);
    for (const uint32_t slot : index_) {
        if (slot == none) continue;
        size_t i = mix(slots_[slot].key) & (next.size() - 1);
        while (next[i] != none) i = (i + 1) & (next.size() - 1);
        next[i] = slot;
    }
    index_.swap(next);
}

void Objects::remove_from_index(uint64_t key) {
    const size_t mask = index_.size() - 1;
    size_t hole = place_in_index(key);
    // Linear probing without dead places: what follows moves into the hole when it may.
    for (size_t i = (hole + 1) & mask; index_[i] != none; i = (i + 1) & mask) {
        const size_t home = mix(slots_[index_[i]].key) & mask;
        if (((i - home) & mask) < ((i - hole) & mask)) continue;
        index_[hole] = index_[i];
        hole = i;
    }
    index_[hole] = none;
    indexed_--;
}

uint32_t Objects::reserve(uint64_t key) {
    if (const int64_t found = find(key); found >= 0) return static_cast<uint32_t>(found);
    grow_index();
    uint32_t slot = free_;
    if (slot != none) {
        free_ = static_cast<uint32_t>(slots_[slot].key);
        for (unsigned w = 0; w < workers_; w++) counters(w, slot).clear();
    } else {
        slot = static_cast<uint32_t>(slots_.size());
        if (slot / chunk_size >= max_chunks) throw std::bad_alloc();
        auto &chunk = chunks_[slot / chunk_size];
        if (!chunk.load()) {
            auto made = std::make_unique<Chunk>();
            for (unsigned w = 0; w < workers_; w++) made->counters[w].reset(new ObjectCounters[chunk_size]);
            chunk.store(made.release(), std::memory_order_release);
        }
        slots_.emplace_back();
    }
    if (watcher_) watcher_->object_is_new(slot);
    slots_[slot] = Slot{};
    slots_[slot].key = key;
    index_[place_in_index(key)] = slot;
    indexed_++;
    return slot;
}

void Objects::unreserve(uint64_t key) {
    if (const int64_t index = find(key); index >= 0) forget_unused(static_cast<uint32_t>(index));
}

Objects::Body Objects::make(const ObjectSpec &spec, uint32_t interface, std::shared_ptr<Vrf> table) {
    if (!places_) {
        blocks_.push_back(std::make_unique<Place[]>(block_size));
        for (size_t n = block_size; n-- > 0;) {
            Place &place = blocks_.back()[n];
            place.next = places_;
            places_ = &place;
        }
    }
    Place *place = places_;
    places_ = place->next;
    return Body(new (place->bytes) Object(spec, interface, std::move(table)), Give{this});
}

void Objects::give(const Object *body) {
    auto *place = reinterpret_cast<Place *>(const_cast<Object *>(body));
    body->~Object();
    place->next = places_;
    places_ = place;
}

void Objects::exchange(uint32_t index, const Object *body) {
    const Object *old = chunks_[index / chunk_size].load()->objects[index % chunk_size].exchange(body, std::memory_order_acq_rel);
    if (watcher_) watcher_->object_changed(index, body);
    if (!old) return;
    if (old->group)
        for (const uint32_t member : old->group->slots) leave_group(member);
    epochs_.retire([this, old] { give(old); });
}

void Objects::set(uint64_t key, Body body) {
    const auto index = static_cast<uint32_t>(find(key));
    if (body->group)
        for (const uint32_t member : body->group->slots) slots_[member].groups++;
    if (!slots_[index].set) live_++;
    slots_[index].set = true;
    body->slot = index;
    exchange(index, body.release());
}

void Objects::erase(uint64_t key) {
    const int64_t found = find(key);
    if (found < 0 || !slots_[static_cast<size_t>(found)].set) return;
    const auto index = static_cast<uint32_t>(found);
    slots_[index].set = false;
    live_--;
    if (slots_[index].routes > 0 || slots_[index].groups > 0) return exchange(index, nullptr);
    if (watcher_) watcher_->object_changed(index, nullptr);
    // Nothing leads to it any more, but a burst under way may have looked it up before: it meets the object as it was.
    const Object *old = at(index);
    if (old->group)
        for (const uint32_t member : old->group->slots) leave_group(member);
    remove_from_index(slots_[index].key);
    epochs_.retire([this, index, old] {
        chunks_[index / chunk_size].load()->objects[index % chunk_size].store(nullptr, std::memory_order_release);
        give(old);
        slots_[index].key = free_;
        free_ = index;
    });
}

void Objects::forget(uint32_t index) {
    remove_from_index(slots_[index].key);
    // A burst under way may still hold the index.
    epochs_.retire([this, index] {
        slots_[index].key = free_;
        free_ = index;
    });
}

namespace {

static_assert((group_buckets & (group_buckets - 1)) == 0);

// A permutation of the buckets for each member: its draws are spread evenly, so that weights come out right with few buckets.
uint32_t permuted(uint32_t bucket, uint64_t seed) {
    constexpr uint32_t mask = group_buckets - 1;
    constexpr unsigned half = 5;
    for (unsigned round = 0; round < 4; round++) {
        bucket = (bucket * static_cast<uint32_t>((seed >> (16 * round)) | 1) + static_cast<uint32_t>(seed >> (8 * round))) & mask;
        bucket ^= bucket >> half;
    }
    return bucket;
}

}  // namespace

void Objects::spread(Group &group) {
    std::array<double, group_buckets> best;
    best.fill(-1);
    for (size_t i = 0; i < group.members.size(); i++) {
        const uint64_t seed = mix(group.members[i].key);
        for (uint32_t b = 0; b < group_buckets; b++) {
            const double within = (static_cast<double>(mix(seed ^ mix(b + 1)) >> 11) + 0.5) * 0x1p-53;
            const double score = group.members[i].weight / -std::log((permuted(b, seed) + within) / group_buckets);
            if (score <= best[b]) continue;
            best[b] = score;
            group.buckets[b] = group.slots[i];
        }
    }
}

}  // namespace weft
