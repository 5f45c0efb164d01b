#include "namespace.h"

#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace weft::keeper {

namespace {

std::string failure(const std::string &what) { return what + ": " + std::strerror(errno); }

std::string write_file(const std::string &path, const std::string &text) {
    Descriptor file(open(path.c_str(), O_WRONLY | O_CLOEXEC));
    if (!file) return failure(path);
    if (write(file.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) return failure(path);
    return {};
}

struct Setting {
    const char *key;
    const char *value;
};

// New namespaces inherit some of the first one's settings, so that all that matters is written, whatever its default.
std::vector<Setting> settings(Profile profile) {
    std::vector<Setting> list = {
        {"ipv4/ip_forward", "0"},
        {"ipv4/conf/all/promote_secondaries", "1"},
        {"ipv4/conf/default/promote_secondaries", "1"},
        {"ipv4/conf/all/rp_filter", "0"},
        {"ipv4/conf/default/rp_filter", "0"},
        {"ipv4/conf/all/send_redirects", "0"},
        {"ipv4/conf/default/send_redirects", "0"},
        {"ipv4/conf/all/accept_redirects", "0"},
        {"ipv4/conf/default/accept_redirects", "0"},
        {"ipv6/conf/all/forwarding", "0"},
        {"ipv6/conf/default/forwarding", "0"},
        {"ipv6/conf/all/accept_ra", "0"},
        {"ipv6/conf/default/accept_ra", "0"},
        {"ipv6/conf/all/accept_redirects", "0"},
        {"ipv6/conf/default/accept_redirects", "0"},
        {"ipv6/conf/all/accept_dad", "0"},
        {"ipv6/conf/default/accept_dad", "0"},
        {"ipv6/conf/default/dad_transmits", "0"},
    };
    if (profile == Profile::ports) {
        list.push_back({"ipv6/conf/all/disable_ipv6", "1"});
        list.push_back({"ipv6/conf/default/disable_ipv6", "1"});
        list.push_back({"ipv4/conf/all/arp_ignore", "8"});
        list.push_back({"ipv4/conf/default/arp_ignore", "8"});
    } else if (profile == Profile::chassis) {
        list.push_back({"ipv4/conf/all/arp_ignore", "1"});
        list.push_back({"ipv4/conf/default/arp_ignore", "1"});
        list.push_back({"ipv6/conf/default/router_solicitations", "0"});
    }
    return list;
}

std::string raise_loopback() {
    Descriptor socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return failure("socket");
    ifreq request{};
    std::strcpy(request.ifr_name, "lo");
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    if (ioctl(socket.get(), SIOCSIFFLAGS, &request) != 0) return failure("lo can't be set up");
    return {};
}

Descriptor make_here(Profile profile, std::string &error) {
    if (unshare(CLONE_NEWNET) != 0) {
        error = failure("a network namespace can't be made");
        return {};
    }
    const bool ipv6 = access("/proc/sys/net/ipv6", F_OK) == 0;
    for (const Setting &setting : settings(profile)) {
        if (!ipv6 && std::strncmp(setting.key, "ipv6", 4) == 0) continue;
        error = write_file(std::string("/proc/sys/net/") + setting.key, setting.value);
        if (!error.empty()) return {};
    }
    if (profile != Profile::ports) error = raise_loopback();
    if (!error.empty()) return {};
    Descriptor namespace_file(open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC));
    if (!namespace_file) error = failure("/proc/thread-self/ns/net");
    return namespace_file;
}

}  // namespace

std::string enter_user_namespace() {
    const uid_t user = geteuid();
    const gid_t group = getegid();
    if (unshare(CLONE_NEWUSER) != 0) return failure("a user namespace can't be made");
    std::string error = write_file("/proc/self/setgroups", "deny");
    if (error.empty()) error = write_file("/proc/self/uid_map", "0 " + std::to_string(user) + " 1");
    if (error.empty()) error = write_file("/proc/self/gid_map", "0 " + std::to_string(group) + " 1");
    return error;
}

Descriptor make_namespace(Profile profile, std::string &error) {
    Descriptor result;
    std::thread([&] { result = make_here(profile, error); }).join();
    return result;
}

bool in_namespace(int descriptor, const std::function<void()> &work, std::string &error) {
    std::thread([&] {
        if (setns(descriptor, CLONE_NEWNET) != 0) error = failure("the namespace can't be entered");
        else work();
    }).join();
    return error.empty();
}

}  // namespace weft::keeper
