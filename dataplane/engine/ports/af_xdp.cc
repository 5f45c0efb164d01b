#include "af_xdp.h"

#include <algorithm>

namespace weft {

std::unique_ptr<AfXdpPort> AfXdpPort::open(const PortRequest &request, std::shared_ptr<AfXdpDevice> device, std::string &error) {
    std::unique_ptr<AfXdpPort> port(new AfXdpPort(request.name, std::move(device)));
    std::deque<AfXdpQueue> &queues = port->device_->queues();
    const size_t count = std::clamp<size_t>(request.rx_queues, 1, std::min(queues.size(), max_rx_queues));
    for (size_t n = 0; n < count; n++) port->rx_.emplace_back(port.get());
    for (size_t n = 0; n < queues.size() && error.empty(); n++) error = port->rx_[n % count].add(queues[n]);
    if (error.empty()) error = port->device_->set_workers(request.workers);
    return error.empty() ? std::move(port) : nullptr;
}

void AfXdpPort::end() {
    if (device_->pass(this)) return;
    for (AfXdpRx &rx : rx_) rx.leave();
}

AfXdpPort::~AfXdpPort() {
    for (AfXdpRx &rx : rx_) rx.give_up();
    device_->end(this);
}

std::string AfXdpPort::attach(const KernelPrograms &programs) {
    if (programs.hook == Hook::none) return {};
    return "the driver af_xdp takes its packets by an XDP program of its own, before any other; with the driver af_packet there is room for the "
           "fast path";
}

}  // namespace weft
