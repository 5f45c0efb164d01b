// The kernel fast path: plain routed packets between ports that ask for it are forwarded by a program in the kernel (fast_path.bpf.c)
// that reads the engine's own tables; all others go on to the engine, which sees nothing of the former. It keeps what the program
// reads in step with the tables: FIBs are the engine's own memory (regions.h), a word each stands for objects, neighbours and
// interfaces. What the program counted is added where the engine's counters are read.
//
// Off for a port while the kernel refuses it, the device's driver leaves no room, a trace is under way, its packets are captured or mirrored, or an interface has features of
// the packet graph (access lists, reverse path checks); the reason is part of the port's state. Neighbours go stale as ever:
// those that the program used are told to their owner once a second, who asks whether they are still there.
//
// Freed memory: what is taken out of the tables waits for the workers' epochs, and then, because the program holds none, for a grace
// period of RCU, which an update of an array of maps waits for (since Linux 5.0 it does not return before all programs that could
// have seen the old maps have ended; Documentation/bpf/map_array_of_maps). It takes some milliseconds, and housekeeping waits for
// it without the programming lock.
//
// Memory: 8 MiB and about 1.3 MiB a processor, and what lies in the regions is backed at once; huge pages of the large IPv4 forms
// are lost. Everything here is the programming lock's, but for grace().
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "../tables/neighbour_view.h"
#include "../tables/objects.h"

namespace weft {

struct Core;
struct Vrf;

class FastPath : public ObjectWatcher {
  public:
    struct InterfaceCount {
        uint64_t in_packets = 0, in_octets = 0, in4 = 0, in6 = 0, forwarded4 = 0, forwarded6 = 0, out_packets = 0, out_octets = 0;
        uint64_t lost = 0;  // taken, and then there was no memory to change them in
    };
    struct ObjectCount {
        uint64_t packets = 0, octets = 0;
    };

    // Null and a text for a person where the kernel, or the build, has none.
    static std::unique_ptr<FastPath> open(Core &core, std::string &error);
    virtual ~FastPath() = default;

    // Interfaces, ports, their settings or links are other ones, or a trace begins or ends: programs are attached and taken away.
    virtual void follow() = 0;
    // What XDP may do with devices is looked at again, and what was refused is tried again.
    virtual void follow_devices() = 0;
    // Another driver is about to be tried, which may have an XDP program of its own: a device has one. Until a program is attached anew,
    // which follow_devices() does if need be, packets go by the engine.
    virtual void make_room(const std::string &port) = 0;
    // Tables grew, took another form, or have another default route.
    virtual void follow_tables() = 0;
    // The VRF goes: no interface is in it any more.
    virtual void forget(const Vrf &vrf) = 0;
    virtual void neighbour_changed(const NeighbourChange &change) = 0;
    // Tells the owner of the neighbours which stale ones are in use.
    virtual void tell_used() = 0;
    // Takes all programs away.
    virtual void detach() = 0;
    // Waits until no program can have what was taken out of the tables before. Any thread's.
    virtual void grace() = 0;

    // `interface`: the engine's index.
    virtual InterfaceCount interface_count(uint32_t interface) const = 0;
    // Of all interfaces that ever had this index.
    virtual InterfaceCount interface_total(uint32_t interface) const = 0;
    virtual ObjectCount object_count(uint32_t slot) const = 0;
};

}  // namespace weft
