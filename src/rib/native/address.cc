#include "address.h"

#include <arpa/inet.h>

#include <cstring>

namespace weft::rib {

Address last_of(const Prefix &prefix, Family family) {
    Address last = prefix.address;
    last.high |= ~mask_of(prefix.length) & (family == 4 ? mask_of(32) : ~uint64_t{0});
    if (family == 6) last.low |= ~mask_of(prefix.length <= 64 ? 0 : prefix.length - 64);
    return last;
}

Address read_address(const uint8_t *octets, Family family) {
    uint64_t parts[2] = {0, 0};
    for (size_t i = 0; i < octets_of(family); i++) {
        parts[i / 8] |= static_cast<uint64_t>(octets[i]) << (56 - 8 * (i % 8));
    }
    return {parts[0], parts[1]};
}

void write_address(Address address, Family family, uint8_t *octets) {
    for (size_t i = 0; i < octets_of(family); i++) {
        octets[i] = static_cast<uint8_t>((i < 8 ? address.high : address.low) >> (56 - 8 * (i % 8)));
    }
}

std::optional<Address> parse_address(std::string_view text, Family family) {
    char copy[INET6_ADDRSTRLEN];
    if (text.size() >= sizeof copy) return std::nullopt;
    memcpy(copy, text.data(), text.size());
    copy[text.size()] = 0;
    uint8_t octets[16];
    if (strlen(copy) != text.size() || inet_pton(family == 4 ? AF_INET : AF_INET6, copy, octets) != 1) return std::nullopt;
    return read_address(octets, family);
}

std::optional<Prefix> parse_prefix(std::string_view text, Family family) {
    const size_t slash = text.rfind('/');
    if (slash == std::string_view::npos) return std::nullopt;
    const std::string_view digits = text.substr(slash + 1);
    if (digits.empty() || digits.size() > 3) return std::nullopt;
    unsigned length = 0;
    for (const char c : digits) {
        if (c < '0' || c > '9') return std::nullopt;
        length = length * 10 + static_cast<unsigned>(c - '0');
    }
    if (length > width_of(family)) return std::nullopt;
    const auto address = parse_address(text.substr(0, slash), family);
    if (!address) return std::nullopt;
    return Prefix{masked(*address, length), static_cast<uint8_t>(length)};
}

std::string format(Address address, Family family) {
    uint8_t octets[16];
    write_address(address, family, octets);
    char text[INET6_ADDRSTRLEN];
    inet_ntop(family == 4 ? AF_INET : AF_INET6, octets, text, sizeof text);
    return text;
}

AddressKind kind_of(Address address, Family family) {
    if (address == Address{}) return AddressKind::unspecified;
    const auto first = static_cast<uint8_t>(address.high >> 56);
    const auto second = static_cast<uint8_t>(address.high >> 48);
    if (family == 4) {
        if (first == 127) return AddressKind::loopback;
        if (first >= 224 && first < 240) return AddressKind::multicast;
        if (address.high == mask_of(32)) return AddressKind::broadcast;
        if (first >= 240) return AddressKind::reserved;
        if (first == 169 && second == 254) return AddressKind::link_local;
        return AddressKind::unicast;
    }
    if (first == 0xff) return AddressKind::multicast;
    if (first == 0xfe && (second & 0xc0) == 0x80) return AddressKind::link_local;
    if (address == Address{0, 1}) return AddressKind::loopback;
    if (address.high == 0 && address.low >> 32 == 0xffff) return AddressKind::mapped;
    return AddressKind::unicast;
}

}  // namespace weft::rib
