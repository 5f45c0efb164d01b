// Forwarding objects with identity (DESIGN §4, forwarding objects). An object's key is a hash of what it stands for, so that
// it is the same in all members and after every restart; two meanings under one key are an error.
//
// A next hop that may come to lead elsewhere has an object of its own, which stands for the next hop and not for where it leads:
// routes keep pointing at it, and a change of its path is a change of this one object, however many routes there are. Members
// are told what it leads to as its body, so that a packet meets one object and no chain.
//
// An object lives as long as something holds it: a next hop that leads to it, a group that it is a member of. Whether
// members have it is another matter: they do while routes point at it (`references`).
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "address.h"
#include "budget.h"
#include "column.h"
#include "index.h"

namespace weft::rib {

// As in dataplane/engine/program/records.h; `next_hop` is told as what it leads to.
enum class ObjectType : uint8_t { next_hop = 0, adjacency = 1, glean = 2, local = 3, drop = 4, group = 5, lookup = 7 };
enum class DropKind : uint8_t { blackhole = 0, unreachable = 1, prohibit = 2 };

struct Way {
    uint32_t object;
    uint64_t weight;
};

struct Object {
    uint64_t key = 0;
    ObjectType type = ObjectType::local;
    DropKind drop = DropKind::blackhole;
    Family family = 4;
    // Of an adjacency.
    Address address;
    // Of an adjacency or glean: its name.
    std::string interface;
    // Of a local object, or a lookup.
    uint32_t vrf = 0;
    // Of a group, ordered by identity.
    std::vector<Way> ways;
    // Of a next hop: what it leads to, which is no next hop; and what it comes to lead to by the transaction under way, none
    // when that is nothing new.
    uint32_t target = none;
    uint32_t draft_target = none;
    // What it stands for, in words.
    std::string identity;
    uint32_t holders = 0;
    // Active routes and groups that point at it, and by how many a transaction changes that.
    int64_t references = 0;
    int64_t change = 0;
    bool listed = false;
};

// First eight bytes of SHA-1 over the identity, as a little-endian number; never 0.
uint64_t object_key(std::string_view identity);

class Objects {
  public:
    // `key_bits`: keys have no more bits than this, for tests of what happens when two are the same.
    explicit Objects(unsigned key_bits) : key_mask_(key_bits >= 64 ? ~uint64_t{0} : (uint64_t{1} << key_bits) - 1) {}

    // The object of this meaning, made when there is none; not held yet. Throws std::runtime_error when another has its key.
    uint32_t adjacency(const std::string &interface, Address address, Family family);
    uint32_t glean(const std::string &interface);
    uint32_t local(uint32_t vrf);
    uint32_t drop(DropKind kind);
    uint32_t lookup(uint32_t vrf);
    // A weighted set of others, at least one; equal ones are joined, a single one stands for itself.
    uint32_t group(const std::vector<Way> &ways);
    // A next hop's own, which is to be led somewhere.
    uint32_t next_hop(std::string identity);

    // A next hop leads to `target` by the transaction under way.
    void lead(uint32_t next_hop, uint32_t target);
    // The next hops that the transaction has led, some of them to where they led before.
    const List<uint32_t> &led() const { return led_; }
    // The transaction is over; true when it is settled. Before what holds next hops is released.
    bool settle(bool adopt, Budget &budget);
    // What members are told of an object: its own body, or the one of what it leads to; now, and by the transaction.
    const Object &body(const Object &object) const { return object.target == none ? object : *objects_[object.target]; }
    const Object &draft_body(const Object &object) const {
        return object.draft_target == none ? body(object) : *objects_[object.draft_target];
    }

    Object &operator[](uint32_t number) { return *objects_[number]; }
    const Object &operator[](uint32_t number) const { return *objects_[number]; }
    void hold(uint32_t number) { objects_[number]->holders++; }
    // The last one to let go of an object ends it.
    void release(uint32_t number);
    size_t size() const { return by_identity_.size(); }

  private:
    // `meaning` is moved from when there was none; its identity is set.
    uint32_t intern(Object &&meaning);

    uint64_t key_mask_;
    Numbers numbers_;
    std::vector<std::unique_ptr<Object>> objects_;
    Index<std::string_view> by_identity_;
    Index<uint64_t> by_key_;
    List<uint32_t> led_;
    uint32_t settled_ = 0;
};

}  // namespace weft::rib
