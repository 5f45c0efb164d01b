// A port driver: where packets come in and go out. A port has one or more receive queues, each served by one worker at a time,
// and for every worker a transmit side of its own, so that no two threads meet in a driver.
// Drivers: af_packet, af_xdp, tap (and tun, for the layer-3 inject device), memory.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "../packet.h"

namespace weft {

using MacAddress = std::array<uint8_t, 6>;

struct PortCounters {
    uint64_t rx_packets = 0, rx_octets = 0, rx_dropped = 0;
    uint64_t tx_packets = 0, tx_octets = 0, tx_dropped = 0;
    PortCounters &operator+=(const PortCounters &other);
    PortCounters &operator-=(const PortCounters &other);
};

struct LinkState {
    bool up = false;      // carrier and administrative state of the device
    bool present = true;  // false: the device was taken away
    uint32_t mtu = 0;     // of the device, octets of layer 3
    uint64_t speed = 0;   // bit/s, 0: unknown
    MacAddress mac{};
};

// What a port takes of a packet's Offload; the rest is done before it gets the packet (nodes/segment.cc).
enum PortOffload : uint8_t {
    takes_checksum = 1,  // NEEDS_CSUM, at any transport header
    takes_tcp4 = 2,      // super-packets of TCP, not in a tunnel
    takes_tcp6 = 4,
    takes_ecn = 8,      // of those, ones with congestion window reduced
    takes_udp_l4 = 16,  // USO
    takes_ufo = 32,
};

inline constexpr size_t max_rx_queues = 16;

// Where a program of the kernel fast path (ebpf/) meets packets that a device received, before the port does.
enum class Hook : uint8_t { none, tc, xdp };
const char *hook_name(Hook hook);  // empty: none
struct KernelPrograms {
    Hook hook = Hook::none;
    int filter = -1;  // of tc: on the port's own sockets
    int entry = -1;   // at the device
};
// What such a program has to know of a device.
struct DeviceTraits {
    bool takes_frames = false;  // XDP may redirect to it
    bool unfinished = false;    // hosts leave transport checksums to it
    bool bare_peer = false;     // a veth pair's, whose other end is in another namespace and has no program of XDP
};

// A receiving side of a port. One worker at a time uses it, its owner (PortHandle says how it changes hands); the driver keeps
// the packets of a flow on one queue, and in their order.
class RxQueue {
  public:
    virtual ~RxQueue() = default;
    // Up to `count` packets, each written as a new one, whose memory stays valid until release(). Never blocks.
    virtual size_t receive(Packet *packets, size_t count) = 0;
    virtual void release() = 0;
    // Readable when receive() may have something: for epoll. -1: look always. It may change only while nobody owns the queue.
    virtual int descriptor() const = 0;
    // True: to look costs a system call, so the owner waits until epoll names the descriptor. False: it looks in each turn.
    virtual bool costs_call() const { return false; }
};

// The sending side that a port gives one worker, which alone uses it.
class TxQueue {
  public:
    virtual ~TxQueue() = default;
    // Takes packets for sending; their bytes may be referenced until flush(), which hands all to the device, in order. What does
    // not fit is dropped and counted. Never blocks.
    virtual void transmit(Packet *const *packets, size_t count) = 0;
    virtual void flush() = 0;
};

// What all queues of a port have in common is the programming thread's: it opens, configures and closes; counters() and link()
// are for any thread. A port is closed when no worker can still hold it.
class Port {
  public:
    virtual ~Port() = default;
    virtual const std::string &name() const = 0;
    virtual const char *driver() const = 0;
    // True: packets carry no Ethernet header (tun).
    virtual bool layer3() const { return false; }
    // PortOffload bits, of all sending sides; the same as long as the port lives.
    virtual uint8_t offloads() const { return 0; }

    // From now on packets are taken in, not before: the programmed state is about to name the port, and no longer one that had its
    // device before.
    virtual void begin() {}
    // Its successor has begun: what comes from now on is that one's. What has come is still received.
    virtual void end() {}
    // Those that there are, at most max_rx_queues. Their number is constant unless the port divides().
    virtual size_t rx_queues() const { return 1; }
    virtual RxQueue &rx(size_t queue) = 0;
    // True: the number of receive queues can change while packets come, without loss. New ones are made, and get nothing until
    // packets are divided among them too; those that are too many get nothing any more, and are closed when they have been emptied.
    virtual bool divides() const { return false; }
    // How many it would have when so many are wanted.
    virtual size_t rx_queues_of(size_t wanted) const { return wanted; }
    // Makes as many as there are to be. An error is text for a person; those that there were stay.
    virtual std::string make_rx_queues(size_t) { return {}; }
    virtual void divide(size_t) {}
    // Those from that number on, which no worker can have any more.
    virtual void close_rx_queues(size_t) {}
    // For workers 0 to n - 1, where n is the highest that PortRequest or set_workers() said. A device with fewer queues than
    // that is shared inside the driver, by rings of one producer, never by a lock.
    virtual TxQueue &tx(unsigned worker) = 0;
    // Makes sending sides for so many workers before those above have begun; the ones that there are stay as they are. An error
    // is text for a person.
    virtual std::string set_workers(unsigned workers) = 0;

    // Index of the Linux device; 0: it has none.
    virtual uint32_t device_index() const { return 0; }
    // Lets programs of the kernel have the packets first, in place of those before; those stay when it fails. Goes with the port.
    virtual std::string attach(const KernelPrograms &programs) {
        return programs.hook == Hook::none ? std::string() : std::string("the driver ") + driver() + " leaves no room for it; af_packet does";
    }
    // As they are now, by some system calls.
    virtual DeviceTraits traits() const { return {}; }

    virtual PortCounters counters() const = 0;  // any thread
    virtual LinkState link() const = 0;         // any thread
    // The largest MTU of its device that it can serve; 0: any.
    virtual uint32_t max_mtu() const { return 0; }
    // Administrative state and MTU of the device, as configured. Errors are text for a person, empty when done.
    virtual std::string configure(bool enabled, uint32_t mtu) = 0;
};

// What is wrong with a port; its reason says more.
enum class PortProblem : uint8_t {
    none,
    device_missing,    // it is not there, or was taken away
    driver_refused,    // no driver serves it
    other_driver,      // another one than asked for does
    settings_refused,  // the device, or the host's side of the interface, does not take what is configured
};

struct HostAddress {
    uint8_t family = 4;  // 4 or 6
    std::array<uint8_t, 16> bytes{};
    uint8_t prefix_length = 0;
    bool operator==(const HostAddress &) const = default;
};

// A port whose device is made: one end of a veth pair. What is said here is of the other end, which is for others to use.
struct MadePort {
    std::string name_space;  // a host's, made when it is not there
    std::string device;      // its name there, at most 15 characters
    std::optional<MacAddress> mac = {};  // absent: as the kernel makes it
    uint32_t mtu = 1500;                 // of both ends, unless the interface on the port has another one
    std::vector<HostAddress> addresses = {};
    std::vector<HostAddress> gateways = {};  // of default routes, at most one of a family
    bool operator==(const MadePort &) const = default;
};
// The device of such a port in the port namespace: the same for the same other end, and in nobody's way.
std::string made_device_name(const MadePort &made);
inline constexpr const char *made_prefix = "made.";
// The same in every build: of names that outlive a process.
uint32_t name_hash(const std::string &text);

// How ports and what belongs to them come into being; the agent's implementation asks the keeper process for descriptors,
// tests give memory ports. Called from the programming thread only, never from a worker.
struct PortRequest {
    std::string name;    // of the port
    std::string driver;  // "auto", "af_packet", "af_xdp", "memory"
    std::string device;  // Linux device in the port namespace
    size_t rx_queues = 1;  // wanted; a driver may give fewer
    unsigned workers = 1;  // that will send
    uint32_t mtu = 0;      // that the device is to have; 0: as it is
    bool only = true;      // a driver that is named, or none; false: another one rather than none
    const MadePort *made = nullptr;  // the device is made, or found again, as this says
};

// A driver that this build has and that does not serve a port: why not.
struct OtherDriver {
    std::string name, reason;
    uint32_t max_mtu = 0;  // refused for a larger MTU than this; 0: for something else
};

// Who serves a port.
struct PortChoice {
    std::unique_ptr<Port> port;       // null: nobody
    std::string text;                 // why this driver, which may be empty, or why none; for a person
    bool missing = false;             // the device is not there
    std::vector<OtherDriver> others;  // drivers that were not taken, in order of preference
};

struct HostTapRequest {
    uint32_t vrf = 0;
    std::string interface;  // full name, becomes the alias; the device's name is derived, at most 15 characters
    MacAddress mac{};
    uint32_t mtu = 1500;
    bool up = true;
    bool resolution = true;  // by ARP and ND; false: nobody on it need be asked for
    size_t queues = 1;  // receive queues wanted; there may be fewer
};

// A network device that can be a port.
struct NetworkDevice {
    std::string name;
    LinkState link;
};

class PortFactory {
  public:
    virtual ~PortFactory() = default;
    virtual PortChoice open(const PortRequest &request) = 0;
    // Makes the other end of a made port be as it says, and both have the MTU; `mtu` is that of the interface, 0: as it says.
    virtual std::string set_made(const std::string &device, const MadePort &made, uint32_t mtu) = 0;
    // The other end as it is; absent: it is not there.
    virtual std::optional<LinkState> made_link(const MadePort &made) = 0;
    // Takes a made device away, and its namespace when it was made for such devices and has no more of them.
    virtual void unmake(const std::string &device) = 0;
    // The namespace of a VRF other than 0, made or found again; a text on failure. It goes with all that is in it.
    virtual std::string make_vrf(uint32_t vrf, const std::string &name) = 0;
    virtual void remove_vrf(uint32_t vrf) = 0;
    // Makes, or finds again, the host tap of an interface; null and a text on failure.
    virtual std::unique_ptr<Port> host_tap(const HostTapRequest &request, std::string &error) = 0;
    // Makes, or finds again, the layer-3 inject device of a VRF, which holds its namespace's default routes.
    virtual std::unique_ptr<Port> inject(uint32_t vrf, size_t queues, std::string &error) = 0;
    // Sets exactly these addresses (and link state, MAC, MTU) on a tap that host_tap() gave.
    virtual std::string set_host_addresses(const HostTapRequest &request, const HostAddress *addresses, size_t count) = 0;
    // Mirrors a neighbour into the tap's namespace as an externally learned entry; a null mac removes it.
    virtual void mirror_neighbour(uint32_t vrf, const std::string &interface, const HostAddress &address,
                                  const MacAddress *mac) = 0;
    virtual void remove_host_tap(uint32_t vrf, const std::string &interface) = 0;
    // Readable once a device of a port came, went or changed; read_link_events() makes it wait again. -1: nothing says so, and
    // devices are looked at now and then.
    virtual int link_events() { return -1; }
    virtual void read_link_events() {}
    // Those that there are now, whether ports or not.
    virtual std::vector<NetworkDevice> devices() { return {}; }
};

}  // namespace weft
