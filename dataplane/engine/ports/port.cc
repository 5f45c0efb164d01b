#include "port.h"

#include <cstdio>

namespace weft {

uint32_t name_hash(const std::string &text) {
    uint32_t hash = 2166136261;  // FNV-1a
    for (const char c : text) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
    return hash;
}

std::string made_device_name(const MadePort &made) {
    char name[16];
    std::snprintf(name, sizeof(name), "%s%08x", made_prefix, name_hash(made.name_space + '/' + made.device));
    return name;
}

PortCounters &PortCounters::operator+=(const PortCounters &other) {
    rx_packets += other.rx_packets;
    rx_octets += other.rx_octets;
    rx_dropped += other.rx_dropped;
    tx_packets += other.tx_packets;
    tx_octets += other.tx_octets;
    tx_dropped += other.tx_dropped;
    return *this;
}

PortCounters &PortCounters::operator-=(const PortCounters &other) {
    rx_packets -= other.rx_packets;
    rx_octets -= other.rx_octets;
    rx_dropped -= other.rx_dropped;
    tx_packets -= other.tx_packets;
    tx_octets -= other.tx_octets;
    tx_dropped -= other.tx_dropped;
    return *this;
}

}  // namespace weft
