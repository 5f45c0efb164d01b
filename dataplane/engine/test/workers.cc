// Several workers: queues that change hands, limits of the box as a whole, what is asked for by one and learned by another.
#include <chrono>
#include <thread>

#include "lab_running.h"

namespace weft::workers_test {
namespace {

Records crew(unsigned count, const std::vector<std::pair<unsigned, unsigned>> &cpus = {}) {
    Records r;
    r.u8(32).u8(count).u8(static_cast<unsigned>(cpus.size()));
    for (const auto &[worker, cpu] : cpus) r.u8(worker).u16(cpu);
    return r;
}

Records &served(Records &r, const std::string &port, unsigned queues, const std::vector<unsigned> &by) {
    r.u8(33).str(port).str("").u8(queues).u8(static_cast<unsigned>(by.size()));
    for (const unsigned worker : by) r.u8(worker);
    return r.u8(0);
}

Records served(const std::string &port, unsigned queues, const std::vector<unsigned> &by) {
    Records r;
    return served(r, port, queues, by);
}

Bytes numbered(uint16_t flow, uint32_t number) {
    return frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .source_port = flow, .destination_port = static_cast<uint16_t>(number)}));
}

uint16_t flow_of(const Frame &f) { return load16(&f.bytes[34]); }
uint16_t number_of(const Frame &f) { return load16(&f.bytes[36]); }

// Four workers, whatever the run has.
struct Four : Lab {
    Four() {
        standard();
        know("if1", "10.0.1.9", h1);
        know("if2", "10.0.2.9", h2);
        CHECK_EQUAL(commit(crew(4)), std::string());
    }
};

TEST("workers: the old owner of a queue lets go between two bursts, and only then the new one takes it") {
    Four lab;
    CHECK_EQUAL(lab.commit(served("p1", 1, {1})), std::string());
    Core &core = *lab.core;
    const auto queue = [&]() -> const PortUse & {
        for (const PortUse &use : core.table.load()->ports)
            if (use.role == PortRole::data && use.handle->spec.name == "p1") return use;
        throw CheckFailed{"p1 has no queue"};
    };
    CHECK_EQUAL(queue().handle->receiving[0].owner.load(), 1u);
    // What commit() does, but that nobody takes a turn.
    const Records r = served("p1", 1, {3});
    CHECK_EQUAL(core.stage(900, r.bytes.data(), r.bytes.size()), std::string());
    CHECK_EQUAL(core.prepare(900, false), std::string());
    core.apply(900, 900);
    lab.wires[0]->give({numbered(1, 0), {}, 0, 0});
    CHECK(!core.workers[3]->step(lab.now));
    CHECK_EQUAL(queue().handle->receiving[0].owner.load(), 1u);
    core.workers[1]->step(lab.now);
    CHECK_EQUAL(queue().handle->receiving[0].owner.load(), no_worker);
    CHECK(lab.out(2).empty());
    CHECK(core.workers[3]->step(lab.now));
    lab.only(2);
}

TEST("workers: ICMP errors and policers hold to their limits for the box, not for each worker") {
    Four lab;
    CHECK_EQUAL(lab.commit(served("p1", 4, {}).policer(PuntClass::other, {10, 40})), std::string());
    for (unsigned n = 0; n < 400; n++) {
        lab.wires[0]->give({frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .ttl = 1})), {}, 0, 0}, n);
        lab.wires[0]->give({frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.1.1", .destination_port = 9999})), {}, 0, 0}, n);
    }
    lab.run();
    // 100 of the box, and 10 more that the interface has to itself.
    CHECK_EQUAL(lab.out(1).size(), size_t{110});
    CHECK_EQUAL(lab.factory->tap("if1")->take().size(), size_t{40});
    CHECK_EQUAL(lab.drops("punt", "policed-other"), uint64_t{360});
    // A second later, so many more as the rate says.
    for (unsigned n = 0; n < 400; n++)
        lab.wires[0]->give({frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.1.1", .destination_port = 9999})), {}, 0, 0}, n);
    lab.run(1000000);
    CHECK_EQUAL(lab.factory->tap("if1")->take().size(), size_t{10});
}

TEST("workers: each holds its packets in their order until the owner of the neighbours has asked, once") {
    Four lab;
    CHECK_EQUAL(lab.commit(served("p1", 4, {}).u8(33).str("p2").str("").u8(1).u8(1).u8(2).u8(0)), std::string());
    CHECK_EQUAL(lab.commit(Records().neighbour_delete("if2", "10.0.2.9")), std::string());
    for (uint32_t n = 0; n < 40; n++) lab.wires[0]->give({numbered(static_cast<uint16_t>(n % 4), n), {}, 0, 0}, n % 4);
    lab.run();
    CHECK_EQUAL(load16(&lab.only(2).bytes[12]), uint16_t{0x0806});
    CHECK_EQUAL(lab.core->statistics().held_packets, uint64_t{40});
    lab.wires[1]->give({arp(2, h2, "10.0.2.9", mac(2), "10.0.2.1", mac(2)), {}, 0, 0});
    lab.run();
    std::array<int64_t, 4> last{-1, -1, -1, -1};
    const auto frames = lab.out(2);
    CHECK_EQUAL(frames.size(), size_t{40});
    for (const Frame &f : frames) {
        CHECK(number_of(f) > last[flow_of(f)]);
        last[flow_of(f)] = number_of(f);
    }
    CHECK_EQUAL(lab.core->statistics().held_packets, uint64_t{0});
}

TEST("workers: what nobody answers is told by each worker that held it") {
    Four lab;
    CHECK_EQUAL(lab.commit(served("p1", 4, {})), std::string());
    CHECK_EQUAL(lab.commit(Records().neighbour_delete("if2", "10.0.2.9")), std::string());
    for (uint32_t n = 0; n < 8; n++) lab.wires[0]->give({numbered(1, n), {}, 0, 0}, n);
    for (int second = 0; second < 5; second++) lab.run(1000000);
    CHECK_EQUAL(lab.drops("neighbour", "unresolved"), uint64_t{8});
    CHECK_EQUAL(lab.out(1).size(), size_t{8});
    CHECK_EQUAL(lab.out(2).size(), size_t{3});
}

TEST("workers: one that is too many ends and gives up its queues; its counters stay") {
    Four lab;
    CHECK_EQUAL(lab.commit(served("p1", 1, {3})), std::string());
    lab.wires[0]->give({numbered(1, 0), {}, 0, 0});
    lab.run();
    lab.only(2);
    CHECK_EQUAL(lab.commit(served("p1", 1, {})), std::string());
    CHECK_EQUAL(lab.commit(crew(1)), std::string());
    CHECK_EQUAL(lab.core->worker_states().size(), size_t{1});
    lab.wires[0]->give({numbered(1, 1), {}, 0, 0});
    lab.run();
    lab.only(2);
    CHECK_EQUAL(lab.state("if1").forwarded4, uint64_t{2});
}

TEST("workers: records that name what is not there are refused, and change nothing") {
    Four lab;
    const auto refused = [&](const Records &r) { return lab.commit(r); };
    CHECK_EQUAL(refused(crew(0)), std::string("0 workers are not 1 to 16"));
    CHECK_EQUAL(refused(crew(17)), std::string("17 workers are not 1 to 16"));
    CHECK_EQUAL(refused(crew(2, {{2, 0}})), std::string("worker 2 is to run on CPU 0, but there are 2 workers, from 0 on"));
    CHECK_EQUAL(refused(served("p1", 17, {})), std::string("port 'p1' has 17 receive queues, above 16"));
    CHECK_EQUAL(refused(served("p1", 1, {4})), std::string("port 'p1' is to be served by worker 4, but there are 4, from 0 on"));
    CHECK_EQUAL(lab.core->worker_states().size(), size_t{4});
}

TEST("workers: queues move between threads that come and go while packets pass; none is lost, and flows keep their order") {
    Running box;
    const auto e1 = box.e1, e2 = box.e2;
    constexpr unsigned queues = 3;
    Records base;
    base.port("p1", "e1").port("p2", "e2").interface("if1", "p1", {"10.0.1.1/24"}).interface("if2", "p2", {"10.0.2.1/24"});
    base.glean(1, "if1").glean(2, "if2").route("10.0.1.0/24", 1).route("10.0.2.0/24", 2).neighbour("if2", "10.0.2.9", h2);
    served(served(base, "p1", queues, {}), "p2", 1, {});
    box.commit(base);
    std::array<std::atomic<uint32_t>, queues> given{};
    std::array<uint32_t, queues> came{};
    const auto give = [&](unsigned queue) { e1->give({numbered(static_cast<uint16_t>(queue), given[queue]++), {}, 0, 0}, queue); };
    const auto all_came = [&] {
        for (const Frame &f : e2->take()) {
            if (load16(&f.bytes[12]) != 0x0800) continue;
            CHECK_EQUAL(number_of(f), static_cast<uint16_t>(came[flow_of(f)]));
            came[flow_of(f)]++;
        }
        for (unsigned queue = 0; queue < queues; queue++)
            if (came[queue] != given[queue]) return false;
        return true;
    };
    const auto await_all = [&] {
        bool done = all_came();
        for (int n = 0; n < 5000 && !done; n++) {
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
            done = all_came();
        }
        CHECK(done);
    };
    // Packets that wait for a neighbour stay with the worker that received them: it is to be known first.
    for (unsigned queue = 0; queue < queues; queue++) give(queue);
    await_all();
    std::atomic<bool> stop{false};
    std::thread sender([&] {
        while (!stop) {
            for (unsigned queue = 0; queue < queues; queue++)
                for (int n = 0; n < 8; n++) give(queue);
            std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
    });
    for (unsigned round = 0; round < 60; round++) {
        const unsigned count = 1 + round % 4;
        Records r = served("p1", queues, {});
        if (round % 2) r = served("p1", queues, {round % count, (round / 2) % count});
        // In one transaction or in two, the workers first.
        Records both = crew(count);
        both.bytes.insert(both.bytes.end(), r.bytes.begin(), r.bytes.end());
        box.commit(both);
        std::this_thread::sleep_for(std::chrono::milliseconds(2));
        box.engine.workers();
    }
    stop = true;
    sender.join();
    await_all();
}

}  // namespace
}  // namespace weft::workers_test
