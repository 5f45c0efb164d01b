// Forwarding objects: what a route points at. An object is an immutable body in a dense slot; replacing it is one write of the
// slot's pointer, whatever number of routes points at it. What packets read of a body is one cache line; only groups have more
// behind it. Outside, an object is known by its 64-bit key; routes and groups hold the slot's index and are counted. A deleted
// object that is still pointed at leaves a slot that drops, and the key gets it back when it is set again.
//
// Counters belong to the slot: they survive a new body, and begin at zero with a new key. Each worker has its own.
// Memory of an adjacency: 64 octets of body, 24 of slot and pointer, 5 to 11 of index, 16 for each worker's counters; a group's
// members and buckets are 4 KiB and more. Everything but at() and counters() is the programming lock's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../net/address.h"
#include "../program/records.h"
#include "counters.h"
#include "epochs.h"
#include "holding.h"

namespace weft {

struct Vrf;

inline constexpr uint32_t no_neighbour = 0xffffffff;
inline constexpr uint32_t group_buckets = 1024;

struct GroupMember {
    uint64_t key;
    uint16_t weight;
    bool operator==(const GroupMember &) const = default;
};

// One of those that get a packet that is replicated.
struct ReplicaLeg {
    uint32_t interface;
    uint16_t remote;  // of a tunnel that has several
    uint16_t group;   // split horizon; 0: none
    bool operator==(const ReplicaLeg &) const = default;
};

// As operational state and traces say it.
const char *type_name(ObjectType type);

// As decoded; the parts that its type has no use for are zero.
struct ObjectSpec {
    ObjectType type = ObjectType::drop;
    std::string interface;
    Ip6 next_hop;
    uint32_t vrf = 0;  // of local and lookup
    DropKind drop = DropKind::blackhole;
    HoldKind resolve = HoldKind::glean;
    uint8_t flags = 0;        // of resolve: ResolveFlag
    uint32_t resolve_id = 0;  // the controller's name for what is missing
    std::vector<GroupMember> members;
    std::vector<ReplicaLeg> legs = {};  // of replicate
    bool operator==(const ObjectSpec &) const = default;
};

// What a group, or who gets what is replicated, has behind its cache line.
struct Group {
    std::vector<ReplicaLeg> legs;      // of replicate; the rest is a group's
    std::vector<GroupMember> members;  // as specified
    std::vector<uint32_t> slots;       // of the members, held
    std::array<uint32_t, group_buckets> buckets;  // flow hash % group_buckets → slot
};

struct alignas(64) Object {
    Object() = default;
    // `interface`: index of the one that an adjacency or glean names; `table`: the VRF that a local or lookup names. Members of a
    // group follow by hand.
    Object(const ObjectSpec &spec, uint32_t interface, std::shared_ptr<Vrf> table);
    // True when the body is what the specification says.
    bool is(const ObjectSpec &spec, uint32_t interface, const Vrf *table) const;

    ObjectType type = ObjectType::drop;
    DropKind drop = DropKind::blackhole;
    HoldKind resolve = HoldKind::glean;
    uint8_t flags = 0;
    uint32_t interface = no_interface;
    Ip6 next_hop;
    uint32_t vrf = 0;
    uint32_t resolve_id = 0;
    uint32_t slot = 0;  // that it is in
    mutable std::atomic<uint32_t> neighbour{no_neighbour};  // a hint of the workers, verified on use
    std::unique_ptr<const Group> group;
    std::shared_ptr<Vrf> table;  // of local and lookup
};
static_assert(sizeof(Object) == 64);

struct ObjectCounters {
    Counter packets, octets;  // octets of layer 3
    void count(uint32_t length) {
        packets += 1;
        octets += length;
    }
    void clear() {
        packets.clear();
        octets.clear();
    }
};

// Is told, under the programming lock, what becomes of slots.
class ObjectWatcher {
  public:
    // null: nothing.
    virtual void object_changed(uint32_t slot, const Object *body) = 0;
    // The slot has a new key, and its counters begin.
    virtual void object_is_new(uint32_t slot) = 0;

  protected:
    ~ObjectWatcher() = default;
};

class Objects {
  public:
    static constexpr uint32_t none = 0xffffffff;

    explicit Objects(Epochs &epochs) : epochs_(epochs) {}
    ~Objects();

    // Workers, in an epoch. Null: deleted.
    const Object *at(uint32_t index) const {
        return chunks_[index / chunk_size].load(std::memory_order_acquire)->objects[index % chunk_size].load(
            std::memory_order_acquire);
    }
    ObjectCounters &counters(unsigned worker, uint32_t index) const {
        return chunks_[index / chunk_size].load(std::memory_order_acquire)->counters[worker][index % chunk_size];
    }
    // Asks for the memory of body and counters.
    void prefetch(unsigned worker, uint32_t index) const {
        __builtin_prefetch(at(index));
        __builtin_prefetch(&counters(worker, index));
    }
    // Before the worker's first packet. Throws bad_alloc.
    void add_worker(unsigned worker);

    // Null: nobody is to be told any more.
    void watch(ObjectWatcher *watcher) { watcher_ = watcher; }

    size_t size() const { return live_.load(std::memory_order_relaxed); }
    bool has(uint64_t key) const;
    // The slot of a key, or -1.
    int64_t find(uint64_t key) const;
    // What the key stands for now; null: nothing.
    const Object *body(uint64_t key) const;
    // The slot of a key, made empty when the key is new: prepare's. Throws bad_alloc.
    uint32_t reserve(uint64_t key);
    // Gives reserved slots back that were not used.
    void unreserve(uint64_t key);

    // A body on its way to set(), which goes back where it came from when it does not get there. Throws bad_alloc.
    struct Give {
        Objects *objects;
        void operator()(const Object *body) const { objects->give(body); }
    };
    using Body = std::unique_ptr<Object, Give>;
    Body make(const ObjectSpec &spec, uint32_t interface, std::shared_ptr<Vrf> table = {});

    void set(uint64_t key, Body body);
    void erase(uint64_t key);
    // A route points at the slot, or does so no more.
    void hold(uint32_t index) { slots_[index].routes++; }
    void drop(uint32_t index) {
        slots_[index].routes--;
        forget_unused(index);
    }
    template <class Visit>
    void each_key(Visit visit) const {
        for (const Slot &slot : slots_)
            if (slot.set) visit(slot.key);
    }

    // The slots from `index` on, in their order: where the next one that is set lies, or none.
    uint32_t next_set(uint32_t index) const {
        while (index < slots_.size() && !slots_[index].set) index++;
        return index < slots_.size() ? index : none;
    }
    uint64_t key_of(uint32_t index) const { return slots_[index].key; }
    uint32_t routes_of(uint32_t index) const { return slots_[index].routes; }

    // Spreads members over buckets by weighted rendezvous: a member that comes or goes moves no flow between the others.
    static void spread(Group &group);

  private:
    static constexpr size_t chunk_size = 4096, max_chunks = 4096, block_size = 1024;
    struct Chunk {
        std::array<std::atomic<const Object *>, chunk_size> objects{};
        std::array<std::unique_ptr<ObjectCounters[]>, max_workers> counters;
    };
    struct Slot {
        uint64_t key = 0;  // of a free one: the next free one
        uint32_t routes = 0;
        uint32_t groups : 31 = 0;
        uint32_t set : 1 = 0;
    };
    union Place {
        Place() {}
        Place *next;
        alignas(64) uint8_t bytes[sizeof(Object)];
    };

    size_t place_in_index(uint64_t key) const;
    void grow_index();
    void remove_from_index(uint64_t key);
    void give(const Object *body);
    void leave_group(uint32_t index) {
        slots_[index].groups--;
        forget_unused(index);
    }
    void forget_unused(uint32_t index) {
        const Slot &slot = slots_[index];
        if (!slot.set && slot.routes == 0 && slot.groups == 0) forget(index);
    }
    void forget(uint32_t index);
    void exchange(uint32_t index, const Object *body);

    Epochs &epochs_;
    std::array<std::atomic<Chunk *>, max_chunks> chunks_{};
    std::vector<Slot> slots_;
    uint32_t free_ = none;          // slots
    std::vector<uint32_t> index_;   // open addressing by key: slot or none
    size_t indexed_ = 0;
    std::vector<std::unique_ptr<Place[]>> blocks_;  // of bodies
    Place *places_ = nullptr;                       // free ones
    unsigned workers_ = 0;
    ObjectWatcher *watcher_ = nullptr;
    std::atomic<size_t> live_{0};
};

}  // namespace weft
