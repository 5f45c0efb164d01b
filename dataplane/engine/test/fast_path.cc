// The kernel fast path as far as it goes without a kernel: settings, reasons, and what waits for readers without an epoch.
#include <linux/genetlink.h>
#include <linux/netlink.h>

#include <algorithm>

#include "../ports/netlink_read.h"
#include "lab.h"

namespace weft::fast_path_test {
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

// An answer of generic netlink: attributes as they are.
std::vector<uint32_t> answer(const std::vector<uint8_t> &attributes) {
    std::vector<uint32_t> message((sizeof(nlmsghdr) + sizeof(genlmsghdr) + attributes.size() + 3) / 4);
    auto *header = reinterpret_cast<nlmsghdr *>(message.data());
    header->nlmsg_len = static_cast<uint32_t>(sizeof(nlmsghdr) + sizeof(genlmsghdr) + attributes.size());
    std::copy(attributes.begin(), attributes.end(), reinterpret_cast<uint8_t *>(message.data()) + sizeof(nlmsghdr) + sizeof(genlmsghdr));
    return message;
}

TEST("fast path: what XDP may do with a device is read from the kernel's answer, and nothing from one that is cut short") {
    const std::vector<uint8_t> features{8, 0, 1, 0, 7, 0, 0, 0, 12, 0, 3, 0, 0x2f, 1, 0, 0, 0, 0, 0, 0};
    const auto whole = answer(features), cut = answer({features.begin(), features.begin() + 16}), none = answer({});
    const auto read = [](const std::vector<uint32_t> &message) { return read_xdp_features(*reinterpret_cast<const nlmsghdr *>(message.data())); };
    CHECK_EQUAL(read(whole).value_or(0), uint64_t{0x12f});
    CHECK(!read(cut));
    CHECK(!read(none));
    // Two groups; the second one is that of changes.
    const std::vector<uint8_t> family{6, 0, 1, 0, 27, 0, 0, 0, 52, 0, 7, 0,                                                       //
                                      24, 0, 1, 0, 8, 0, 2, 0, 5, 0, 0, 0, 11, 0, 1, 0, 'o', 't', 'h', 'e', 'r', 's', 0, 0,       //
                                      24, 0, 2, 0, 8, 0, 2, 0, 6, 0, 0, 0, 9, 0, 1, 0, 'm', 'g', 'm', 't', 0, 0, 0, 0};
    NetdevFamily found;
    read_family(*reinterpret_cast<const nlmsghdr *>(answer(family).data()), found);
    CHECK_EQUAL(found.id, uint16_t{27});
    CHECK_EQUAL(found.changes, uint32_t{6});
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
}  // namespace weft::fast_path_test
