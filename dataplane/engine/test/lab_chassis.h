// Several members of a chassis in one process: boxes of the lab whose internal links meet in switches. All get the same records but
// for their slots.
//
//   member s: port "s/1" (device e1), "s/2" (e2), ... are external; "s/f1", "s/f2" internal, their devices the last ones
//   interfaces have the ports' names: 10.<s>.<n>.1/24 and 2001:db8:<s><n>::1/64 of external ones, 192.0.<l>.<s + 1>/24 of internal ones
//   MAC addresses of devices: 02:00:00:00:<s>:<n>; hosts behind a port are .9 with 02:00:00:01:<s>:<n>
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "../tables/fabric.h"
#include "lab.h"

namespace weft {

struct ChassisPlan {
    unsigned members = 2, ports = 2, links = 1;
    FabricKind kind = FabricKind::vxlan;
    bool v6 = false;              // of the internal links
    unsigned link_mtu = 9000;     // of their devices
    unsigned fabric_mtu = 0;
    unsigned vlan = 0;
    bool routed = true;           // external ports are interfaces with addresses
};

MacAddress port_mac(unsigned slot, unsigned port);
MacAddress host_mac(unsigned slot, unsigned port);
std::string host4(unsigned slot, unsigned port);
std::string host6(unsigned slot, unsigned port);

class Chassis {
  public:
    explicit Chassis(const ChassisPlan &plan = {}, bool begin = true);

    // Of all members; `slot`: in front, its own. The first error.
    std::string commit(const Records &records, bool full = false);
    // What begins it: ports, interfaces, routes, keys, the fabric.
    static Records records(const ChassisPlan &plan);
    static Records fabric(const ChassisPlan &plan);
    // Time goes on, 10 ms at once, and frames over the internal links until nothing moves. Boxes that are `silent` neither get nor send.
    void run(uint64_t microseconds = 0);
    void settle() { run(1000000); }
    void know_hosts();

    Lab &operator[](unsigned slot) { return *members[slot]; }
    // A frame from the host behind a port, to a MAC address.
    void give(unsigned slot, unsigned port, const MacAddress &to, const Bytes &packet, Offload offload = {});
    std::vector<Frame> out(unsigned slot, unsigned port) { return members[slot]->out(port); }
    // All that left by external ports since, as "slot/port".
    std::map<std::string, size_t> outputs();

    ChassisPlan plan;
    std::vector<std::unique_ptr<Lab>> members;
    std::vector<bool> silent;
    std::vector<std::vector<bool>> cut;                 // by member and link
    std::vector<Frame> crossed;                         // what was on internal links, while `watched`
    bool watched = false;

  private:
    bool exchange();
};

}  // namespace weft
