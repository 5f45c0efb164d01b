#include "netlink_read.h"

#include <linux/if_addr.h>
#include <linux/genetlink.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>

namespace weft {

namespace {

// The fixed part of a message, or null when it is cut short.
template <typename Part>
const Part *part_of(const nlmsghdr &message) {
    if (message.nlmsg_len < NLMSG_LENGTH(sizeof(Part))) return nullptr;
    return reinterpret_cast<const Part *>(NLMSG_DATA(&message));
}

// Those that lie in so many octets.
template <typename Visit>
void each_attribute_of(const uint8_t *octets, size_t length, Visit visit) {
    auto left = static_cast<int>(length);
    const auto *attribute = reinterpret_cast<const rtattr *>(octets);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        visit(attribute->rta_type & NLA_TYPE_MASK, reinterpret_cast<const uint8_t *>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute));
    }
}

// The attributes behind a fixed part of so many octets.
template <typename Visit>
void each_attribute(const nlmsghdr &message, size_t part, Visit visit) {
    const size_t start = NLMSG_SPACE(part);
    if (message.nlmsg_len < start) return;
    each_attribute_of(reinterpret_cast<const uint8_t *>(&message) + start, message.nlmsg_len - start, visit);
}

// Up to the terminating null, if there is one.
std::string text_of(const uint8_t *value, size_t length) {
    const auto *text = reinterpret_cast<const char *>(value);
    return {text, strnlen(text, length)};
}

}  // namespace

std::optional<int> read_answer(const uint8_t *buffer, size_t length, uint32_t sequence,
                               const std::function<void(const nlmsghdr &)> &visit) {
    const auto *message = reinterpret_cast<const nlmsghdr *>(buffer);
    for (size_t left = length; NLMSG_OK(message, left);) {
        // What does not answer this request is late, to a call that timed out.
        if (message->nlmsg_seq == sequence) {
            if (message->nlmsg_type == NLMSG_ERROR) {
                const auto *error = part_of<nlmsgerr>(*message);
                return error ? -error->error : EBADMSG;
            }
            if (message->nlmsg_type == NLMSG_DONE) return 0;
            visit(*message);
        }
        const size_t step = NLMSG_ALIGN(static_cast<size_t>(message->nlmsg_len));
        if (step >= left) break;
        left -= step;
        message = reinterpret_cast<const nlmsghdr *>(reinterpret_cast<const uint8_t *>(message) + step);
    }
    return std::nullopt;
}

bool read_link(const nlmsghdr &message, Link &link) {
    const auto *info = part_of<ifinfomsg>(message);
    if (!info) return false;
    link = {};
    link.index = info->ifi_index;
    link.flags = info->ifi_flags;
    each_attribute(message, sizeof(ifinfomsg), [&](uint16_t type, const uint8_t *value, size_t length) {
        if (type == IFLA_IFNAME) link.name = text_of(value, length);
        else if (type == IFLA_IFALIAS) link.alias = text_of(value, length);
        else if (type == IFLA_MTU && length == 4) std::memcpy(&link.mtu, value, 4);
        else if (type == IFLA_ADDRESS && length == 6) std::memcpy(link.mac.data(), value, 6);
        else if (type == IFLA_CARRIER && length == 1) link.carrier = *value != 0;
        else if (type == IFLA_LINK && length == 4) std::memcpy(&link.other, value, 4);
        else if (type == IFLA_LINK_NETNSID) link.leads_elsewhere = true;
    });
    return true;
}

void read_family(const nlmsghdr &message, NetdevFamily &family) {
    each_attribute(message, sizeof(genlmsghdr), [&](uint16_t type, const uint8_t *value, size_t length) {
        if (type == CTRL_ATTR_FAMILY_ID && length == 2) std::memcpy(&family.id, value, 2);
        if (type != CTRL_ATTR_MCAST_GROUPS) return;
        each_attribute_of(value, length, [&](uint16_t, const uint8_t *group, size_t size) {
            std::string name;
            uint32_t number = 0;
            each_attribute_of(group, size, [&](uint16_t part, const uint8_t *of, size_t octets) {
                if (part == CTRL_ATTR_MCAST_GRP_NAME) name = text_of(of, octets);
                if (part == CTRL_ATTR_MCAST_GRP_ID && octets == 4) std::memcpy(&number, of, 4);
            });
            if (name == "mgmt") family.changes = number;
        });
    });
}

std::optional<uint64_t> read_xdp_features(const nlmsghdr &message) {
    constexpr uint16_t features = 3;  // NETDEV_A_DEV_XDP_FEATURES of <linux/netdev.h>
    std::optional<uint64_t> found;
    each_attribute(message, sizeof(genlmsghdr), [&](uint16_t type, const uint8_t *value, size_t length) {
        if (type != features || length != 8) return;
        uint64_t bits;
        std::memcpy(&bits, value, sizeof bits);
        found = bits;
    });
    return found;
}

int read_address(const nlmsghdr &message, HostAddress &address) {
    const auto *info = part_of<ifaddrmsg>(message);
    if (!info || (info->ifa_family != AF_INET && info->ifa_family != AF_INET6)) return -1;
    address = {};
    address.family = info->ifa_family == AF_INET ? 4 : 6;
    address.prefix_length = info->ifa_prefixlen;
    // IPv4 says its own address in IFA_LOCAL; IPv6 has only IFA_ADDRESS.
    const uint16_t wanted = address.family == 4 ? IFA_LOCAL : IFA_ADDRESS;
    const size_t size = address.family == 4 ? 4 : 16;
    each_attribute(message, sizeof(ifaddrmsg), [&](uint16_t type, const uint8_t *value, size_t length) {
        if (type == wanted && length == size) std::memcpy(address.bytes.data(), value, length);
    });
    return static_cast<int>(info->ifa_index);
}

}  // namespace weft
