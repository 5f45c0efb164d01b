#include "memory.h"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

namespace weft {

MemoryWire::MemoryWire() {
    link_.up = true;
    set_queues(1);
}

MemoryWire::~MemoryWire() {
    for (const In &in : in_) close(in.event);
}

void MemoryWire::set_queues(size_t count) {
    const std::lock_guard guard(lock_);
    while (in_.size() < count) in_.push_back({{}, eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)});
}

void MemoryWire::give(Frame frame, size_t queue) {
    const std::lock_guard guard(lock_);
    In &in = in_[queue % divided_];
    in.frames.push_back(std::move(frame));
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t n = write(in.event, &one, sizeof one);
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

MemoryPort::MemoryPort(std::string name, std::shared_ptr<MemoryWire> wire, const PortRequest &request, bool layer3)
    : name_(std::move(name)), wire_(std::move(wire)), layer3_(layer3), costs_call_(request.driver == "tap"), small_(request.driver == "small") {
    make_rx_queues(std::clamp<size_t>(request.rx_queues, 1, max_rx_queues));
    divide(queues_);
    set_workers(request.workers);
}

std::string MemoryPort::make_rx_queues(size_t count) {
    if (count > queues_ && !wire_->refused_.empty()) return wire_->refused_;
    wire_->set_queues(count);
    for (; queues_ < count; queues_++) rx_[queues_] = std::make_unique<Rx>(*this, wire_->in_[queues_]);
    return {};
}

void MemoryPort::divide(size_t count) {
    const std::lock_guard guard(wire_->lock_);
    wire_->divided_ = count;
}

void MemoryPort::end() {
    const std::lock_guard guard(wire_->lock_);
    for (size_t queue = 0; queue < queues_; queue++) {
        rx_[queue]->ended_ = true;
        rx_[queue]->left_ = std::exchange(wire_->in_[queue].frames, {});
    }
}

void MemoryPort::close_rx_queues(size_t from) {
    while (queues_ > from) rx_[--queues_].reset();
}

std::string MemoryPort::set_workers(unsigned workers) {
    while (tx_.size() < workers) tx_.emplace_back(*this);
    return {};
}

size_t MemoryPort::Rx::receive(Packet *packets, size_t count) {
    const std::lock_guard guard(port_.wire_->lock_);
    std::deque<Frame> &frames = ended_ ? left_ : in_.frames;
    size_t n = 0;
    for (; n < count && !frames.empty(); n++) {
        const Frame &frame = frames.front();
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
        port_.rx_packets_++;
        port_.rx_octets_ += p.wire_length();
        frames.pop_front();
    }
    if (!ended_ && frames.empty()) {
        uint64_t ignored;
        [[maybe_unused]] const ssize_t r = read(in_.event, &ignored, sizeof ignored);
    }
    return n;
}

void MemoryPort::Tx::transmit(Packet *const *packets, size_t count) {
    for (size_t n = 0; n < count; n++) waiting_.push_back(*packets[n]);
}

void MemoryPort::Tx::flush() {
    const std::lock_guard guard(port_.wire_->lock_);
    for (const Packet &p : waiting_) {
        port_.wire_->out_.push_back({std::vector<uint8_t>(p.data, p.data + p.length), p.offload, p.vlan_tci, p.vlan_tpid});
        port_.tx_packets_++;
        port_.tx_octets_ += p.wire_length();
    }
    waiting_.clear();
}

PortCounters MemoryPort::counters() const {
    return {rx_packets_, rx_octets_, wire_->rx_lost_, tx_packets_, tx_octets_, wire_->tx_lost_};
}

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

PortChoice MemoryFactory::open(const PortRequest &request) {
    const std::lock_guard guard(lock_);
    PortChoice choice;
    choice.others = others_;
    if (request.made && !devices_.contains(request.device)) {
        devices_[request.device] = std::make_shared<MemoryWire>();
        LinkState link;
        link.up = true;
        link.mtu = request.made->mtu;
        link.mac = {2, 0, 0, 0, 1, static_cast<uint8_t>(made_.size())};
        devices_[request.device]->set_link(link);
        made_[request.device] = *request.made;
    }
    const auto found = devices_.find(request.device);
    choice.missing = found == devices_.end();
    if (choice.missing) return choice;
    const uint32_t mtu = request.mtu ? request.mtu : found->second->link().mtu;
    if (request.driver != "memory" && request.driver != "small") {
        choice.text = "driver '" + request.driver + "' is not one of: memory, small";
    } else if (!found->second->refused_.empty()) {
        choice.text = found->second->refused_;
    } else if (request.driver == "small" && mtu > MemoryPort::small_mtu) {
        choice.text = "its MTU is " + std::to_string(mtu) + ", and small takes one of at most " + std::to_string(MemoryPort::small_mtu);
        choice.others.push_back({"small", choice.text, MemoryPort::small_mtu});
        PortRequest other = request;
        other.driver = "memory";
        if (!request.only) choice.port = std::make_unique<MemoryPort>(request.name, found->second, other);
    } else {
        choice.port = std::make_unique<MemoryPort>(request.name, found->second, request);
    }
    return choice;
}

std::map<std::string, MadePort> MemoryFactory::made() {
    const std::lock_guard guard(lock_);
    return made_;
}

std::string MemoryFactory::set_made(const std::string &device, const MadePort &made, uint32_t) {
    const std::lock_guard guard(lock_);
    made_[device] = made;
    return {};
}

std::optional<LinkState> MemoryFactory::made_link(const MadePort &made) {
    const std::lock_guard guard(lock_);
    const auto found = made_.find(made_device_name(made));
    if (found == made_.end()) return std::nullopt;
    LinkState link;
    link.up = true;
    link.mtu = found->second.mtu;
    link.mac = found->second.mac.value_or(MacAddress{});
    return link;
}

void MemoryFactory::unmake(const std::string &device) {
    const std::lock_guard guard(lock_);
    made_.erase(device);
    devices_.erase(device);
}

std::map<uint32_t, std::string> MemoryFactory::vrfs() {
    const std::lock_guard guard(lock_);
    return vrfs_;
}

std::string MemoryFactory::make_vrf(uint32_t vrf, const std::string &name) {
    const std::lock_guard guard(lock_);
    vrfs_[vrf] = name;
    return {};
}

void MemoryFactory::remove_vrf(uint32_t vrf) {
    const std::lock_guard guard(lock_);
    vrfs_.erase(vrf);
    injects_.erase(vrf);
    std::erase_if(taps_, [&](const auto &tap) { return tap.first.second == vrf; });
}

std::unique_ptr<Port> MemoryFactory::host_tap(const HostTapRequest &request, std::string &error) {
    const std::lock_guard guard(lock_);
    if (refuse_taps_) {
        error = "no tap can be made";
        return nullptr;
    }
    auto &wire = taps_[{request.interface, request.vrf}];
    if (!wire) wire = std::make_shared<MemoryWire>();
    return std::make_unique<MemoryPort>(request.interface, wire, PortRequest{request.interface, "tap", {}, request.queues});
}

std::unique_ptr<Port> MemoryFactory::inject(uint32_t vrf, size_t queues, std::string &) {
    const std::lock_guard guard(lock_);
    auto &wire = injects_[vrf];
    if (!wire) wire = std::make_shared<MemoryWire>();
    return std::make_unique<MemoryPort>("inject" + std::to_string(vrf), wire, PortRequest{{}, "tap", {}, queues}, true);
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
