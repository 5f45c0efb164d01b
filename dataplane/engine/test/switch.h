// A switch on memory ports, for the tests of bridge domains.
#pragma once

#include "lab.h"

namespace weft::switching {

inline constexpr uint64_t second = 1000000;
inline constexpr MacAddress everybody{0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
inline const MacAddress a = mac(0xa1), b = mac(0xb2), c = mac(0xc3);

// Interfaces if1…ifn without addresses, all in domain "d", and what is changed about it.
struct Switch : Lab {
    BridgeSpec spec;

    explicit Switch(unsigned ports = 3) : Lab(ports) {
        Records r;
        spec.name = "d";
        for (unsigned n = 1; n <= ports; n++) {
            const std::string i = std::to_string(n);
            r.port("p" + i, "e" + i).interface("if" + i, "p" + i, {}, interface_enabled);
            spec.members.push_back({"if" + i, 0, MacTable::no_limit});
        }
        r.bridge(spec);
        CHECK_EQUAL(commit(r), std::string());
    }
    std::string change() {
        Records r;
        r.bridge(spec);
        return commit(r);
    }
    void changed() { CHECK_EQUAL(change(), std::string()); }
    // With the routed interface "bvi" of MAC 02::99, 10.0.9.1/24.
    void route() {
        Records r;
        spec.routed = "bvi";
        r.u8(3).str("bvi").u32(0).str("").u8(31).u16(0).u8(1);
        const MacAddress own = mac(0x99);
        r.bytes.insert(r.bytes.end(), own.begin(), own.end());
        r.u16(1).addr(address("10.0.9.1")).u8(24);
        r.bridge(spec);
        r.glean(9, "bvi").route("10.0.9.0/24", 9).route("10.0.9.1/32", 1000).local(1000);
        CHECK_EQUAL(commit(r), std::string());
        core->watch_links();
    }
    void send(unsigned port, const MacAddress &to, const MacAddress &from, const std::string &what = "10.0.9.8") {
        give(port, frame(to, from, packet({.source = "10.0.9.7", .destination = what})));
        run();
    }
    size_t count(unsigned port) { return out(port).size(); }
    BridgeState bridge() {
        const auto all = core->bridge_states("d");
        CHECK_EQUAL(all.size(), size_t{1});
        return all[0];
    }
    size_t known(const MacQuery &query = {}) { return core->mac_page(query, 0, 1000, now).macs.size(); }
};

}  // namespace weft::switching
