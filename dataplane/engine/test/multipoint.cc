// Bridge domains over tunnels with several remotes: five sites, each with a station at p1 and the way to the others at p2, where site
// n is 10.0.5.n, and a tunnel t to all others.
#include <algorithm>
#include <array>

#include "lab.h"

namespace weft::multipoint_test {
namespace {

constexpr unsigned count = 5;
const MacAddress everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

MacAddress station(unsigned site) { return mac(static_cast<uint8_t>(0xa0 + site)); }
std::string end_of(unsigned site) { return "10.0.5." + std::to_string(site); }

struct Site : Lab {
    TunnelSpec tunnel;
    BridgeSpec domain;

    Site(unsigned self, TunnelKind kind) : Lab(2) {
        tunnel.kind = kind;
        tunnel.source = to_ip6(address(end_of(self)));
        tunnel.key = 5000;
        tunnel.port = tunnel.udp() ? 4789 : 0;
        for (unsigned n = 1; n <= count; n++)
            if (n != self) tunnel.remotes.push_back(to_ip6(address(end_of(n))));
        domain.name = "d";
        domain.members = {{"if1", 0, MacTable::no_limit}, {"t", 0, MacTable::no_limit}};
        Records r;
        r.port("p1", "e1").interface("if1", "p1", {}, interface_enabled).port("p2", "e2").interface("if2", "p2", {end_of(self) + "/24"});
        r.interface("t", "", {}, interface_enabled).tunnel("t", tunnel).bridge(domain);
        r.glean(1, "if2").route("10.0.5.0/24", 1).local(1000).route(end_of(self) + "/32", 1000);
        CHECK_EQUAL(commit(r), std::string());
        for (unsigned n = 1; n <= count; n++)
            if (n != self) know("if2", end_of(n), mac(2));  // of e2, at each site
        out(2);
    }
    void changed() { CHECK_EQUAL(commit(Records().tunnel("t", tunnel).bridge(domain)), std::string()); }
    std::vector<MacState> known(const MacAddress &mac) { return core->mac_page({.domain = "d", .mac = mac}, 0, 10, now).macs; }
    std::string behind(const MacAddress &mac) {
        const auto found = known(mac);
        return found.empty() ? "nobody" : found[0].remote ? to_text(*found[0].remote) : found[0].interface;
    }
};

struct Mesh {
    std::array<std::unique_ptr<Site>, count> sites;
    explicit Mesh(TunnelKind kind) {
        for (unsigned n = 1; n <= count; n++) sites[n - 1] = std::make_unique<Site>(n, kind);
    }
    Site &site(unsigned n) { return *sites[n - 1]; }
    // Until nothing moves between the sites; the frames that did.
    size_t carry() {
        size_t carried = 0;
        for (bool moved = true; moved;) {
            moved = false;
            for (auto &from : sites)
                for (const Frame &f : from->out(2)) {
                    const unsigned to = f.bytes.at(33);  // last octet of the outer destination
                    CHECK(to >= 1 && to <= count);
                    site(to).give(2, f.bytes, f.offload);
                    site(to).run();
                    carried++;
                    moved = true;
                }
        }
        return carried;
    }
    // From a site's station; the frames between sites.
    size_t send(unsigned from, const MacAddress &to) {
        site(from).give(1, frame(to, station(from), packet({.source = "10.9.0.1", .destination = "10.9.0.2"})));
        site(from).run();
        return carry();
    }
    std::vector<size_t> received() {
        std::vector<size_t> all;
        for (auto &one : sites) all.push_back(one->out(1).size());
        return all;
    }
};

using Counts = std::vector<size_t>;

TEST("multipoint: a broadcast makes a copy for each remote, and no site sends it on; what is learned goes to one") {
    for (const TunnelKind kind : {TunnelKind::vxlan, TunnelKind::nvgre, TunnelKind::vxlan_gpe_ethernet, TunnelKind::l2gre}) {
        Mesh mesh(kind);
        CHECK_EQUAL(mesh.send(1, everybody), size_t{4});
        CHECK(mesh.received() == (Counts{0, 1, 1, 1, 1}));
        for (unsigned n = 2; n <= count; n++) CHECK_EQUAL(mesh.site(n).behind(station(1)), end_of(1));
        CHECK_EQUAL(mesh.site(1).behind(station(1)), std::string("if1"));
        CHECK_EQUAL(mesh.send(3, station(1)), size_t{1});
        CHECK(mesh.received() == (Counts{1, 0, 0, 0, 0}));
        CHECK_EQUAL(mesh.send(1, station(3)), size_t{1});
        CHECK(mesh.received() == (Counts{0, 0, 1, 0, 0}));
        // Who is not known is looked for everywhere.
        CHECK_EQUAL(mesh.send(2, station(5)), size_t{4});
        CHECK(mesh.received() == (Counts{1, 0, 1, 1, 1}));
        CHECK_EQUAL(mesh.site(1).state("t").out_broadcast, uint64_t{4});
        std::vector<std::string> legs;
        for (const ObjectState &o : mesh.site(1).core->object_page(0, 100).objects)
            for (const ObjectState::Leg &leg : o.legs) legs.push_back(leg.interface + (leg.remote ? ' ' + to_text(*leg.remote) : ""));
        CHECK(legs == (std::vector<std::string>{"if1", "t 10.0.5.2", "t 10.0.5.3", "t 10.0.5.4", "t 10.0.5.5"}));
        CHECK_EQUAL(mesh.site(1).state("t").out_unicast, uint64_t{1});
    }
}

TEST("multipoint: a station that moves to another site is followed, and what is for one of the same tunnel does not go back into it") {
    Mesh mesh(TunnelKind::vxlan);
    mesh.send(2, everybody);
    CHECK_EQUAL(mesh.site(1).behind(station(2)), end_of(2));
    mesh.site(4).give(1, frame(everybody, station(2), packet({.source = "10.9.0.1", .destination = "10.9.0.2"})));
    mesh.site(4).run();
    mesh.carry();
    CHECK_EQUAL(mesh.site(1).behind(station(2)), end_of(4));
    CHECK_EQUAL(mesh.site(1).core->bridge_states("d").at(0).moves, uint64_t{1});
    mesh.received();
    // Site 3 still sends one for it to site 1: nothing goes out there by the tunnel.
    mesh.site(3).domain.macs = {{station(2), "t", to_ip6(address(end_of(1)))}};
    mesh.site(3).changed();
    CHECK_EQUAL(mesh.send(3, station(2)), size_t{1});
    CHECK(mesh.received() == (Counts{0, 0, 0, 0, 0}));
    CHECK_EQUAL(mesh.site(1).drops("bridge-input", "same-interface"), uint64_t{1});
}

TEST("multipoint: addresses can be configured behind a remote, which has to be one of the tunnel's") {
    Mesh mesh(TunnelKind::vxlan);
    Site &one = mesh.site(1);
    one.domain.macs = {{station(4), "t", to_ip6(address(end_of(4)))}};
    one.changed();
    CHECK_EQUAL(one.behind(station(4)), end_of(4));
    CHECK_EQUAL(mesh.send(1, station(4)), size_t{1});
    CHECK(mesh.received() == (Counts{0, 0, 0, 1, 0}));
    one.domain.macs[0].remote = to_ip6(address("10.0.5.9"));
    CHECK_EQUAL(one.commit(Records().bridge(one.domain)),
                std::string("bridge domain 'd' has a static MAC address behind 10.0.5.9, which is no remote of 't'"));
    one.domain.macs[0].interface = "if1";
    CHECK_EQUAL(one.commit(Records().bridge(one.domain)),
                std::string("bridge domain 'd' has a static MAC address behind 10.0.5.9, which is no remote of 'if1'"));
}

TEST("multipoint: other remotes are other copies, and what was learned behind those that are no more is forgotten") {
    Mesh mesh(TunnelKind::vxlan);
    for (unsigned n = 2; n <= count; n++) mesh.send(n, everybody);
    mesh.received();
    Site &one = mesh.site(1);
    one.domain.macs = {{mac(0x77), "t", one.tunnel.remotes[3]}};
    one.changed();
    one.tunnel.remotes.erase(one.tunnel.remotes.begin() + 1);  // site 3
    CHECK_EQUAL(one.commit(Records().tunnel("t", one.tunnel)), std::string());
    CHECK_EQUAL(one.behind(station(2)), end_of(2));
    CHECK_EQUAL(one.behind(station(3)), std::string("nobody"));
    CHECK_EQUAL(one.behind(mac(0x77)), end_of(5));
    CHECK_EQUAL(mesh.send(1, everybody), size_t{3});
    CHECK(mesh.received() == (Counts{0, 1, 0, 1, 1}));
    // That site still sends, and is not heard.
    mesh.send(3, station(1));
    CHECK_EQUAL(mesh.received()[0], size_t{0});
    CHECK_EQUAL(one.commit(Records().bridge_delete("d").tunnel_delete("t").interface_delete("t")), std::string());
    CHECK(!one.core->registry.macs);
}

TEST("multipoint: bursts of broadcasts to hundreds of remotes have room and memory for every copy") {
    Mesh mesh(TunnelKind::vxlan);
    Site &one = mesh.site(1);
    one.tunnel.remotes.clear();
    for (unsigned n = 0; n < 300; n++) one.tunnel.remotes.push_back(to_ip6(address("10.1." + std::to_string(n / 100) + "." + std::to_string(1 + n % 100))));
    CHECK_EQUAL(one.commit(Records().tunnel("t", one.tunnel).adjacency(2, "if2", end_of(2)).route("10.1.0.0/16", 2)), std::string());
    for (int n = 0; n < 64; n++) one.give(1, frame(everybody, station(1), packet({.source = "10.9.0.1", .destination = "10.9.0.255", .payload = 1000})));
    one.run();
    std::map<uint32_t, size_t> copies;
    for (const Frame &f : one.out(2)) copies[load32(&f.bytes[30])]++;
    CHECK_EQUAL(copies.size(), size_t{300});
    CHECK(std::all_of(copies.begin(), copies.end(), [](const auto &c) { return c.second == 64; }));
    CHECK_EQUAL(one.drops("worker", "no-buffer") + one.drops("worker", "vector-full"), uint64_t{0});
}

}  // namespace
}  // namespace weft::multipoint_test
