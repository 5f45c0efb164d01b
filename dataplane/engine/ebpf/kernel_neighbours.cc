#include <cstring>

#include "../worker.h"
#include "kernel.h"

namespace weft::ebpf {
namespace {

static_assert(fast_heard >> fast_peer_of_heard == fast_peer);
static_assert(fast_buckets == group_buckets);

// The box's own address, or one that is no host's: packets to it are the engine's.
bool is_special(const Interface &i, const Ip6 &address) {
    if (!is_mapped(address)) return i.owns(address);
    const uint32_t a = unmapped(address);
    const Subnet4 *subnet = i.subnet(a);
    return i.owns(a) || (subnet && subnet->is_nobody(a));
}

}  // namespace

uint32_t Kernel::record(uint32_t interface, const Ip6 &address) {
    const auto found = record_of_.find(place_of(interface, address));
    if (found != record_of_.end()) return found->second;
    if (free_records_.empty()) return 0;
    const uint32_t number = free_records_.back();
    free_records_.pop_back();
    records_[number] = {address, interface};
    record_of_.emplace(place_of(interface, address), number);
    return number;
}

// The record goes when nobody has it.
void Kernel::release(uint32_t number) {
    Record &r = records_[number];
    if (r.known || r.adjacencies) return;
    record_of_.erase(place_of(r.interface, r.address));
    r = {};
    core_.epochs.retire([this, number] { free_records_.push_back(number); });
}

void Kernel::show_neighbour(uint32_t number) {
    const Record &r = records_[number];
    const InterfaceTable *table = core_.table.load(std::memory_order_relaxed);
    const Interface *i = table->at(r.interface);
    Word word = 0;
    if (r.known && i && !is_special(*i, r.address)) {
        std::memcpy(&word, r.mac.data(), r.mac.size());
        word |= r.heard ? fast_known | fast_heard : fast_known;
    }
    store(neighbours_.as<Word>()[number], word);
}

void Kernel::neighbour_changed(const NeighbourChange &change) {
    const uint32_t number = record(change.interface, change.address);
    if (number == 0) return;
    Record &r = records_[number];
    const fast_place key = key_of(r);
    const bool had = r.known;
    r.known = !change.gone;
    r.mac = change.mac;
    r.heard = change.origin == NeighbourState::Origin::dynamic;
    show_neighbour(number);
    // Without room for its place, packets to it as a connected host go on to the engine.
    if (r.known && !had) bpf_map_update_elem(places_.get(), &key, &number, BPF_ANY);
    if (!r.known && had) bpf_map_delete_elem(places_.get(), &key);
    release(number);
}

uint32_t Kernel::show(const Group &group) {
    if (free_groups_.empty()) return 0;
    const uint32_t number = free_groups_.back();
    free_groups_.pop_back();
    fast_group_body &body = groups_.as<fast_group_body>()[number];
    for (uint32_t bucket = 0; bucket < fast_buckets; bucket++)
        body.buckets[bucket] = group.buckets[bucket] < fast_objects ? group.buckets[bucket] + 1 : 0;
    return number;
}

void Kernel::object_changed(uint32_t slot, const Object *body) {
    if (slot >= fast_objects) return;
    const uint32_t before = record_of_object_[slot];
    uint32_t number = 0;
    Word word = 0;
    if (body && body->interface < fast_interfaces) {
        const Word interface = static_cast<Word>(body->interface) << fast_interface_shift;
        if (body->type == ObjectType::glean) word = static_cast<Word>(fast_glean) << fast_kind_shift | interface;
        if (body->type == ObjectType::adjacency && (number = record(body->interface, body->next_hop)) != 0) {
            records_[number].adjacencies++;
            word = static_cast<Word>(fast_adjacency) << fast_kind_shift | interface | number;
        }
    }
    uint32_t group = 0;
    if (body && body->type == ObjectType::group && (group = show(*body->group)) != 0) word = static_cast<Word>(fast_group) << fast_kind_shift | group;
    record_of_object_[slot] = number;
    store(objects_.as<Word>()[slot], word);
    if (const uint32_t old = std::exchange(group_of_object_[slot], group)) core_.epochs.retire([this, old] { free_groups_.push_back(old); });
    if (before == 0) return;
    records_[before].adjacencies--;
    release(before);
}

void Kernel::object_is_new(uint32_t slot) {
    if (slot >= fast_objects) return;
    for (unsigned cpu = 0; cpu < processors_; cpu++) object_counters_.as<fast_object_counters>()[cpu * fast_objects + slot] = {};
}

void Kernel::tell_used() {
    for (const auto &[place, number] : record_of_) {
        Word &used = used_.as<Word>()[number];
        if (!used) continue;
        store(used, 0);
        const Record &r = records_[number];
        const uint32_t at = core_.neighbour_table.find(r.interface, r.address);
        if (at == no_neighbour) continue;
        const NeighbourLink link = core_.neighbour_table.link(at, r.interface, r.address);
        if (link.known() && !link.fresh()) core_.use_neighbour(r.interface, r.address);
    }
}

}  // namespace weft::ebpf
