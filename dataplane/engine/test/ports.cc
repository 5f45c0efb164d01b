// What becomes of a port whose driver, queues or device are other ones: its packets, its counters, and what it says.
#include <linux/if_ether.h>

#include <chrono>
#include <set>
#include <thread>

#include "../ports/af_packet_fanout.h"
#include "../ports/ring_memory.h"
#include "lab_running.h"

namespace weft::ports_test {
namespace {

Records settings(const std::string &port, const std::string &driver, unsigned queues) {
    Records r;
    r.u8(33).str(port).str(driver).u8(queues).u8(0);
    return r.u8(0);
}

Records crew(unsigned count) {
    Records r;
    return r.u8(32).u8(count).u8(0);
}

Records operator+(Records a, const Records &b) {
    a.bytes.insert(a.bytes.end(), b.bytes.begin(), b.bytes.end());
    return a;
}

Bytes datagram(uint16_t number = 0) {
    return frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .source_port = number}));
}

PortState port(const Core &core, const std::string &name) {
    for (const PortState &p : core.port_states())
        if (p.name == name) return p;
    throw CheckFailed{"no port " + name};
}

// With how often it was told that something else is wrong.
struct Told : Lab {
    explicit Told(unsigned ports = 2) : Lab(ports) {
        standard();
        know_hosts();
        core->handler = [this](const Event &e) {
            told += e.kind == Event::Kind::condition;
        };
    }
    void forward(unsigned frames) {
        for (unsigned n = 0; n < frames; n++) wires[0]->give({datagram(), {}, 0, 0}, n);
        run();
        CHECK_EQUAL(out(2).size(), size_t{frames});
    }
    // What housekeeping does once in a while.
    void keep_house() {
        core->watch_links();
        core->follow_devices();
        if (core->misses_ports()) core->reopen_ports();
        core->tell_conditions();
        while (core->close_queues()) run();
        core->collect(0);
        run();
    }
    void set_mtu(unsigned port, uint32_t mtu) {
        LinkState link = wires[port - 1]->link();
        link.mtu = mtu;
        wires[port - 1]->set_link(link);
    }
    unsigned told = 0;
};

TEST("ports: all that a transaction asks for and can't have is told, each by its object") {
    Told lab(3);
    lab.wires[0]->refuse("no memory");
    lab.wires[2]->refuse("no permission");
    const Records r = settings("p1", "", 6) + settings("p2", "", 6) + settings("p3", "other", 0) +
                      Records().interface("if2", "p9", {"10.0.2.1/24"});
    CHECK_EQUAL(lab.core->stage(70, r.bytes.data(), r.bytes.size()), std::string());
    std::vector<Refusal> refusals;
    CHECK(!lab.core->prepare(70, false, &refusals).empty());
    CHECK_EQUAL(refusals.size(), size_t{3});
    CHECK_EQUAL(refusals[0].kind + " " + refusals[0].name, std::string("port p1"));
    CHECK_EQUAL(refusals[0].text, std::string("port 'p1': no memory"));
    CHECK_EQUAL(refusals[1].text, std::string("port 'p3': driver 'other' is not one of: memory, small"));
    CHECK_EQUAL(refusals[2].kind + " " + refusals[2].name, std::string("interface if2"));
    CHECK_EQUAL(refusals[2].text, std::string("interface 'if2' names port 'p9', which does not exist"));
    lab.core->abort(70);
    lab.forward(8);
    refusals.clear();
    const Records route = Records().route("10.9.0.0/16", 99);
    CHECK_EQUAL(lab.core->stage(71, route.bytes.data(), route.bytes.size()), std::string());
    const std::string said = lab.core->prepare(71, false, &refusals);
    CHECK_EQUAL(refusals.size(), size_t{1});
    CHECK_EQUAL(refusals[0].kind, std::string());
    CHECK_EQUAL(refusals[0].text, said);
    lab.core->abort(71);
}

TEST("ports: counters go on over other queues, drivers and devices") {
    Told lab;
    const PortState before = port(*lab.core, "p1");
    uint64_t sent = 0;
    const auto more = [&] {
        lab.forward(10);
        sent += 10;
        const PortState p1 = port(*lab.core, "p1");
        CHECK_EQUAL(p1.counters.rx_packets, sent);
        CHECK_EQUAL(port(*lab.core, "p2").counters.tx_packets, sent);
        CHECK_EQUAL(p1.discontinuity, before.discontinuity);
    };
    more();
    CHECK_EQUAL(lab.commit(settings("p1", "small", 2)), std::string());
    CHECK_EQUAL(port(*lab.core, "p1").driver, std::string("small"));
    more();
    CHECK_EQUAL(lab.commit(settings("p1", "memory", 1) + settings("p2", "small", 3)), std::string());
    more();
    CHECK_EQUAL(lab.commit(settings("p1", "memory", 4)), std::string());
    more();
    lab.keep_house();
    LinkState link = lab.wires[0]->link();
    link.present = false;
    lab.wires[0]->set_link(link);
    lab.keep_house();
    CHECK_EQUAL(port(*lab.core, "p1").counters.rx_packets, sent);
    link.present = true;
    lab.wires[0]->set_link(link);
    lab.keep_house();
    more();
    CHECK(lab.core->registry.ports["p1"]->runtime->open.size() == 1);
}

TEST("ports: what the driver before has received is taken when another one serves the port, and then it is closed") {
    Told lab;
    const auto give = [&](unsigned frames) {
        for (unsigned n = 0; n < frames; n++) lab.wires[0]->give({datagram(), {}, 0, 0}, n);
    };
    const auto apply = [&](uint64_t number, const Records &r) {
        CHECK_EQUAL(lab.core->stage(number, r.bytes.data(), r.bytes.size()), std::string());
        CHECK_EQUAL(lab.core->prepare(number, false), std::string());
        lab.core->apply(number, number);
    };
    CHECK_EQUAL(lab.commit(settings("p1", "memory", 3)), std::string());
    lab.keep_house();
    give(7);
    apply(80, settings("p1", "small", 2));
    give(5);
    CHECK_EQUAL(port(*lab.core, "p1").driver, std::string("small"));
    CHECK_EQUAL(port(*lab.core, "p1").workers.size(), size_t{2});
    PortHandle &handle = *lab.core->registry.ports["p1"];
    CHECK(handle.predecessor && lab.core->close_queues());
    // Another change before the first is done: none of three is forgotten.
    apply(81, settings("p1", "memory", 1));
    give(3);
    CHECK(lab.core->registry.ports["p1"]->predecessor->predecessor);
    lab.run();
    CHECK_EQUAL(lab.out(2).size(), size_t{15});
    CHECK_EQUAL(port(*lab.core, "p1").counters.rx_packets, uint64_t{15});
    lab.keep_house();
    CHECK(!lab.core->registry.ports["p1"]->predecessor);
    CHECK_EQUAL(lab.core->registry.ports["p1"]->runtime->open.size(), size_t{1});
    // One that is given up leaves all as it was.
    const Records other = settings("p1", "small", 1);
    CHECK_EQUAL(lab.core->stage(82, other.bytes.data(), other.bytes.size()), std::string());
    CHECK_EQUAL(lab.core->prepare(82, false), std::string());
    lab.core->abort(82);
    lab.forward(4);
}

TEST("ports: other numbers of queues leave the port as it is, and those that are too many are emptied before they go") {
    Told lab;
    PortHandle &handle = *lab.core->registry.ports["p1"];
    const Port *const same = handle.port.get();
    const size_t usual = handle.queues;
    CHECK_EQUAL(lab.commit(settings("p1", "", 5)), std::string());
    CHECK_EQUAL(handle.port->rx_queues(), std::max<size_t>(5, usual));
    CHECK_EQUAL(port(*lab.core, "p1").workers.size(), size_t{5});
    lab.keep_house();
    // What the last one has when it is divided among two is still taken.
    lab.wires[0]->give({datagram(), {}, 0, 0}, 4);
    const Records r = settings("p1", "", 2);
    CHECK_EQUAL(lab.core->stage(80, r.bytes.data(), r.bytes.size()), std::string());
    CHECK_EQUAL(lab.core->prepare(80, false), std::string());
    lab.core->apply(80, 80);
    CHECK_EQUAL(port(*lab.core, "p1").workers.size(), size_t{2});
    CHECK(lab.core->close_queues());
    CHECK_EQUAL(handle.listed, size_t{5});
    lab.run();
    lab.only(2);
    lab.keep_house();
    CHECK_EQUAL(handle.listed, size_t{2});
    CHECK_EQUAL(handle.port->rx_queues(), size_t{2});
    CHECK_EQUAL(handle.port.get(), same);
    lab.forward(10);
    // One that is given up goes as it came, also while others are being emptied.
    const Records many = settings("p1", "", 16);
    CHECK_EQUAL(lab.core->stage(81, many.bytes.data(), many.bytes.size()), std::string());
    CHECK_EQUAL(lab.core->prepare(81, false), std::string());
    CHECK_EQUAL(handle.port->rx_queues(), size_t{16});
    lab.core->abort(81);
    lab.keep_house();
    CHECK_EQUAL(handle.port->rx_queues(), size_t{2});
    lab.wires[0]->refuse("no memory");
    CHECK_EQUAL(lab.commit(settings("p1", "", 3)), std::string("port 'p1': no memory"));
    lab.forward(10);
    CHECK_EQUAL(port(*lab.core, "p1").workers.size(), size_t{2});
}

TEST("ports: a driver that is asked for by its name is no other one") {
    Told lab;
    const Port *const same = lab.core->registry.ports["p1"]->port.get();
    CHECK_EQUAL(lab.commit(settings("p1", "memory", 0)), std::string());
    CHECK_EQUAL(lab.core->registry.ports["p1"]->port.get(), same);
}

TEST("ports: a device whose MTU is too large for its driver is another driver's until it is smaller again") {
    Told lab;
    CHECK_EQUAL(lab.commit(settings("p1", "small", 0)), std::string());
    lab.keep_house();
    lab.told = 0;
    const std::string why = "its MTU is 3000, and small takes one of at most 2000";
    const auto is = [&](const char *driver, PortProblem problem) {
        const PortState p1 = port(*lab.core, "p1");
        CHECK_EQUAL(p1.driver, std::string(driver));
        CHECK(p1.problem == problem);
        CHECK(p1.link.present);
        lab.forward(4);
    };
    lab.set_mtu(1, 3000);
    lab.keep_house();
    is("memory", PortProblem::other_driver);
    CHECK_EQUAL(port(*lab.core, "p1").reason, why);
    CHECK_EQUAL(lab.told, 1u);
    const Port *const opened = lab.core->registry.ports["p1"]->port.get();
    lab.keep_house();
    CHECK_EQUAL(lab.core->registry.ports["p1"]->port.get(), opened);
    CHECK_EQUAL(lab.told, 1u);
    lab.set_mtu(1, 1500);
    lab.keep_house();
    is("small", PortProblem::none);
    CHECK_EQUAL(lab.told, 2u);
    // Asked for with that MTU it is refused, by whoever asks; after a restart it is as before.
    lab.set_mtu(2, 3000);
    CHECK_EQUAL(lab.commit(settings("p2", "small", 0)), "port 'p2': " + why);
    lab.forward(4);
    CHECK_EQUAL(lab.commit(Records().interface("if1", "p1", {"10.0.1.1/24", "2001:db8:1::1/64"}, 31, 3000)),
                std::string("interface 'if1' has MTU 3000, and the driver small of port 'p1' takes at most 2000; af_packet takes any"));
    const Records all = Records().port("p1", "e1").port("p2", "e2").interface("if1", "p1", {"10.0.1.1/24"}).interface("if2", "p2", {"10.0.2.1/24"}) +
                        settings("p1", "small", 0) + settings("p2", "small", 0);
    CHECK_EQUAL(lab.commit(all, true), std::string());
    CHECK(port(*lab.core, "p2").problem == PortProblem::other_driver);
    CHECK_EQUAL(port(*lab.core, "p2").driver, std::string("memory"));
    CHECK_EQUAL(port(*lab.core, "p1").driver, std::string("small"));
}

TEST("ports: one whose device is gone says so, and nothing of what was") {
    Told lab;
    lab.factory->set_others({{"af_xdp", "not asked for"}});
    CHECK_EQUAL(lab.commit(settings("p1", "small", 0)), std::string());
    LinkState link = lab.wires[0]->link();
    link.present = false;
    lab.wires[0]->set_link(link);
    lab.keep_house();
    const PortState p1 = port(*lab.core, "p1");
    CHECK(p1.problem == PortProblem::device_missing);
    CHECK_EQUAL(p1.reason, std::string("its device e1 is not there"));
    CHECK(p1.driver.empty() && p1.others.empty() && p1.workers.empty());
    CHECK_EQUAL(lab.state("if1").driver_reason, p1.reason);
    // It stops no commit, and other workers are had without it.
    CHECK_EQUAL(lab.commit(crew(6) + settings("p1", "memory", 2)), std::string());
    lab.keep_house();
    link.present = true;
    lab.wires[0]->set_link(link);
    lab.keep_house();
    CHECK(port(*lab.core, "p1").problem == PortProblem::none);
    lab.forward(12);
}

TEST("ports: queues and workers come and go while packets pass, and none is lost") {
    Running box;
    const auto e1 = box.e1, e2 = box.e2;
    box.commit(Records().port("p1", "e1").port("p2", "e2").interface("if1", "p1", {"10.0.1.1/24"}).interface("if2", "p2", {"10.0.2.1/24"}).glean(1, "if1").glean(2, "if2").route("10.0.1.0/24", 1).route("10.0.2.0/24", 2).neighbour("if2", "10.0.2.9", h2));
    std::atomic<uint64_t> given{0};
    uint64_t came = 0;
    const auto all_came = [&] {
        for (const Frame &f : e2->take()) came += load16(&f.bytes[12]) == 0x0800;
        return came == given;
    };
    const auto await_all = [&] {
        for (int n = 0; n < 5000 && !all_came(); n++) std::this_thread::sleep_for(std::chrono::milliseconds(1));
        CHECK_EQUAL(came, given.load());
    };
    // The neighbour is to be known by all that may hold packets.
    e1->give({datagram(), {}, 0, 0}, 0);
    given++;
    await_all();
    std::atomic<bool> stop{false};
    std::thread sender([&] {
        for (unsigned n = 0; !stop; n++) {
            e1->give({datagram(static_cast<uint16_t>(n)), {}, 0, 0}, n);
            given++;
            if (n % 32 == 0) std::this_thread::sleep_for(std::chrono::microseconds(100));
        }
    });
    constexpr unsigned queues[] = {4, 1, 16, 2, 8, 3, 1, 5};
    for (unsigned round = 0; round < 64; round++) {
        box.commit(round % 3 ? settings("p1", "", queues[round % 8]) : crew(1 + round % 5) + settings("p1", "", queues[round % 8]));
        std::this_thread::sleep_for(std::chrono::milliseconds(round % 4 ? 2 : 25));
        CHECK_EQUAL(box.engine.ports()[0].workers.size(), size_t{queues[round % 8]});
    }
    stop = true;
    sender.join();
    await_all();
    CHECK_EQUAL(box.engine.ports()[0].counters.rx_packets, given.load());
}

TEST("ports: rings that would take too much memory are refused with how many would fit") {
    constexpr uint64_t ring = 16 << 20, available = 200 << 20;
    CHECK_EQUAL(too_much_memory(6, ring, available), std::string());
    CHECK_EQUAL(too_much_memory(16, ring, available),
                std::string("16 more receive queues take 256 MiB, and only half of the 200 MiB that are available may be taken; 6 would fit"));
    CHECK_EQUAL(too_much_memory(1, ring, ring),
                std::string("1 more receive queue takes 16 MiB, and only half of the 16 MiB that are available may be taken; not one would fit"));
    CHECK(available_memory() > 0);
}

TEST("ports: devices of the host get a queue for each worker, and keep them") {
    Told lab;
    const auto queues = [&] { return lab.state("if1").tap.rx_queues; };
    CHECK_EQUAL(lab.state("if1").tap.device, std::string("if1"));
    CHECK_EQUAL(lab.commit(crew(6)), std::string());
    CHECK_EQUAL(queues(), 6u);
    CHECK_EQUAL(lab.commit(crew(2)), std::string());
    CHECK_EQUAL(queues(), 6u);
    // Whatever queue the host's stack uses, somebody serves it.
    for (unsigned n = 0; n < 6; n++)
        lab.factory->tap("if1")->give({frame(h1, mac(1), packet({.source = "10.0.1.1", .destination = "10.0.1.9"})), {}, 0, 0}, n);
    lab.run();
    CHECK_EQUAL(lab.out(1).size(), size_t{6});
}

// What the kernel does with a program, for packets from layer 3 on.
uint32_t run(const std::vector<sock_filter> &program, uint16_t type, const Bytes &p) {
    uint32_t a = 0, x = 0, scratch[BPF_MEMWORDS] = {};
    for (size_t at = 0; at < program.size(); at++) {
        const sock_filter &i = program[at];
        const auto load = [&](uint32_t from, unsigned size) {
            uint32_t value = 0;
            if (from + size > p.size()) throw uint32_t{0};
            for (unsigned n = 0; n < size; n++) value = value << 8 | p[from + n];
            return value;
        };
        switch (i.code) {
            case BPF_LD | BPF_W | BPF_ABS: a = i.k == static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL) ? type : load(i.k, 4); break;
            case BPF_LD | BPF_H | BPF_ABS: a = load(i.k, 2); break;
            case BPF_LD | BPF_B | BPF_ABS: a = load(i.k, 1); break;
            case BPF_LD | BPF_H | BPF_IND: a = load(x + i.k, 2); break;
            case BPF_LD | BPF_W | BPF_MEM: a = scratch[i.k]; break;
            case BPF_LDX | BPF_W | BPF_MEM: x = scratch[i.k]; break;
            case BPF_LDX | BPF_IMM: x = i.k; break;
            case BPF_LDX | BPF_B | BPF_MSH: x = 4 * (load(i.k, 1) & 15); break;
            case BPF_ST: scratch[i.k] = a; break;
            case BPF_ALU | BPF_ADD | BPF_X: a += x; break;
            case BPF_ALU | BPF_MUL | BPF_K: a *= i.k; break;
            case BPF_ALU | BPF_RSH | BPF_K: a >>= i.k; break;
            case BPF_ALU | BPF_MOD | BPF_K: a %= i.k; break;
            case BPF_JMP | BPF_JA: at += i.k; break;
            case BPF_JMP | BPF_JEQ | BPF_K: at += a == i.k ? i.jt : i.jf; break;
            case BPF_JMP | BPF_JSET | BPF_K: at += a & i.k ? i.jt : i.jf; break;
            case BPF_RET | BPF_K: return i.k;
            case BPF_RET | BPF_A: return a;
            default: throw CheckFailed{"instruction " + std::to_string(i.code)};
        }
    }
    throw CheckFailed{"the program does not end"};
}

TEST("ports: packets are divided by flow, alike in both directions, fragments of a packet together") {
    for (const size_t sockets : {size_t{1}, size_t{2}, size_t{3}, size_t{16}}) {
        const auto program = fanout_program(sockets);
        const auto queue = [&](const Ip &ip) { return run(program, ip.source.find(':') == std::string::npos ? ETH_P_IP : ETH_P_IPV6, packet(ip)); };
        std::set<uint32_t> of4, of6, of_hosts;
        for (uint16_t n = 0; n < 400; n++) {
            for (const bool v6 : {false, true}) {
                const std::string here = v6 ? "2001:db8:1::9" : "10.0.1.9", there = v6 ? "2001:db8:2::9" : "10.0.2.9";
                const uint16_t one = static_cast<uint16_t>(40000 + n);
                const uint32_t way = queue({.source = here, .destination = there, .protocol = 6, .source_port = one, .destination_port = 80});
                CHECK_EQUAL(way, queue({.source = there, .destination = here, .protocol = 6, .source_port = 80, .destination_port = one}));
                CHECK(way < sockets);
                (v6 ? of6 : of4).insert(way);
            }
            const std::string host = "10.0.1." + std::to_string(n % 250);
            const uint32_t first = queue({.source = host, .destination = "10.0.2.9", .source_port = n, .fragment = 0x2000});
            CHECK_EQUAL(first, queue({.source = host, .destination = "10.0.2.9", .source_port = 77, .fragment = 0x0100}));
            of_hosts.insert(first);
        }
        CHECK_EQUAL(of4.size(), sockets);
        CHECK_EQUAL(of6.size(), sockets);
        CHECK_EQUAL(of_hosts.size(), sockets);
        // Below a tag as without; what has no addresses goes to the first.
        const Bytes plain = packet({.source = "10.0.1.9", .destination = "10.0.2.9"});
        Bytes tagged = {0, 5, 8, 0};
        tagged.insert(tagged.end(), plain.begin(), plain.end());
        CHECK_EQUAL(run(program, ETH_P_8021Q, tagged), run(program, ETH_P_IP, plain));
        CHECK_EQUAL(run(program, ETH_P_ARP, plain), 0u);
    }
}

}  // namespace
}  // namespace weft::ports_test
