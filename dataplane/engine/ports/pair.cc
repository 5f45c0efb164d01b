#include "pair.h"

#include <net/ethernet.h>

#include <cstring>

#include "../net/tags.h"

namespace weft {

PairPort::PairPort(const std::string &name, std::unique_ptr<Port> inner, std::shared_ptr<Netlink> netlink, int index,
                   const MacAddress &mac, bool layer3)
    : name_(name), inner_(std::move(inner)), netlink_(std::move(netlink)), index_(index), mac_(mac), layer3_(layer3) {
    for (size_t queue = 0; queue < inner_->rx_queues(); queue++) rx_.emplace_back(inner_->rx(queue), layer3_);
}

std::string PairPort::set_workers(unsigned workers) {
    if (std::string error = inner_->set_workers(workers); !error.empty()) return error;
    while (tx_.size() < workers) tx_.emplace_back(inner_->tx(static_cast<unsigned>(tx_.size())), mac_, layer3_);
    return {};
}

size_t PairPort::Rx::receive(Packet *packets, size_t count) {
    const size_t received = inner_.receive(packets, count);
    size_t kept = 0;
    for (size_t i = 0; i < received; i++) {
        Packet &packet = packets[i];
        packet.local_origin = true;
        if (layer3_) {
            if (packet.length <= ETHER_HDR_LEN) continue;
            grow_front(packet, -ETHER_HDR_LEN);
        }
        if (kept != i) packets[kept] = packet;
        kept++;
    }
    return kept;
}

void PairPort::Tx::transmit(Packet *const *packets, size_t count) {
    if (!layer3_) return inner_.transmit(packets, count);
    for (size_t i = 0; i < count; i++) {
        Packet &packet = *packets[i];
        if (packet.headroom < ETHER_HDR_LEN || packet.length == 0) continue;
        const bool ipv6 = packet.data[0] >> 4 == 6;
        grow_front(packet, ETHER_HDR_LEN);
        std::memcpy(packet.data, mac_.data(), mac_.size());
        std::memcpy(packet.data + 6, mac_.data(), mac_.size());
        packet.data[12] = ipv6 ? 0x86 : 0x08;
        packet.data[13] = ipv6 ? 0xdd : 0x00;
        inner_.transmit(&packets[i], 1);
    }
}

std::string PairPort::configure(bool enabled, uint32_t mtu) {
    LinkChange change;
    change.up = enabled;
    if (mtu > 0) change.mtu = mtu;
    const int code = netlink_->change(index_, change);
    return code == 0 ? std::string() : name_ + ": " + std::strerror(code);
}

}  // namespace weft
