#include "encode.h"

namespace weft::rib {

namespace {

constexpr size_t block_size = 300 << 10;
constexpr uint8_t object_set_kind = 5, object_delete_kind = 6, route_set_kind = 7, route_delete_kind = 8;

}  // namespace

void Records::begin(uint8_t kind, size_t most) {
    count_++;
    if (blocks_.empty() || blocks_.back().size() + most > block_size) {
        if (!blocks_.empty()) blocks_.back().shrink_to_fit();
        blocks_.emplace_back();
        // The first block is mostly the only one, and small.
        if (blocks_.size() > 1) blocks_.back().reserve(block_size);
    }
    block_ = &blocks_.back();
    u8(kind);
}

void Records::number(uint64_t value, int bytes) {
    uint8_t octets[8];
    for (int i = 0; i < bytes; i++) octets[i] = static_cast<uint8_t>(value >> (8 * i));
    block_->insert(block_->end(), octets, octets + bytes);
}

void Records::address(Address address, Family family) {
    uint8_t octets[17] = {family};
    write_address(address, family, octets + 1);
    block_->insert(block_->end(), octets, octets + 1 + octets_of(family));
}

void Records::text(const std::string &text) {
    u16(text.size());
    block_->insert(block_->end(), text.begin(), text.end());
}

void Records::route(uint8_t kind, uint32_t vrf, Family family, const Prefix &prefix) {
    begin(kind, 32);
    u32(vrf);
    address(prefix.address, family);
    u8(prefix.length);
}

void Records::route_set(uint32_t vrf, Family family, const Prefix &prefix, uint64_t key) {
    route(route_set_kind, vrf, family, prefix);
    u64(key);
}

void Records::route_delete(uint32_t vrf, Family family, const Prefix &prefix) {
    route(route_delete_kind, vrf, family, prefix);
}

void Records::object_set(uint64_t key, const Object &object, const Objects &objects) {
    begin(object_set_kind, 64 + object.interface.size() + 10 * object.ways.size());
    u64(key);
    u8(static_cast<uint8_t>(object.type));
    switch (object.type) {
        case ObjectType::next_hop:
            break;
        case ObjectType::adjacency:
            text(object.interface);
            address(object.address, object.family);
            break;
        case ObjectType::glean:
            text(object.interface);
            break;
        case ObjectType::local:
        case ObjectType::lookup:
            u32(object.vrf);
            break;
        case ObjectType::drop:
            u8(static_cast<uint8_t>(object.drop));
            break;
        case ObjectType::group:
            u16(object.ways.size());
            for (const Way &way : object.ways) {
                u64(objects[way.object].key);
                u16(way.weight);
            }
    }
}

void Records::object_delete(uint64_t key) {
    begin(object_delete_kind, 9);
    u64(key);
}

}  // namespace weft::rib
