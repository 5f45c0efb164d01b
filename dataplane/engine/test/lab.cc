#include "lab.h"

#include <arpa/inet.h>

#include <cstring>

namespace weft {

Lab::Lab(unsigned ports, std::unique_ptr<MemoryFactory> made) {
    factory = made.get();
    for (unsigned n = 1; n <= ports; n++) wires.push_back(factory->device("e" + std::to_string(n), mac(static_cast<uint8_t>(n))));
    core = std::make_unique<Core>(std::move(made));
    core->announces = false;  // what a port sends is what a test is about
    core->stop_worker = [this](unsigned id) { core->workers[id]->resign(); };
    core->default_workers = core->registry.crew.count = core->running_workers = workers;
    for (unsigned n = 0; n < workers; n++) core->add_worker();
    boxes++;
}

std::string Lab::commit(const Records &records, bool full) {
    const uint64_t number = ++transaction;
    std::string error = core->stage(number, records.bytes.data(), records.bytes.size());
    if (error.empty()) error = core->prepare(number, full);
    if (!error.empty()) {
        core->abort(number);
        return error;
    }
    core->apply(number, number);
    run();
    return {};
}

void Lab::standard(unsigned flags, unsigned mtu) {
    Records r;
    for (unsigned n = 1; n <= wires.size(); n++) {
        const std::string i = std::to_string(n), v4 = "10.0." + i + ".", v6 = "2001:db8:" + i + "::";
        r.port("p" + i, "e" + i).interface("if" + i, "p" + i, {v4 + "1/24", v6 + "1/64"}, flags, mtu);
        r.glean(n, "if" + i).route(v4 + "0/24", n).route(v6 + "/64", n);
        r.route(v4 + "1/32", 1000).route(v6 + "1/128", 1000);
    }
    r.local(1000);
    CHECK_EQUAL(commit(r), std::string());
}

void Lab::know(const std::string &interface, const std::string &text, const MacAddress &m) {
    CHECK_EQUAL(commit(Records().neighbour(interface, text, m)), std::string());
}

void Lab::know_hosts() {
    for (const char *a : {"10.0.1.9", "2001:db8:1::9"}) know("if1", a, h1);
    for (const char *a : {"10.0.2.9", "2001:db8:2::9"}) know("if2", a, h2);
}

void Lab::give(unsigned port, Bytes bytes, Offload offload) { wires[port - 1]->give({std::move(bytes), offload, 0, 0}, port % workers); }

void Lab::run(uint64_t microseconds) {
    now += microseconds;
    for (bool moved = true; moved;) {
        moved = false;
        for (unsigned id = 0; id < core->running_workers; id++) {
            core->workers[id]->look_at_descriptors(0);
            moved |= core->workers[id]->step(now);
        }
    }
}

std::vector<Frame> Lab::out(unsigned port) {
    auto frames = wires[port - 1]->take();
    for (const Frame &f : frames) check_frame(f);
    return frames;
}

Frame Lab::only(unsigned port) {
    auto frames = out(port);
    if (frames.size() != 1) {
        std::string why = std::to_string(frames.size()) + " frames on port " + std::to_string(port) + ", not one; drops:";
        for (const DropCounter &d : core->drop_counters())
            if (d.packets) why += std::string(" ") + d.node + "/" + d.reason + "=" + std::to_string(d.packets);
        throw CheckFailed{why};
    }
    return frames[0];
}

uint64_t Lab::drops(const std::string &node, const std::string &reason) {
    for (const DropCounter &d : core->drop_counters())
        if (d.node == node && d.reason == reason) return d.packets;
    throw CheckFailed{"no drop counter " + node + " " + reason};
}

InterfaceState Lab::state(const std::string &name) {
    const auto all = core->interface_states(name);
    CHECK_EQUAL(all.size(), size_t{1});
    return all[0];
}

bool Lab::has_neighbour(const std::string &text) {
    for (const NeighbourState &n : core->neighbour_states({}))
        if (to_text(n.address) == text) return true;
    return false;
}

NeighbourState Lab::neighbour(const std::string &text) {
    for (const NeighbourState &n : core->neighbour_states({}))
        if (to_text(n.address) == text) return n;
    throw CheckFailed{"no neighbour " + text};
}

}  // namespace weft
