#include "netlink_read.h"

#include <linux/if_addr.h>
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

// The attributes behind a fixed part of so many octets.
template <typename Visit>
void each_attribute(const nlmsghdr &message, size_t part, Visit visit) {
    const size_t start = NLMSG_SPACE(part);
    if (message.nlmsg_len < start) return;
    auto left = static_cast<int>(message.nlmsg_len - start);
    const auto *attribute = reinterpret_cast<const rtattr *>(reinterpret_cast<const uint8_t *>(&message) + start);
    for (; RTA_OK(attribute, left); attribute = RTA_NEXT(attribute, left)) {
        visit(attribute->rta_type, reinterpret_cast<const uint8_t *>(RTA_DATA(attribute)), RTA_PAYLOAD(attribute));
    }
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
    });
    return true;
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
