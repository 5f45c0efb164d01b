// The kernel fast path as far as it goes without a kernel: settings, reasons, and what waits for readers without an epoch.
#include "lab.h"

namespace weft {
namespace {

Records asking(const std::string &port, unsigned hook) {
    return Records().u8(33).str(port).str("").u8(0).u8(0).u8(hook);
}

TEST("fast path: a port without a device of Linux says why it has none, and forwards by the engine") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(asking("p1", 1)), std::string());
    const PortState p1 = lab.core->port_states()[0], p2 = lab.core->port_states()[1];
    CHECK_EQUAL(std::string(p1.fast_path), std::string());
    CHECK(!p1.fast_path_reason.empty());
    CHECK_EQUAL(p2.fast_path_reason, std::string());
    lab.know("if2", "10.0.2.9", mac(0x29));
    lab.give(1, frame(mac(1), mac(0x19), packet({.source = "10.0.1.9", .destination = "10.0.2.9"})));
    lab.run();
    lab.only(2);
    CHECK_EQUAL(lab.commit(asking("p1", 0)), std::string());
    CHECK_EQUAL(lab.core->port_states()[0].fast_path_reason, std::string());
}

TEST("fast path: one that there is not is refused") {
    Lab lab;
    lab.standard();
    CHECK_EQUAL(lab.commit(asking("p1", 3)), std::string("port 'p1' is to have fast path 3, which there is not"));
}

TEST("epochs: what only readers without an epoch may have is freed when it was waited for, and nothing that came later") {
    Epochs epochs;
    std::string freed;
    const auto retire = [&](char what) { epochs.retire([&freed, what] { freed += what; }); };
    retire('a');
    epochs.collect();
    CHECK_EQUAL(freed, std::string("a"));
    epochs.expect_others();
    retire('b');
    epochs.enter(0);
    retire('c');
    epochs.collect();
    CHECK_EQUAL(epochs.ripe(), size_t{0});
    epochs.leave(0);
    epochs.collect();
    CHECK_EQUAL(epochs.ripe(), size_t{2});
    const uint64_t waited_for = epochs.ripened();
    retire('d');
    epochs.collect();
    CHECK_EQUAL(freed, std::string("a"));
    epochs.free_ripe(waited_for);
    CHECK_EQUAL(freed, std::string("abc"));
    epochs.free_ripe(waited_for);
    CHECK_EQUAL(epochs.pending(), size_t{1});
    epochs.free_ripe(epochs.ripened());
    CHECK_EQUAL(freed, std::string("abcd"));
}

}  // namespace
}  // namespace weft
