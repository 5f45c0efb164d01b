// Addresses and prefixes of both families as one kind of value: 128 bits, the first bit of the address foremost, so that an
// IPv4 address fills the upper 32 bits. Masks, order and containment are then the same for both; whoever holds an address
// knows its family. Text: RFC 4291, section 2.2, told as RFC 5952 says.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace weft::rib {

// 4 or 6.
using Family = uint8_t;

constexpr unsigned width_of(Family family) { return family == 4 ? 32 : 128; }
constexpr size_t octets_of(Family family) { return family == 4 ? 4 : 16; }

struct Address {
    uint64_t high = 0;
    uint64_t low = 0;
    auto operator<=>(const Address &) const = default;
};

// No bit is set behind `length`.
struct Prefix {
    Address address;
    uint8_t length = 0;
    bool operator==(const Prefix &) const = default;
};

constexpr uint64_t mask_of(unsigned bits) { return bits == 0 ? 0 : bits >= 64 ? ~uint64_t{0} : ~uint64_t{0} << (64 - bits); }

constexpr Address masked(Address address, unsigned length) {
    return {address.high & mask_of(length), length <= 64 ? 0 : address.low & mask_of(length - 64)};
}

constexpr bool contains(const Prefix &prefix, Address address) {
    return masked(address, prefix.length) == prefix.address;
}

// The last address of a prefix.
Address last_of(const Prefix &prefix, Family family);

Address read_address(const uint8_t *octets, Family family);
void write_address(Address address, Family family, uint8_t *octets);

std::optional<Address> parse_address(std::string_view text, Family family);
// `address/length`; host bits are cleared.
std::optional<Prefix> parse_prefix(std::string_view text, Family family);
std::string format(Address address, Family family);

// What kind of address it is, as far as forwarding treats it differently (RFC 6890).
// `reserved`: 240.0.0.0/4; `mapped`: ::ffff:0:0/96, IPv4 addresses within IPv6 ones, which no host has.
enum class AddressKind : uint8_t { unspecified, loopback, multicast, broadcast, link_local, reserved, mapped, unicast };
AddressKind kind_of(Address address, Family family);

}  // namespace weft::rib
