#include "port.h"

namespace weft {

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
