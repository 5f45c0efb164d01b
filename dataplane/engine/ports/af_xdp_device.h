// A device that the af_xdp driver serves: its XDP program, which hands each packet to the socket of the queue it came by, and the
// sockets. The program is attached by a link that this process holds: however it ends, the device is free of it. Native mode, where the
// device's driver runs the program, else generic mode, where the kernel does, a little later; not on virtual devices, which hand over
// super-packets there.
//
// In native mode a busy worker takes in what the device received (busy polling), where the kernel grants it: rather than the processor
// on which it arrived, packet by packet. It is the kernel's work again when the worker does not come for a while.
//
// Ports share it, one after the other: when a port is opened anew with another number of queues, the next one gets the same sockets.
// Programming thread, but for what AfXdpQueue and AfXdpTx say.
#pragma once

#include <array>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "af_xdp_tx.h"
#include "device.h"

namespace weft {

class AfXdpDevice {
  public:
    // What of the kernel takes privileges or has to be done in the port namespace. An error is text for a person.
    struct Kernel {
        // One more socket of AF_XDP.
        std::function<Descriptor(std::string &error)> socket;
        // Attaches a program that redirects into a map of so many sockets; gives the map and the link.
        std::function<bool(const std::string &device, bool native, size_t queues, Descriptor &map, Descriptor &link, std::string &error)> attach;
        // Leaves what the device receives to who polls it, or no longer.
        std::function<bool(const std::string &device, bool on, std::string &error)> busy_poll;
    };
    static constexpr size_t max_queues = 64;
    // Of a frame, what the kernel keeps for itself.
    static constexpr uint32_t kernel_headroom = 256, longest_header = 22;
    static constexpr uint32_t most_mtu = XdpFrames::frame_size - kernel_headroom - longest_header;
    // Of a device that is no card: it runs programs in pages that also hold what the kernel keeps behind a packet.
    static constexpr uint32_t most_virtual_mtu = 3500;
    static uint32_t max_mtu(const Device &device) { return device.is_card() ? most_mtu : most_virtual_mtu; }

    static std::shared_ptr<AfXdpDevice> open(std::unique_ptr<Device> device, Kernel kernel, std::shared_ptr<XdpFrames> frames,
                                             bool native_only, std::string &error);
    ~AfXdpDevice();
    // Frames that it can have at the most.
    static size_t needs(size_t queues, unsigned workers) { return queues * AfXdpQueue::needs + workers * AfXdpTx::needs; }

    Device &device() { return *device_; }
    const Device &device() const { return *device_; }
    // How it is served, for a person.
    std::string mode() const;
    std::deque<AfXdpQueue> &queues() { return queues_; }
    AfXdpTx &sender(unsigned worker) { return *senders_[worker]; }
    std::string set_workers(unsigned workers);
    uint32_t max_mtu() const { return max_mtu_; }
    // Packets come, and are counted for that port.
    void begin(const void *port);
    // Packets go on to the kernel from now on; false: another port has begun since that one, which gets them.
    bool pass(const void *port);
    void end(const void *port);
    // Since it began, and until the next one did.
    PortCounters counters(const void *port) const;

  private:
    AfXdpDevice(std::unique_ptr<Device> device, Kernel kernel, std::shared_ptr<XdpFrames> frames)
        : device_(std::move(device)), kernel_(std::move(kernel)), frames_(std::move(frames)) {}
    std::string make_queues();
    std::string attach(bool native_only);
    void poll();
    PortCounters counters() const;

    const std::unique_ptr<Device> device_;
    const Kernel kernel_;
    const std::shared_ptr<XdpFrames> frames_;
    std::vector<uint16_t> holders_;
    std::deque<AfXdpQueue> queues_;
    // Places are never moved: workers use those that they have while others are made.
    std::array<std::unique_ptr<AfXdpTx>, max_workers> senders_;
    unsigned sender_count_ = 0;
    Descriptor map_, link_;  // ends first
    uint32_t max_mtu_ = 0;
    bool native_ = false, polled_ = false, takes_ = false;
    // Ports that began, and what had been counted then; the last has all since.
    std::vector<std::pair<const void *, PortCounters>> ports_;
    std::string not_native_, not_polled_;
};

}  // namespace weft
