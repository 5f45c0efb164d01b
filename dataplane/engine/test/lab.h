// A box on memory ports in the test's own thread and time: records in, frames in, frames out.
#pragma once

#include <string>
#include <vector>

#include "../core.h"
#include "../net/bytes.h"
#include "../net/checksum.h"
#include "../net/offload.h"
#include "../ports/memory.h"
#include "../worker.h"
#include "check.h"

namespace weft {

using Bytes = std::vector<uint8_t>;

// Addresses of tests: "10.0.1.9", "2001:db8::1"; ends on failure.
HostAddress address(const std::string &text, uint8_t prefix_length = 0);
MacAddress mac(uint8_t last);
inline const MacAddress h1 = mac(0x11), h2 = mac(0x22);  // hosts at ports 1 and 2, .9 in the subnets of if1 and if2
std::string hex(const Bytes &bytes);

struct Records {
    Bytes bytes;
    Records &u8(unsigned v);
    Records &u16(unsigned v);
    Records &u32(uint32_t v);
    Records &u64(uint64_t v);
    Records &str(const std::string &s);
    Records &addr(const HostAddress &a);

    Records &port(const std::string &name, const std::string &device);
    Records &port_delete(const std::string &name);
    Records &interface(const std::string &name, const std::string &port, const std::vector<std::string> &prefixes,
                       unsigned flags = 31, unsigned mtu = 0, uint32_t vrf = 0);
    Records &interface_delete(const std::string &name);
    Records &adjacency(uint64_t key, const std::string &interface, const std::string &next_hop);
    Records &glean(uint64_t key, const std::string &interface);
    Records &local(uint64_t key, uint32_t vrf = 0);
    Records &drop(uint64_t key, DropKind kind);
    Records &group(uint64_t key, const std::vector<std::pair<uint64_t, unsigned>> &members);
    Records &lookup(uint64_t key, uint32_t vrf);
    Records &vrf(uint32_t vrf, const std::string &name);
    Records &vrf_delete(uint32_t vrf);
    Records &resolve(uint64_t key, unsigned kind, uint32_t id, unsigned flags = 0);
    Records &object_delete(uint64_t key);
    Records &route(const std::string &prefix, uint64_t key, uint32_t vrf = 0);
    Records &route_delete(const std::string &prefix, uint32_t vrf = 0);
    Records &neighbour(const std::string &interface, const std::string &address, const MacAddress &mac);
    Records &acl(const AclSpec &spec);
    Records &acl_delete(const std::string &name);
    Records &acl_bind(const std::string &interface, AclDirection direction, unsigned family, const std::string &name);
    Records &neighbour_delete(const std::string &interface, const std::string &address);
    Records &features(const std::string &interface, const InterfaceSettings &settings);
    Records &features_delete(const std::string &interface);
    Records &tunnel(const std::string &interface, const TunnelSpec &spec);
    Records &tunnel_delete(const std::string &interface);
    Records &mirror(const std::string &name, const std::string &destination, const std::vector<std::pair<std::string, unsigned>> &sources,
                    uint32_t rate = 0, const std::string &filter = {});  // sources: interface and WatchPoints
    Records &bridge(const BridgeSpec &spec);
    Records &bridge_delete(const std::string &name);
    Records &policer(PuntClass of, Limit limit, unsigned flags = limit_has_rate | limit_has_burst);
    Records &circuit(const std::string &name, const CircuitSpec &spec);
    Records &circuit_delete(const std::string &name);
    Records &cross_connect(const std::string &name, const std::string &one, const std::string &other);
    Records &cross_connect_delete(const std::string &name);
    Records &icmp_settings(Limit limit, bool forward_router_alerts = false);
};

class Lab {
  public:
    // Devices e1…en with MACs 02::1…n, which have as many receive queues as there are workers; what port n receives is served by
    // worker n modulo their number.
    explicit Lab(unsigned ports = 2, std::unique_ptr<MemoryFactory> factory = std::make_unique<MemoryFactory>());
    // Of boxes that are made from now on, and of how many there were.
    static inline unsigned usual_workers = 1, boxes = 0;

    std::string commit(const Records &records, bool full = false);  // the error, or empty
    // Ports p1…pn, interfaces if1…ifn with 10.0.n.1/24 and 2001:db8:n::1/64, connected and local routes.
    void standard(unsigned flags = 31, unsigned mtu = 0);
    // A neighbour that is known: 10.0.n.host or 2001:db8:n::host, with mac(0x10 * n + host).
    void know_hosts();  // h1 and h2, by IPv4 and IPv6
    void know(const std::string &interface, const std::string &address, const MacAddress &mac);

    void give(unsigned port, Bytes frame, Offload offload = {});
    void run(uint64_t microseconds = 0);  // time goes on, then the workers take turns until nothing moves
    std::vector<Frame> out(unsigned port);
    Frame only(unsigned port);  // exactly one
    uint64_t drops(const std::string &node, const std::string &reason);
    InterfaceState state(const std::string &name);
    NeighbourState neighbour(const std::string &address);  // ends when there is none
    bool has_neighbour(const std::string &address);

    MemoryFactory *factory;
    std::vector<std::shared_ptr<MemoryWire>> wires;
    std::unique_ptr<Core> core;
    const unsigned workers = usual_workers;
    uint64_t now = 1000000;
    uint64_t transaction = 0;
};

// Whole frames. Transport payload is a pattern; all checksums are right.
struct Ip {
    std::string source, destination;
    uint8_t protocol = 17;  // UDP
    uint8_t ttl = 64;
    uint16_t source_port = 1000, destination_port = 2000;
    size_t payload = 32;
    bool dont_fragment = false;
    uint16_t fragment = 0;  // flags and offset
    Bytes options = {};     // IPv4, a multiple of 4
    Bytes extensions = {};  // IPv6 headers before the transport's, which protocol names; the first is of type `next`
    uint8_t next = 0;
};
Bytes packet(const Ip &ip);  // without Ethernet
Bytes frame(const MacAddress &to, const MacAddress &from, const Bytes &packet);
Bytes tagged(Bytes frame, const std::vector<VlanTag> &tags, unsigned priority = 0);  // tags before its type; priority 0 to 7
Bytes echo_request(const std::string &source, const std::string &destination, size_t payload = 32);  // without Ethernet
Bytes arp(uint16_t operation, const MacAddress &from, const std::string &from4, const MacAddress &to, const std::string &to4,
          const MacAddress &frame_to);
Bytes solicitation(const MacAddress &from, const std::string &source, const std::string &target);
Bytes advertisement(const MacAddress &from, const std::string &target, const MacAddress &to, const std::string &destination,
                    bool router = false);

// Judges a frame of the engine: lengths, header checksum, and (unless unfinished) that of ICMP, UDP and TCP.
void check_frame(const Frame &frame);
Bytes inner(const Frame &frame);  // without Ethernet
// The whole transmission unit of an ICMP error: what it says and how much it quotes.
struct Error {
    int type, code;
    uint32_t rest;
    Bytes quoted;
};
Error error_of(const Frame &frame);
std::string source_of(const Bytes &packet);
std::string destination_of(const Bytes &packet);

}  // namespace weft
