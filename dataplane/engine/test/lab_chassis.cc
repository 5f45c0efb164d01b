#include "lab_chassis.h"

#include <map>

namespace weft {

MacAddress port_mac(unsigned slot, unsigned port) { return {2, 0, 0, 0, static_cast<uint8_t>(slot), static_cast<uint8_t>(port)}; }
MacAddress host_mac(unsigned slot, unsigned port) { return {2, 0, 0, 1, static_cast<uint8_t>(slot), static_cast<uint8_t>(port)}; }
std::string host4(unsigned slot, unsigned port) { return "10." + std::to_string(slot) + "." + std::to_string(port) + ".9"; }
std::string host6(unsigned slot, unsigned port) { return "2001:db8:" + std::to_string(slot) + std::to_string(port) + "::9"; }

namespace {

std::string name(unsigned slot, const std::string &port) { return std::to_string(slot) + "/" + port; }

std::string link_address(const ChassisPlan &plan, unsigned slot, unsigned link) {
    if (plan.v6) return "2001:db8:ff0" + std::to_string(link) + "::" + std::to_string(slot + 1);
    return "192.0." + std::to_string(link) + "." + std::to_string(slot + 1);
}

}  // namespace

Records Chassis::fabric(const ChassisPlan &p) {
    Records r;
    r.u8(91).u8(static_cast<unsigned>(p.kind)).u32(0).u16(p.fabric_mtu).u16(4789).u16(p.vlan).u16(300).u8(3).u16(p.members);
    for (unsigned s = 0; s < p.members; s++) {
        r.u16(s).u8(p.links);
        for (unsigned l = 1; l <= p.links; l++) {
            r.str(name(s, "f" + std::to_string(l))).u8(3).addr(address(link_address(p, s, l)));
            for (const uint8_t octet : port_mac(s, p.ports + l)) r.u8(octet);
        }
    }
    return r;
}

Records Chassis::records(const ChassisPlan &p) {
    Records r;
    const auto device = [](unsigned n) { return "e" + std::to_string(n); };
    for (unsigned s = 0; s < p.members; s++) {
        for (unsigned n = 1; n <= p.ports; n++) {
            const std::string i = name(s, std::to_string(n)), v4 = "10." + i, number = std::to_string(s) + std::to_string(n);
            const std::string net4 = "10." + std::to_string(s) + "." + std::to_string(n) + ".", net6 = "2001:db8:" + number + "::";
            r.port(i, device(n)).u8(93).str(i).u16(s);
            r.interface(i, i, p.routed ? std::vector<std::string>{net4 + "1/24", net6 + "1/64"} : std::vector<std::string>{}, p.routed ? 31 : 1);
            r.u8(94).u8(1).str(i).u32(s * 16 + n);
            if (!p.routed) continue;
            r.glean(s * 16 + n, i).route(net4 + "0/24", s * 16 + n).route(net6 + "/64", s * 16 + n);
            r.route(net4 + "1/32", 1000).route(net6 + "1/128", 1000);
        }
        for (unsigned l = 1; l <= p.links; l++) {
            const std::string i = name(s, "f" + std::to_string(l));
            r.port(i, device(p.ports + l)).u8(93).str(i).u16(s);
            r.interface(i, i, {link_address(p, s, l) + (p.v6 ? "/64" : "/24")});
        }
    }
    r.local(1000);
    const Records f = fabric(p);
    r.bytes.insert(r.bytes.end(), f.bytes.begin(), f.bytes.end());
    return r;
}

Chassis::Chassis(const ChassisPlan &wanted, bool begin) : plan(wanted), silent(wanted.members), cut(wanted.members) {
    for (unsigned s = 0; s < plan.members; s++) {
        members.push_back(std::make_unique<Lab>(plan.ports + plan.links));
        for (unsigned n = 1; n <= plan.ports + plan.links; n++) {
            LinkState link;
            link.up = true;
            link.mac = port_mac(s, n);
            link.mtu = n > plan.ports ? plan.link_mtu : 1500;
            members[s]->wires[n - 1]->set_link(link);
        }
        cut[s].resize(plan.links);
    }
    if (!begin) return;
    CHECK_EQUAL(commit(records(plan)), std::string());
    settle();
}

std::string Chassis::commit(const Records &records, bool full) {
    std::string first;
    for (unsigned s = 0; s < members.size(); s++) {
        Records r;
        r.u8(90).u16(s);
        r.bytes.insert(r.bytes.end(), records.bytes.begin(), records.bytes.end());
        const std::string error = members[s]->commit(r, full);
        if (first.empty() && !error.empty()) first = "member " + std::to_string(s) + ": " + error;
    }
    return first;
}

bool Chassis::exchange() {
    bool moved = false;
    for (unsigned s = 0; s < members.size(); s++)
        for (unsigned l = 0; l < plan.links; l++)
            for (Frame &f : members[s]->wires[plan.ports + l]->take()) {
                if (silent[s] || cut[s][l]) continue;
                moved = true;
                if (watched) crossed.push_back(f);
                for (unsigned other = 0; other < members.size(); other++) {
                    if (other == s || silent[other] || cut[other][l]) continue;
                    const MacAddress mac = port_mac(other, plan.ports + l + 1);
                    if (!(f.bytes[0] & 1) && std::memcmp(f.bytes.data(), mac.data(), 6) != 0) continue;
                    members[other]->give(plan.ports + l + 1, f.bytes, f.offload);
                }
            }
    return moved;
}

void Chassis::run(uint64_t microseconds) {
    constexpr uint64_t step = 10000;
    for (uint64_t passed = 0;; passed += step) {
        const uint64_t now = std::min(step, microseconds - std::min(passed, microseconds));
        for (unsigned s = 0; s < members.size(); s++)
            if (!silent[s]) members[s]->run(now);
        while (exchange())
            for (unsigned s = 0; s < members.size(); s++)
                if (!silent[s]) members[s]->run();
        for (const auto &member : members) {
            Core &core = *member->core;
            if (!core.links_moved.exchange(false)) continue;
            core.watch_links();
            core.follow_devices();
        }
        if (passed >= microseconds) return;
    }
}

void Chassis::know_hosts() {
    Records r;
    for (unsigned s = 0; s < plan.members; s++)
        for (unsigned n = 1; n <= plan.ports; n++)
            for (const std::string &host : {host4(s, n), host6(s, n)}) r.neighbour(name(s, std::to_string(n)), host, host_mac(s, n));
    CHECK_EQUAL(commit(r), std::string());
    run();
}

void Chassis::give(unsigned slot, unsigned port, const MacAddress &to, const Bytes &packet, Offload offload) {
    members[slot]->give(port, frame(to, host_mac(slot, port), packet), offload);
}

std::map<std::string, size_t> Chassis::outputs() {
    std::map<std::string, size_t> all;
    for (unsigned s = 0; s < members.size(); s++)
        for (unsigned n = 1; n <= plan.ports; n++)
            if (const size_t count = out(s, n).size()) all[name(s, std::to_string(n))] = count;
    return all;
}

}  // namespace weft
