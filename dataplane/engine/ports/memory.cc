#include "memory.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace weft {

MemoryWire::MemoryWire() : event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) { link_.up = true; }

MemoryWire::~MemoryWire() { close(event_); }

void MemoryWire::give(Frame frame) {
    const std::lock_guard guard(lock_);
    in_.push_back(std::move(frame));
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(event_, &one, sizeof one);
}

std::vector<Frame> MemoryWire::take() {
    const std::lock_guard guard(lock_);
    return std::exchange(out_, {});
}

void MemoryWire::set_link(LinkState link) {
    const std::lock_guard guard(lock_);
    link_ = link;
}

LinkState MemoryWire::link() const {
    const std::lock_guard guard(lock_);
    return link_;
}

MemoryPort::MemoryPort(std::string name, std::shared_ptr<MemoryWire> wire, bool layer3)
    : name_(std::move(name)), wire_(std::move(wire)), layer3_(layer3) {}

size_t MemoryPort::receive(Packet *packets, size_t count) {
    const std::lock_guard guard(wire_->lock_);
    size_t n = 0;
    for (; n < count && !wire_->in_.empty(); n++) {
        const Frame &frame = wire_->in_.front();
        received_.emplace_back(headroom + frame.bytes.size());
        std::vector<uint8_t> &memory = received_.back();
        if (!frame.bytes.empty()) std::memcpy(memory.data() + headroom, frame.bytes.data(), frame.bytes.size());
        Packet &p = packets[n];
        p = Packet{};
        p.data = memory.data() + headroom;
        p.length = static_cast<uint32_t>(frame.bytes.size());
        p.headroom = headroom;
        p.offload = frame.offload;
        p.vlan_tci = frame.vlan_tci;
        p.vlan_tpid = frame.vlan_tpid;
        rx_packets_++;
        rx_octets_ += frame.bytes.size();
        wire_->in_.pop_front();
    }
    if (wire_->in_.empty()) {
        uint64_t ignored;
        [[maybe_unused]] const ssize_t r = read(wire_->event_, &ignored, sizeof ignored);
    }
    return n;
}

void MemoryPort::transmit(Packet *const *packets, size_t count) {
    for (size_t n = 0; n < count; n++) waiting_.push_back(*packets[n]);
}

void MemoryPort::flush() {
    const std::lock_guard guard(wire_->lock_);
    for (const Packet &p : waiting_) {
        wire_->out_.push_back({std::vector<uint8_t>(p.data, p.data + p.length), p.offload, p.vlan_tci, p.vlan_tpid});
        tx_packets_++;
        tx_octets_ += p.length;
    }
    waiting_.clear();
}

PortCounters MemoryPort::counters() const { return {rx_packets_, rx_octets_, 0, tx_packets_, tx_octets_, 0}; }

std::string MemoryPort::configure(bool, uint32_t) { return {}; }

std::shared_ptr<MemoryWire> MemoryFactory::device(const std::string &name, const MacAddress &mac, uint32_t mtu) {
    const std::lock_guard guard(lock_);
    auto &wire = devices_[name];
    if (!wire) wire = std::make_shared<MemoryWire>();
    LinkState link;
    link.up = true;
    link.mac = mac;
    link.mtu = mtu;
    wire->set_link(link);
    return wire;
}

std::shared_ptr<MemoryWire> MemoryFactory::tap(const std::string &interface) {
    const std::lock_guard guard(lock_);
    const auto found = taps_.lower_bound({interface, 0});
    return found == taps_.end() || found->first.first != interface ? nullptr : found->second;
}

std::shared_ptr<MemoryWire> MemoryFactory::injected(uint32_t vrf) {
    const std::lock_guard guard(lock_);
    const auto found = injects_.find(vrf);
    return found == injects_.end() ? nullptr : found->second;
}

std::vector<HostAddress> MemoryFactory::addresses(const std::string &interface) {
    const std::lock_guard guard(lock_);
    return addresses_[interface];
}

std::vector<MemoryFactory::Mirrored> MemoryFactory::mirrored() {
    const std::lock_guard guard(lock_);
    return mirrored_;
}

std::unique_ptr<Port> MemoryFactory::open(const PortRequest &request, std::string &error) {
    const std::lock_guard guard(lock_);
    const auto found = devices_.find(request.device);
    if (request.driver != "memory") {
        error = "driver '" + request.driver + "' is not one of: memory";
        return nullptr;
    }
    if (found == devices_.end()) {
        error = "device '" + request.device + "' does not exist";
        return nullptr;
    }
    return std::make_unique<MemoryPort>(request.name, found->second);
}

std::unique_ptr<Port> MemoryFactory::host_tap(const HostTapRequest &request, std::string &error) {
    const std::lock_guard guard(lock_);
    if (refuse_taps_) {
        error = "no tap can be made";
        return nullptr;
    }
    auto &wire = taps_[{request.interface, request.vrf}];
    if (!wire) wire = std::make_shared<MemoryWire>();
    return std::make_unique<MemoryPort>(request.interface, wire);
}

std::unique_ptr<Port> MemoryFactory::inject(uint32_t vrf, std::string &) {
    const std::lock_guard guard(lock_);
    auto &wire = injects_[vrf];
    if (!wire) wire = std::make_shared<MemoryWire>();
    return std::make_unique<MemoryPort>("inject" + std::to_string(vrf), wire, true);
}

std::string MemoryFactory::set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) {
    const std::lock_guard guard(lock_);
    addresses_[request.interface].assign(addresses, addresses + count);
    return {};
}

void MemoryFactory::mirror_neighbour(uint32_t vrf, const std::string &interface, const HostAddress &address,
                                     const MacAddress *mac) {
    const std::lock_guard guard(lock_);
    mirrored_.push_back({vrf, interface, address, mac != nullptr, mac ? *mac : MacAddress{}});
}

void MemoryFactory::remove_host_tap(uint32_t vrf, const std::string &interface) {
    const std::lock_guard guard(lock_);
    taps_.erase({interface, vrf});
}

}  // namespace weft
