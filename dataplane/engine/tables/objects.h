// Forwarding objects: what a route points at. An object is an immutable body in a dense slot; replacing it is one write of the
// slot's pointer. What packets read of a body is one cache line; only groups have more behind it. Outside, an object is known by its 64-bit key; routes and groups hold the slot's index and are counted. A
// deleted object that is still pointed at leaves a slot that drops, and the key gets it back when it is set again.
// Everything but at() is the programming lock's.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <vector>

#include "../net/address.h"
#include "../program/records.h"
#include "epochs.h"
#include "holding.h"

namespace weft {

inline constexpr uint32_t no_neighbour = 0xffffffff;
inline constexpr uint32_t group_buckets = 512;

struct GroupMember {
    uint64_t key;
    uint16_t weight;
    bool operator==(const GroupMember &) const = default;
};

// As decoded; the parts that its type has no use for are zero.
struct ObjectSpec {
    ObjectType type = ObjectType::drop;
    std::string interface;
    Ip6 next_hop;
    uint32_t vrf = 0;
    DropKind drop = DropKind::blackhole;
    HoldKind resolve = HoldKind::glean;
    uint8_t flags = 0;        // of resolve: ResolveFlag
    uint32_t resolve_id = 0;  // the controller's name for what is missing
    std::vector<GroupMember> members;
    bool operator==(const ObjectSpec &) const = default;
};

// What a group has behind its cache line.
struct Group {
    std::vector<GroupMember> members;  // as specified
    std::vector<uint32_t> slots;       // of the members, held
    std::array<uint32_t, group_buckets> buckets;  // flow hash % group_buckets → slot
};

struct alignas(64) Object {
    Object() = default;
    // `interface`: index of the one that an adjacency or glean names. Members of a group follow by hand.
    Object(const ObjectSpec &spec, uint32_t interface);
    // True when the body is what the specification says.
    bool is(const ObjectSpec &spec, uint32_t interface) const;

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
};
static_assert(sizeof(Object) == 64);

class Objects {
  public:
    explicit Objects(Epochs &epochs) : epochs_(epochs) {}
    ~Objects();

    // Workers, in an epoch. Null: deleted.
    const Object *at(uint32_t index) const {
        return chunks_[index / chunk_size].load(std::memory_order_acquire)->objects[index % chunk_size].load(
            std::memory_order_acquire);
    }

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

    void set(uint64_t key, std::unique_ptr<Object> body);
    void erase(uint64_t key);
    void hold(uint32_t index) { slots_[index].references++; }
    void drop(uint32_t index);
    template <class Visit>
    void each_key(Visit visit) const {
        for (const auto &[key, index] : by_key_)
            if (slots_[index].set) visit(key);
    }

    // Spreads members over buckets by weighted rendezvous: a member that comes or goes moves no flow between the others.
    static void spread(Group &group);

  private:
    static constexpr size_t chunk_size = 4096, max_chunks = 4096;
    struct Chunk {
        std::array<std::atomic<const Object *>, chunk_size> objects{};
    };
    struct Slot {
        uint64_t key = 0;
        uint32_t references = 0;  // routes and groups
        bool set = false;
    };
    void forget(uint32_t index);
    void exchange(uint32_t index, const Object *body);

    Epochs &epochs_;
    std::array<std::atomic<Chunk *>, max_chunks> chunks_{};
    std::vector<Slot> slots_;
    std::vector<uint32_t> free_;
    std::unordered_map<uint64_t, uint32_t> by_key_;
    std::atomic<size_t> live_{0};
};

}  // namespace weft
