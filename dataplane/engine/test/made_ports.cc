// Ports whose device is made with them: when it is made and taken away, and what a change of the other end leaves alone.
#include "lab.h"

namespace weft::made_ports_test {
namespace {

Records make(const std::string &port, const MadePort &made) {
    Records r;
    r.u8(35).str(port).str(made.name_space).str(made.device).u8(made.mac ? 1 : 0);
    if (made.mac) r.bytes.insert(r.bytes.end(), made.mac->begin(), made.mac->end());
    r.u16(made.mtu).u16(static_cast<unsigned>(made.addresses.size()));
    for (const HostAddress &a : made.addresses) r.addr(a).u8(a.prefix_length);
    r.u8(static_cast<unsigned>(made.gateways.size()));
    for (const HostAddress &g : made.gateways) r.addr(g);
    return r;
}

// Its wires are no devices that wait: the driver `auto` of a made port is that of memory here.
struct Auto : MemoryFactory {
    PortChoice open(const PortRequest &request) override {
        PortRequest one = request;
        if (one.driver == "auto") one.driver = "memory";
        return MemoryFactory::open(one);
    }
};

const MadePort plain{"box", "eth0"};

struct Made : Lab {
    Made() : Lab(2, std::make_unique<Auto>()) { standard(); }
    PortState port(const std::string &name) {
        for (const PortState &p : core->port_states())
            if (p.name == name) return p;
        throw CheckFailed{"no port " + name};
    }
    std::string with(const std::string &name, const MadePort &made) {
        Records r = make(name, made);
        r.interface(name, name, {"10.0.7.1/24"});
        return commit(r);
    }
};

TEST("made ports: one is made with its record, carries packets, and is taken away with it") {
    Made lab;
    MadePort made = plain;
    made.mac = mac(0x77);
    made.mtu = 9000;
    CHECK_EQUAL(lab.with("c1", made), std::string());
    CHECK_EQUAL(lab.factory->made().size(), size_t{1});
    CHECK(lab.factory->made().begin()->second == made);
    const PortState state = lab.port("c1");
    CHECK_EQUAL(state.made_namespace + '/' + state.made_device, std::string("box/eth0"));
    CHECK(state.made_link && state.made_link->mac == mac(0x77));
    CHECK_EQUAL(lab.state("c1").mtu, uint32_t{9000});
    lab.factory->device(state.device, mac(0x70))->give({arp(1, mac(0x77), "10.0.7.9", {}, "10.0.7.1", {255, 255, 255, 255, 255, 255}), {}, 0, 0});
    lab.run();
    CHECK_EQUAL(lab.factory->device(state.device, mac(0x70))->take().size(), size_t{1});
    CHECK_EQUAL(lab.commit(Records().interface_delete("c1").port_delete("c1")), std::string());
    CHECK(lab.factory->made().empty());
}

TEST("made ports: a change of the other end keeps the port; another end is another device, and the one before goes") {
    Made lab;
    CHECK_EQUAL(lab.with("c1", plain), std::string());
    const auto handle = lab.core->registry.ports.at("c1");
    const std::string device = handle->spec.device;
    MadePort other = plain;
    other.addresses = {address("10.0.7.2", 24)};
    other.gateways = {address("10.0.7.1")};
    CHECK_EQUAL(lab.commit(make("c1", other)), std::string());
    CHECK(lab.core->registry.ports.at("c1") == handle);
    CHECK(lab.factory->made().at(device) == other);
    other.device = "eth1";
    CHECK_EQUAL(lab.commit(make("c1", other)), std::string());
    CHECK_EQUAL(lab.factory->made().size(), size_t{1});
    CHECK(lab.factory->made().begin()->second == other);
    // By another name the same device stays.
    const std::string second = lab.factory->made().begin()->first;
    Records renamed = make("c2", other);
    renamed.interface_delete("c1").port_delete("c1");
    CHECK_EQUAL(lab.commit(renamed), std::string());
    CHECK(lab.factory->made().contains(second));
}

TEST("made ports: what is refused or given up leaves nothing") {
    Made lab;
    CHECK_EQUAL(lab.commit(make("c1", plain)), std::string());
    CHECK_EQUAL(lab.commit(make("c2", plain)), std::string("port 'c2' is to be made as device 'eth0' in namespace 'box', which port 'c1' is"));
    MadePort other = plain;
    other.device = "eth1";
    Records r = make("c3", other);
    r.interface("c3", "p9", {});
    CHECK_EQUAL(lab.commit(r), std::string("interface 'c3' names port 'p9', which does not exist"));
    CHECK_EQUAL(lab.factory->made().size(), size_t{1});
    const auto refused = [&](MadePort bad) { return lab.commit(make("c4", bad)); };
    const std::string who = "port 'c4' is to be made with ", letters = " letters, digits, '.', '_' and '-', and begins with none of the last";
    CHECK_EQUAL(refused({"a b", "eth0"}), who + "namespace 'a b'; its name has 1 to 27" + letters);
    CHECK_EQUAL(refused({"box", "sixteen-letters-"}), who + "device 'sixteen-letters-'; its name has 1 to 15" + letters);
    CHECK_EQUAL(refused({"box", "../eth0"}), who + "device '../eth0'; its name has 1 to 15" + letters);
    CHECK_EQUAL(refused({"box", "eth2", MacAddress{1, 0, 0, 0, 0, 1}}), who + "a MAC address that is null or of a group");
    CHECK_EQUAL(refused({"box", "eth2", {}, 1500, {address("10.0.7.2", 33)}}), who + "10.0.7.2/33, which is no host's address");
    CHECK_EQUAL(refused({"box", "eth2", {}, 60}), who + "an MTU of 60, below 68");
}

TEST("made ports: a full transaction keeps those that it names and takes the others away") {
    Made lab;
    MadePort other = plain;
    other.device = "eth1";
    CHECK_EQUAL(lab.commit(make("c1", plain)), std::string());
    CHECK_EQUAL(lab.commit(make("c2", other)), std::string());
    const auto handle = lab.core->registry.ports.at("c1");
    CHECK_EQUAL(lab.commit(make("c1", plain), true), std::string());
    CHECK(lab.core->registry.ports.at("c1") == handle);
    CHECK_EQUAL(lab.factory->made().size(), size_t{1});
    CHECK_EQUAL(lab.commit(Records(), true), std::string());
    CHECK(lab.factory->made().empty());
}

}  // namespace
}  // namespace weft::made_ports_test
