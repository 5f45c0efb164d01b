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

#include <deque>
#include <functional>
#include <memory>
#include <string>
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
    static constexpr uint32_t max_mtu = XdpFrames::frame_size - kernel_headroom - longest_header;

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
    AfXdpTx &sender(unsigned worker) { return senders_[worker]; }
    std::string set_workers(unsigned workers);
    // Packets come.
    void begin();
    PortCounters counters() const;

  private:
    AfXdpDevice(std::unique_ptr<Device> device, Kernel kernel, std::shared_ptr<XdpFrames> frames)
        : device_(std::move(device)), kernel_(std::move(kernel)), frames_(std::move(frames)) {}
    std::string make_queues();
    std::string attach(bool native_only);
    void poll();

    const std::unique_ptr<Device> device_;
    const Kernel kernel_;
    const std::shared_ptr<XdpFrames> frames_;
    std::vector<uint16_t> holders_;
    std::deque<AfXdpQueue> queues_;
    std::deque<AfXdpTx> senders_;
    Descriptor map_, link_;  // ends first
    bool native_ = false, polled_ = false, begun_ = false;
    std::string not_native_, not_polled_;
};

}  // namespace weft
