// Answers of rtnetlink, which a kernel in a namespace of somebody else may fill with names and aliases of theirs.
//
//   the buffer; its messages that say they answer request 7 are read
#include <linux/netlink.h>

#include <cstring>
#include <vector>

#include "../../engine/ports/netlink_read.h"
#include "../target.h"

FUZZ_TARGET(in) {
    using namespace weft;
    const size_t size = in.left();
    // In words, so that it is aligned; ASan sees what is read behind its end.
    const auto bytes = in.rest();
    std::vector<uint32_t> buffer(size / 4);
    if (size >= 4) std::memcpy(buffer.data(), bytes.data(), size / 4 * 4);
    read_answer(reinterpret_cast<const uint8_t *>(buffer.data()), size / 4 * 4, 7, [](const nlmsghdr &message) {
        Link link;
        NetdevFamily family;
        read_family(message, family);
        read_xdp_features(message);
        if (read_link(message, link)) CHECK(link.name.size() < message.nlmsg_len && link.alias.size() < message.nlmsg_len);
        HostAddress address;
        if (read_address(message, address) != -1) CHECK(address.family == 4 || address.family == 6);
    });
}
