#include "objects.h"

#include <openssl/sha.h>

#include <algorithm>
#include <cstdio>
#include <map>
#include <numeric>

namespace weft::rib {

namespace {

// A group has no more ways than this, however many ways its next hops have themselves.
constexpr size_t most_ways = 256;

const char *name_of(DropKind kind) {
    return kind == DropKind::blackhole ? "blackhole" : kind == DropKind::unreachable ? "unreachable" : "prohibit";
}

std::string hexadecimal(uint64_t number) {
    char text[17];
    snprintf(text, sizeof text, "%llx", static_cast<unsigned long long>(number));
    return text;
}

}  // namespace

uint64_t object_key(std::string_view identity) {
    uint8_t digest[SHA_DIGEST_LENGTH];
    SHA1(reinterpret_cast<const uint8_t *>(identity.data()), identity.size(), digest);
    uint64_t key = 0;
    for (size_t i = 8; i-- > 0;) key = key << 8 | digest[i];
    return key == 0 ? 1 : key;
}

uint32_t Objects::intern(Object &&meaning) {
    const uint32_t known = by_identity_.find(meaning.identity);
    if (known != none) return known;
    meaning.key = object_key(meaning.identity) & key_mask_;
    const uint32_t other = by_key_.find(meaning.key);
    if (other != none) {
        throw std::runtime_error("forwarding objects '" + meaning.identity + "' and '" +
                                 objects_[other]->identity + "' have the same key " + hexadecimal(meaning.key));
    }
    const uint32_t number = numbers_.take();
    if (objects_.size() < numbers_.end()) objects_.resize(numbers_.end());
    objects_[number] = std::make_unique<Object>(std::move(meaning));
    const Object &object = *objects_[number];
    by_identity_.insert(object.identity, number);
    by_key_.insert(object.key, number);
    for (const Way &way : object.ways) hold(way.object);
    return number;
}

uint32_t Objects::adjacency(const std::string &interface, Address address, Family family) {
    Object object;
    object.type = ObjectType::adjacency;
    object.interface = interface;
    object.address = address;
    object.family = family;
    object.identity = "adjacency " + interface + " " + format(address, family);
    return intern(std::move(object));
}

uint32_t Objects::glean(const std::string &interface) {
    Object object;
    object.type = ObjectType::glean;
    object.interface = interface;
    object.identity = "glean " + interface;
    return intern(std::move(object));
}

uint32_t Objects::local(uint32_t vrf) {
    Object object;
    object.type = ObjectType::local;
    object.vrf = vrf;
    object.identity = "local " + std::to_string(vrf);
    return intern(std::move(object));
}

uint32_t Objects::drop(DropKind kind) {
    Object object;
    object.type = ObjectType::drop;
    object.drop = kind;
    object.identity = std::string("drop ") + name_of(kind);
    return intern(std::move(object));
}

uint32_t Objects::lookup(uint32_t vrf) {
    Object object;
    object.type = ObjectType::lookup;
    object.vrf = vrf;
    object.identity = "lookup " + std::to_string(vrf);
    return intern(std::move(object));
}

uint32_t Objects::group(const std::vector<Way> &ways) {
    std::map<std::string_view, Way> joined;
    for (const Way &way : ways) {
        const auto [at, made] = joined.try_emplace(objects_[way.object]->identity, way);
        if (!made) at->second.weight += way.weight;
    }
    if (joined.size() == 1) return ways.front().object;
    Object object;
    object.type = ObjectType::group;
    for (const auto &[identity, way] : joined) {
        if (object.ways.size() == most_ways) break;
        object.ways.push_back(way);
    }
    uint64_t divisor = 0;
    uint64_t heaviest = 0;
    for (const Way &way : object.ways) {
        divisor = std::gcd(divisor, way.weight);
        heaviest = std::max(heaviest, way.weight);
    }
    const double scale = std::max(1.0, static_cast<double>(heaviest / divisor) / 65535);
    object.identity = "group";
    for (Way &way : object.ways) {
        way.weight = std::max<uint64_t>(1, static_cast<uint64_t>(static_cast<double>(way.weight / divisor) / scale));
        object.identity += " " + std::to_string(way.weight) + "×(" + objects_[way.object]->identity + ")";
    }
    return intern(std::move(object));
}

uint32_t Objects::next_hop(std::string identity) {
    Object object;
    object.type = ObjectType::next_hop;
    object.identity = std::move(identity);
    return intern(std::move(object));
}

void Objects::lead(uint32_t number, uint32_t target) {
    Object &object = *objects_[number];
    const uint32_t drafted = object.draft_target;
    const uint32_t draft = target == object.target ? none : target;
    if (drafted == draft) return;
    if (draft != none) hold(draft);
    object.draft_target = draft;
    if (drafted != none) release(drafted);
    led_.push_back(number);
}

bool Objects::settle(bool adopt, Budget &budget) {
    for (; settled_ < led_.size(); settled_++) {
        if (budget.over()) return false;
        Object &object = *objects_[led_[settled_]];
        const uint32_t drafted = object.draft_target;
        if (drafted == none) continue;
        object.draft_target = none;
        const uint32_t gone = adopt ? object.target : drafted;
        if (adopt) object.target = drafted;
        if (gone != none) release(gone);
    }
    led_.clear();
    settled_ = 0;
    return true;
}

void Objects::release(uint32_t number) {
    if (--objects_[number]->holders > 0) return;
    const std::unique_ptr<Object> object = std::move(objects_[number]);
    by_identity_.erase(object->identity);
    by_key_.erase(object->key);
    numbers_.give_back(number);
    for (const Way &way : object->ways) release(way.object);
    if (object->target != none) release(object->target);
    if (object->draft_target != none) release(object->draft_target);
}

}  // namespace weft::rib
