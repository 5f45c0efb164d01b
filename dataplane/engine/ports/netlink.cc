#include "netlink.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <linux/if_addr.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/netlink.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "netlink_read.h"

namespace weft {

Descriptor::~Descriptor() {
    if (value_ >= 0) close(value_);
}

// A request under construction: header, a fixed part, attributes (nested ones by open() and close()).
class Netlink::Message {
  public:
    Message(uint16_t type, uint16_t flags) {
        header().nlmsg_len = NLMSG_HDRLEN;
        header().nlmsg_type = type;
        header().nlmsg_flags = static_cast<uint16_t>(NLM_F_REQUEST | flags);
    }
    nlmsghdr &header() { return *reinterpret_cast<nlmsghdr *>(bytes_); }

    template <typename Part>
    Part &part() {
        return *reinterpret_cast<Part *>(grow(sizeof(Part)));
    }
    void attribute(uint16_t type, const void *value, size_t length) {
        auto *attribute = reinterpret_cast<rtattr *>(grow(RTA_LENGTH(length)));
        attribute->rta_type = type;
        attribute->rta_len = static_cast<uint16_t>(RTA_LENGTH(length));
        if (length > 0) std::memcpy(RTA_DATA(attribute), value, length);
    }
    template <typename Value>
    void attribute(uint16_t type, const Value &value) {
        attribute(type, &value, sizeof(value));
    }
    void text(uint16_t type, const std::string &value) { attribute(type, value.c_str(), value.size() + 1); }
    size_t open(uint16_t type) {
        const size_t at = header().nlmsg_len;
        attribute(type, nullptr, 0);
        return at;
    }
    void close(size_t at) {
        reinterpret_cast<rtattr *>(bytes_ + at)->rta_len = static_cast<uint16_t>(header().nlmsg_len - at);
    }

  private:
    uint8_t *grow(size_t length) {
        uint8_t *at = bytes_ + header().nlmsg_len;
        header().nlmsg_len += static_cast<uint32_t>(NLMSG_ALIGN(length));
        return at;
    }
    // The longest request: a link change with an alias of at most 256 bytes.
    alignas(nlmsghdr) uint8_t bytes_[1024] = {};
};

namespace {

size_t bytes_of(const HostAddress &address) { return address.family == 4 ? 4 : 16; }
uint8_t family_of(const HostAddress &address) { return address.family == 4 ? AF_INET : AF_INET6; }

}  // namespace

Netlink::Netlink(Descriptor socket) : socket_(std::move(socket)) {
    const timeval patience{2, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
}

int Netlink::talk(Message &message, const std::function<void(const nlmsghdr &)> &visit) {
    const std::lock_guard lock(mutex_);
    message.header().nlmsg_seq = ++sequence_;
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (sendto(socket_.get(), &message.header(), message.header().nlmsg_len, 0, reinterpret_cast<sockaddr *>(&kernel),
               sizeof(kernel)) < 0) {
        return errno;
    }
    alignas(nlmsghdr) uint8_t buffer[32768];
    while (true) {
        const ssize_t count = recv(socket_.get(), buffer, sizeof(buffer), 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return errno;
        if (const auto code = read_answer(buffer, static_cast<size_t>(count), sequence_, visit)) return *code;
    }
}

int Netlink::talk(Message &message) {
    message.header().nlmsg_flags |= NLM_F_ACK;
    return talk(message, [](const nlmsghdr &) {});
}

int Netlink::link(const std::string &name, Link &result) {
    Message message(RTM_GETLINK, NLM_F_ACK);
    message.part<ifinfomsg>();
    message.text(IFLA_IFNAME, name);
    return talk(message, [&](const nlmsghdr &header) { read_link(header, result); });
}

int Netlink::link(int index, Link &result) {
    Message message(RTM_GETLINK, NLM_F_ACK);
    message.part<ifinfomsg>().ifi_index = index;
    return talk(message, [&](const nlmsghdr &header) { read_link(header, result); });
}

int Netlink::links(std::vector<Link> &result) {
    Message message(RTM_GETLINK, NLM_F_DUMP);
    message.part<ifinfomsg>();
    return talk(message, [&](const nlmsghdr &header) {
        if (Link link; read_link(header, link)) result.push_back(std::move(link));
    });
}

int Netlink::change(int index, const LinkChange &change) {
    Message message(RTM_NEWLINK, 0);
    auto &info = message.part<ifinfomsg>();
    info.ifi_index = index;
    if (change.up) {
        info.ifi_change |= IFF_UP;
        info.ifi_flags |= *change.up ? IFF_UP : 0;
    }
    if (change.resolution) {
        info.ifi_change |= IFF_NOARP;
        info.ifi_flags |= *change.resolution ? 0 : IFF_NOARP;
    }
    if (change.promiscuous) {
        info.ifi_change |= IFF_PROMISC;
        info.ifi_flags |= *change.promiscuous ? IFF_PROMISC : 0;
    }
    if (change.mtu) message.attribute(IFLA_MTU, *change.mtu);
    if (change.mac) message.attribute(IFLA_ADDRESS, change.mac->data(), 6);
    if (change.alias) message.attribute(IFLA_IFALIAS, change.alias->data(), std::min<size_t>(change.alias->size(), 255));
    if (change.link_local) {
        const size_t families = message.open(IFLA_AF_SPEC | NLA_F_NESTED);
        const size_t inet6 = message.open(AF_INET6 | NLA_F_NESTED);
        const uint8_t mode = *change.link_local ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE;
        message.attribute(IFLA_INET6_ADDR_GEN_MODE, mode);
        message.close(inet6);
        message.close(families);
    }
    return talk(message);
}

int Netlink::make_pair(const std::string &name, const std::string &peer, int peer_namespace) {
    Message message(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
    message.part<ifinfomsg>();
    message.text(IFLA_IFNAME, name);
    const size_t info = message.open(IFLA_LINKINFO | NLA_F_NESTED);
    message.attribute(IFLA_INFO_KIND, "veth", 4);
    const size_t data = message.open(IFLA_INFO_DATA | NLA_F_NESTED);
    const size_t other = message.open(VETH_INFO_PEER | NLA_F_NESTED);
    message.part<ifinfomsg>();
    message.text(IFLA_IFNAME, peer);
    message.attribute(IFLA_NET_NS_FD, static_cast<uint32_t>(peer_namespace));
    message.close(other);
    message.close(data);
    message.close(info);
    return talk(message);
}

int Netlink::remove(int index) {
    Message message(RTM_DELLINK, 0);
    message.part<ifinfomsg>().ifi_index = index;
    return talk(message);
}

// Where filters of tc are attached to a link; it may be there already.
int Netlink::make_hooks(int index) {
    Message message(RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL);
    auto &hook = message.part<tcmsg>();
    hook.tcm_ifindex = index;
    hook.tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
    hook.tcm_parent = TC_H_CLSACT;
    message.text(TCA_KIND, "clsact");
    const int code = talk(message);
    return code == EEXIST ? 0 : code;
}

int Netlink::drop_ingress(int index) {
    if (const int code = make_hooks(index); code != 0) return code;
    constexpr uint32_t last = 0xffff;  // what others attach comes before
    Message message(RTM_NEWTFILTER, NLM_F_CREATE);
    auto &filter = message.part<tcmsg>();
    filter.tcm_ifindex = index;
    filter.tcm_handle = 1;
    filter.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
    filter.tcm_info = TC_H_MAKE(last << 16, htons(ETH_P_ALL));
    message.text(TCA_KIND, "bpf");
    const size_t options = message.open(TCA_OPTIONS | NLA_F_NESTED);
    const sock_filter drop{BPF_RET | BPF_K, 0, 0, TC_ACT_SHOT};
    message.attribute(TCA_BPF_OPS_LEN, uint16_t{1});
    message.attribute(TCA_BPF_OPS, drop);
    message.attribute(TCA_BPF_FLAGS, uint32_t{TCA_BPF_FLAG_ACT_DIRECT});
    message.close(options);
    return talk(message);
}

int Netlink::addresses(int index, std::vector<HostAddress> &result) {
    Message message(RTM_GETADDR, NLM_F_DUMP);
    message.part<ifaddrmsg>();
    return talk(message, [&](const nlmsghdr &header) {
        HostAddress address;
        if (read_address(header, address) == index) result.push_back(address);
    });
}

int Netlink::add_address(int index, const HostAddress &address, bool routed) {
    Message message(RTM_NEWADDR, NLM_F_CREATE | NLM_F_REPLACE);
    auto &info = message.part<ifaddrmsg>();
    info.ifa_family = family_of(address);
    info.ifa_prefixlen = address.prefix_length;
    info.ifa_index = static_cast<uint32_t>(index);
    const bool link_local = address.family == 6 && address.bytes[0] == 0xfe && (address.bytes[1] & 0xc0) == 0x80;
    info.ifa_scope = link_local ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    message.attribute(IFA_LOCAL, address.bytes.data(), bytes_of(address));
    message.attribute(IFA_ADDRESS, address.bytes.data(), bytes_of(address));
    uint32_t flags = IFA_F_PERMANENT;
    if (!link_local && !routed) flags |= IFA_F_NOPREFIXROUTE;
    if (address.family == 6) flags |= IFA_F_NODAD;
    if (address.family == 4 && address.prefix_length < 31) {
        uint32_t broadcast;
        std::memcpy(&broadcast, address.bytes.data(), 4);
        broadcast |= htonl(0xffffffffU >> address.prefix_length);
        message.attribute(IFA_BROADCAST, broadcast);
    }
    message.attribute(IFA_FLAGS, flags);
    return talk(message);
}

int Netlink::remove_address(int index, const HostAddress &address) {
    Message message(RTM_DELADDR, 0);
    auto &info = message.part<ifaddrmsg>();
    info.ifa_family = family_of(address);
    info.ifa_prefixlen = address.prefix_length;
    info.ifa_index = static_cast<uint32_t>(index);
    message.attribute(IFA_LOCAL, address.bytes.data(), bytes_of(address));
    message.attribute(IFA_ADDRESS, address.bytes.data(), bytes_of(address));
    return talk(message);
}

int Netlink::add_default_route(int index, uint8_t family) {
    Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    auto &route = message.part<rtmsg>();
    route.rtm_family = family == 4 ? AF_INET : AF_INET6;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_STATIC;
    route.rtm_scope = family == 4 ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
    route.rtm_type = RTN_UNICAST;
    message.attribute(RTA_OIF, static_cast<uint32_t>(index));
    return talk(message);
}

int Netlink::set_gateway(int index, const HostAddress &gateway) {
    Message message(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
    auto &route = message.part<rtmsg>();
    route.rtm_family = family_of(gateway);
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_STATIC;
    route.rtm_scope = RT_SCOPE_UNIVERSE;
    route.rtm_type = RTN_UNICAST;
    message.attribute(RTA_GATEWAY, gateway.bytes.data(), bytes_of(gateway));
    message.attribute(RTA_OIF, static_cast<uint32_t>(index));
    return talk(message);
}

int Netlink::remove_gateway(int index, uint8_t family) {
    Message message(RTM_DELROUTE, 0);
    auto &route = message.part<rtmsg>();
    route.rtm_family = family == 4 ? AF_INET : AF_INET6;
    route.rtm_table = RT_TABLE_MAIN;
    route.rtm_protocol = RTPROT_STATIC;
    route.rtm_scope = RT_SCOPE_UNIVERSE;
    message.attribute(RTA_OIF, static_cast<uint32_t>(index));
    return talk(message);
}

int Netlink::set_neighbour(int index, const HostAddress &address, const MacAddress &mac) {
    Message message(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
    auto &entry = message.part<ndmsg>();
    entry.ndm_family = family_of(address);
    entry.ndm_ifindex = index;
    entry.ndm_state = NUD_REACHABLE;
    entry.ndm_flags = NTF_EXT_LEARNED;
    message.attribute(NDA_DST, address.bytes.data(), bytes_of(address));
    message.attribute(NDA_LLADDR, mac.data(), mac.size());
    return talk(message);
}

namespace {

// Ours among the filters of a device: "We" as a number, before those that are made without one.
constexpr uint32_t classifier_priority = 0x5765, classifier_handle = 1;

void classifier(tcmsg &message, int index) {
    message.tcm_family = AF_UNSPEC;
    message.tcm_ifindex = index;
    message.tcm_handle = classifier_handle;
    message.tcm_parent = TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS);
    message.tcm_info = TC_H_MAKE(classifier_priority << 16, htons(ETH_P_ALL));
}

}  // namespace

int Netlink::attach_classifier(int index, int program) {
    if (const int code = make_hooks(index); code != 0) return code;
    detach_classifier(index);
    Message message(RTM_NEWTFILTER, NLM_F_CREATE | NLM_F_EXCL);
    classifier(message.part<tcmsg>(), index);
    message.text(TCA_KIND, "bpf");
    const size_t options = message.open(TCA_OPTIONS | NLA_F_NESTED);
    message.attribute(TCA_BPF_FD, static_cast<uint32_t>(program));
    message.text(TCA_BPF_NAME, "weft fast path");
    message.attribute(TCA_BPF_FLAGS, static_cast<uint32_t>(TCA_BPF_FLAG_ACT_DIRECT));
    message.close(options);
    return talk(message);
}

int Netlink::detach_classifier(int index) {
    Message message(RTM_DELTFILTER, 0);
    classifier(message.part<tcmsg>(), index);
    message.text(TCA_KIND, "bpf");
    return talk(message);
}

int Netlink::remove_neighbour(int index, const HostAddress &address) {
    Message message(RTM_DELNEIGH, 0);
    auto &entry = message.part<ndmsg>();
    entry.ndm_family = family_of(address);
    entry.ndm_ifindex = index;
    message.attribute(NDA_DST, address.bytes.data(), bytes_of(address));
    return talk(message);
}

}  // namespace weft
