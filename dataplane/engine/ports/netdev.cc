#include "netdev.h"

#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <sys/socket.h>
#include <sys/time.h>

#include <cerrno>
#include <cstring>

#include "netlink_read.h"

namespace weft {

namespace {

// Of <linux/netdev.h>, which is younger than the systems that this is built on.
constexpr uint8_t netdev_version = 1, get_device = 1;
constexpr uint16_t device_index = 1;

// A request with one attribute.
template <class Value>
struct Request {
    nlmsghdr header{};
    genlmsghdr command{};
    nlattr attribute{};
    Value value{};
};

// Sends it and reads the answer; false: it is an error, or there is none.
template <class Value>
bool talk(int socket, uint32_t sequence, uint16_t family, uint8_t command, uint8_t version, uint16_t attribute, const Value &value,
          const std::function<void(const nlmsghdr &)> &visit) {
    Request<Value> request;
    request.header = {sizeof request, family, NLM_F_REQUEST | NLM_F_ACK, sequence, 0};
    request.command = {command, version, 0};
    request.attribute = {static_cast<uint16_t>(sizeof(nlattr) + sizeof value), attribute};
    request.value = value;
    sockaddr_nl kernel{};
    kernel.nl_family = AF_NETLINK;
    if (sendto(socket, &request, sizeof request, 0, reinterpret_cast<sockaddr *>(&kernel), sizeof kernel) < 0) return false;
    alignas(nlmsghdr) uint8_t buffer[8192];
    while (true) {
        const ssize_t count = recv(socket, buffer, sizeof buffer, 0);
        if (count < 0 && errno == EINTR) continue;
        if (count < 0) return false;
        if (const auto code = read_answer(buffer, static_cast<size_t>(count), sequence, visit)) return *code == 0;
    }
}

}  // namespace

Netdev::Netdev(Descriptor socket) : socket_(std::move(socket)) {
    const timeval patience{2, 0};
    setsockopt(socket_.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    struct Name {
        char text[8] = "netdev";
    };
    talk(socket_.get(), ++sequence_, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, CTRL_ATTR_FAMILY_NAME, Name(),
         [&](const nlmsghdr &answer) { read_family(answer, family_); });
}

std::optional<uint64_t> Netdev::xdp_features(int index) {
    std::optional<uint64_t> features;
    if (family_.id == 0) return features;
    talk(socket_.get(), ++sequence_, family_.id, get_device, netdev_version, device_index, static_cast<uint32_t>(index),
         [&](const nlmsghdr &answer) { features = read_xdp_features(answer); });
    return features;
}

bool Netdev::listen(const Descriptor &socket) const {
    const int group = static_cast<int>(family_.changes);
    return group != 0 && setsockopt(socket.get(), SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group) == 0;
}

}  // namespace weft
