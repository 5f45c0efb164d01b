#include "af_xdp_device.h"

#include <bpf/bpf.h>
#include <time.h>

#include <algorithm>

namespace weft {

namespace {

int64_t seconds() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC_COARSE, &time);
    return time.tv_sec;
}

}  // namespace

std::shared_ptr<AfXdpDevice> AfXdpDevice::open(std::unique_ptr<Device> device, Kernel kernel, std::shared_ptr<XdpFrames> frames,
                                               bool native_only, std::string &error) {
    std::shared_ptr<AfXdpDevice> made(new AfXdpDevice(std::move(device), std::move(kernel), std::move(frames)));
    error = made->make_queues();
    if (error.empty()) error = made->attach(native_only);
    if (error.empty()) made->poll();
    made->max_mtu_ = max_mtu(*made->device_);
    return error.empty() ? made : nullptr;
}

// What the kernel still had comes back later; caches give back at once.
AfXdpDevice::~AfXdpDevice() {
    std::string ignored;
    // Not of another one that has taken the name.
    if (polled_ && device_->link().present) kernel_.busy_poll(device_->name(), false, ignored);
    link_ = Descriptor();
    if (device_->link().present) device_->keep_tags(false);
    for (auto &sender : senders_) sender.reset();
    queues_.clear();
    for (const uint16_t holder : holders_) frames_->retire(holder, seconds());
}

std::string AfXdpDevice::make_queues() {
    frames_->reclaim(seconds());
    std::string error;
    const size_t count = std::min(device_->queues(), max_queues);
    while (queues_.size() < count) {
        const uint16_t holder = frames_->reserve(AfXdpQueue::needs);
        if (holder == XdpFrames::nobody) return "there are not enough frames for its queues";
        holders_.push_back(holder);
        Descriptor socket = kernel_.socket(error);
        if (!socket) return error;
        const AfXdpQueue *first = queues_.empty() ? nullptr : &queues_.front();
        const unsigned number = static_cast<unsigned>(queues_.size());
        AfXdpQueue &queue = queues_.emplace_back(std::move(socket), *frames_, holder);
        error = queue.set_up(device_->index(), number, first);
        if (!error.empty()) return error;
    }
    return {};
}

std::string AfXdpDevice::attach(bool native_only) {
    std::string error;
    native_ = kernel_.attach(device_->name(), true, queues_.size(), map_, link_, not_native_);
    if (!native_ && native_only) return "native mode: " + not_native_;
    if (!native_ && !device_->is_card())
        return "native mode: " + not_native_ + "; in generic mode super-packets of a virtual device would be lost";
    if (!native_ && !kernel_.attach(device_->name(), false, queues_.size(), map_, link_, error))
        return not_native_ == error ? error : "native mode: " + not_native_ + "; generic mode: " + error;
    device_->keep_tags(true);
    device_->make_promiscuous();
    if (!native_ || device_->module() == "veth")
        for (AfXdpQueue &queue : queues_) queue.expect_unfinished();
    return {};
}

void AfXdpDevice::poll() {
    if (!native_) return;
    for (AfXdpQueue &queue : queues_) not_polled_ = not_polled_.empty() ? queue.allow_polling() : not_polled_;
    polled_ = not_polled_.empty() && kernel_.busy_poll(device_->name(), true, not_polled_);
    for (AfXdpQueue &queue : queues_) queue.poll(polled_);
}

std::string AfXdpDevice::mode() const {
    const std::string copies = queues_.front().socket().zero_copy() ? "without copying" : "copying";
    const std::string queues = std::to_string(queues_.size()) + (queues_.size() == 1 ? " queue" : " queues");
    if (!native_) return "generic mode, " + copies + ", " + queues + "; native mode: " + not_native_;
    return "native mode, " + copies + ", " + queues + (polled_ ? ", polled" : "; not polled: " + not_polled_);
}

std::string AfXdpDevice::set_workers(unsigned workers) {
    std::string error;
    while (sender_count_ < workers) {
        const uint16_t holder = frames_->reserve(AfXdpTx::needs);
        if (holder == XdpFrames::nobody) return "there are not enough frames for one more worker to send by";
        holders_.push_back(holder);
        Descriptor socket = kernel_.socket(error);
        if (!socket) return error;
        const unsigned queue = static_cast<unsigned>(sender_count_ % queues_.size());
        auto sender = std::make_unique<AfXdpTx>(std::move(socket), *frames_, holder, queues_[queue]);
        error = sender->set_up(device_->index(), queue);
        if (!error.empty()) return error;
        senders_[sender_count_++] = std::move(sender);
    }
    return {};
}

// A socket that is bound is not refused: it may be that its device went, as link() tells.
void AfXdpDevice::begin(const void *port) {
    ports_.emplace_back(port, ports_.empty() ? PortCounters{} : counters());
    if (takes_) return;
    takes_ = true;
    for (uint32_t queue = 0; queue < queues_.size(); queue++) {
        const int socket = queues_[queue].socket().get();
        bpf_map_update_elem(map_.get(), &queue, &socket, 0);
    }
}

bool AfXdpDevice::pass(const void *port) {
    if (ports_.empty() || ports_.back().first != port) return false;
    takes_ = false;
    for (uint32_t queue = 0; queue < queues_.size(); queue++) bpf_map_delete_elem(map_.get(), &queue);
    return true;
}

// What it counted has been asked for before. The last one stays: packets come.
void AfXdpDevice::end(const void *port) {
    for (auto &[who, began] : ports_)
        if (who == port) who = nullptr;
    while (ports_.size() > 1 && !ports_.front().first) ports_.erase(ports_.begin());
}

PortCounters AfXdpDevice::counters(const void *port) const {
    for (size_t n = 0; n < ports_.size(); n++) {
        if (ports_[n].first != port) continue;
        PortCounters since = n + 1 < ports_.size() ? ports_[n + 1].second : counters();
        return since -= ports_[n].second;
    }
    return {};
}

PortCounters AfXdpDevice::counters() const {
    PortCounters counters;
    for (const AfXdpQueue &queue : queues_) queue.count(counters);
    for (unsigned worker = 0; worker < sender_count_; worker++) senders_[worker]->count(counters);
    return counters;
}

}  // namespace weft
