#include "next_hops.h"

#include <algorithm>

namespace weft::rib {

namespace {

bool is_tracked(NextHopKind kind) { return kind == NextHopKind::connected || kind == NextHopKind::via; }

template <class T>
void put(std::string &key, const T &value) {
    key.append(reinterpret_cast<const char *>(&value), sizeof value);
}

void write_key(const NextHopValue &value, std::string &key) {
    key.clear();
    put(key, value.kind);
    put(key, value.drop);
    put(key, value.interface);
    put(key, value.vrf);
    put(key, value.leaked);
    put(key, value.by_default);
    for (const Hop &hop : value.hops) {
        put(key, hop.has_address);
        if (hop.has_address) {
            put(key, hop.address.high);
            put(key, hop.address.low);
        }
        put(key, hop.interface);
        put(key, static_cast<uint32_t>(hop.label.size()));
        key += hop.label;
    }
}

}  // namespace

uint32_t NextHops::intern(const NextHopValue &value) {
    write_key(value, key_);
    const uint32_t known = by_key_.find(key_);
    if (known != none) return known;
    const uint32_t number = numbers_.take();
    if (next_hops_.size() < numbers_.end()) next_hops_.resize(numbers_.end());
    next_hops_[number] = std::make_unique<NextHop>();
    NextHop &next_hop = *next_hops_[number];
    next_hop.value = value;
    next_hop.key = key_;
    by_key_.insert(next_hop.key, number);
    for (const Hop &hop : value.hops) {
        if (hop.has_address) by_address_.emplace(hop.address, number);
        if (hop.interface != none) by_interface_.emplace(hop.interface, number);
    }
    if (value.kind == NextHopKind::connected) by_interface_.emplace(value.interface, number);
    if (value.by_default) by_default_.insert(number);
    if (is_tracked(value.kind)) tracked_++;
    made.push_back(number);
    return number;
}

void NextHops::erase(uint32_t number) {
    set_asked(number, {});
    // Whoever asked it is about to ask anew, or goes as well.
    askers_.erase(askers_.lower_bound({number, 0}), askers_.lower_bound({number + 1, 0}));
    const std::unique_ptr<NextHop> gone = std::move(next_hops_[number]);
    by_key_.erase(gone->key);
    by_default_.erase(number);
    for (const Hop &hop : gone->value.hops) {
        if (hop.has_address) by_address_.erase({hop.address, number});
        if (hop.interface != none) by_interface_.erase({hop.interface, number});
    }
    if (gone->value.kind == NextHopKind::connected) by_interface_.erase({gone->value.interface, number});
    if (is_tracked(gone->value.kind)) tracked_--;
    numbers_.give_back(number);
}

void NextHops::set_asked(uint32_t number, std::vector<uint32_t> asked) {
    NextHop &next_hop = *next_hops_[number];
    for (const uint32_t other : next_hop.asked) askers_.erase({other, number});
    std::sort(asked.begin(), asked.end());
    asked.erase(std::unique(asked.begin(), asked.end()), asked.end());
    next_hop.asked = std::move(asked);
    for (const uint32_t other : next_hop.asked) askers_.emplace(other, number);
}

}  // namespace weft::rib
