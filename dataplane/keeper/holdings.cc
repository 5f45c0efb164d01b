#include "holdings.h"

#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>

#include "xdp.h"

namespace weft::keeper {

namespace {

constexpr size_t most_namespaces = 5120;
constexpr size_t most_taps = 4096;
constexpr int most_tap_queues = 16;
constexpr int most_queues = 64;
// Not less than a worker naps (engine/pace.h), or the kernel would be first. Nor much more: a veth device has room for 256 packets
// until somebody takes them in, and a sender that is behind gives as many in a quarter of a millisecond.
const Deferral busy_polling{"2", "100000"};

Reply error(const std::string &text) {
    Reply reply;
    reply.line = "error " + text;
    return reply;
}

Reply ok(const std::string &text = {}) {
    Reply reply;
    reply.line = text.empty() ? "ok" : "ok " + text;
    return reply;
}

std::string path_of(int descriptor) {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor);
}

bool plain(std::string_view name, size_t longest) {
    if (name.empty() || name.size() > longest || name == "." || name == "..") return false;
    for (const char c : name) {
        const bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
                          c == '_' || c == '-';
        if (!good) return false;
    }
    return true;
}

Profile profile_of(const std::string &name) {
    if (name == "ports") return Profile::ports;
    if (name == "chassis" || name.starts_with("vrf-")) return Profile::chassis;
    return Profile::host;
}

bool number(const std::string &word, int &value) {
    const auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), value);
    return code == std::errc() && end == word.data() + word.size() && value >= 0;
}

}  // namespace

std::string Holdings::begin() {
    for (const char *name : {"ports", "chassis"}) {
        const Reply reply = make(name);
        if (reply.descriptor < 0) return reply.line.substr(std::strlen("error "));
    }
    return {};
}

Reply Holdings::answer(std::string_view line, unsigned client) {
    std::vector<std::string> words;
    std::istringstream stream{std::string(line)};
    for (std::string word; stream >> word;) words.push_back(word);
    if (words.empty()) return error("empty request");
    const std::string &verb = words[0];
    const size_t arguments = words.size() - 1;
    if (verb == "namespace" && arguments == 1) return make(words[1]);
    if (verb == "namespaces" && arguments == 0) return list();
    if (verb == "drop-namespace" && arguments == 1) return drop(words[1]);
    if (verb == "guest" && arguments == 2) return guest(words[1], words[2]);
    if (verb == "release" && arguments == 1) return release(words[1]);
    if (verb == "guests" && arguments == 0) return list_guests();
    if (verb == "tap" && (arguments == 3 || arguments == 5)) return tap(words);
    if (verb == "taps" && arguments == 0) return list_taps();
    if (verb == "drop-tap" && arguments == 2) return drop_tap(words[1], words[2]);
    if (verb == "socket" && arguments == 4) return open_socket(words);
    if (verb == "xdp" && arguments == 4) return attach_xdp(words);
    if (verb == "program" && arguments == 4) return attach_program(words);
    if (verb == "busy-poll" && arguments == 3) return busy_poll(words, client);
    if (verb == "pid" && arguments == 0) {
        return ok(std::to_string(getpid()) + (user_namespace_ ? " user-namespace" : " no-user-namespace"));
    }
    if (verb == "quit" && arguments == 0) {
        Reply reply = ok();
        reply.quit = true;
        return reply;
    }
    for (const char *known :
         {"namespace", "namespaces", "drop-namespace", "guest", "release", "guests", "tap", "taps", "drop-tap", "socket", "xdp", "program", "busy-poll", "pid", "quit"}) {
        if (verb == known) return error(verb + " does not take " + std::to_string(arguments) + " arguments");
    }
    return error("unknown request");
}

Reply Holdings::make(const std::string &name) {
    if (!plain(name, 32)) return error("namespace names are 1 to 32 letters, digits, '.', '_' and '-'");
    auto found = namespaces_.find(name);
    if (found == namespaces_.end()) {
        if (namespaces_.size() >= most_namespaces) return error("too many namespaces");
        std::string why;
        Descriptor descriptor = make_namespace(profile_of(name), why);
        if (!descriptor) return error(name + ": " + why);
        found = namespaces_.emplace(name, std::move(descriptor)).first;
    }
    Reply reply = ok(path_of(found->second.get()));
    reply.descriptor = found->second.get();
    return reply;
}

Reply Holdings::list() const {
    std::string text;
    for (const auto &[name, descriptor] : namespaces_) {
        if (!text.empty()) text += ' ';
        text += name + '=' + path_of(descriptor.get());
    }
    return ok(text);
}

Reply Holdings::drop(const std::string &name) {
    if (name == "ports" || name == "chassis") return error(name + " can't be dropped");
    if (namespaces_.erase(name) == 0) return error("there is no namespace " + name);
    for_guests_.erase(name);
    std::erase_if(guests_, [&](const auto &guest) { return guest.second == name; });
    std::erase_if(taps_, [&](const auto &entry) { return entry.first.first == name; });
    return ok();
}

Reply Holdings::guest(const std::string &name, const std::string &holder) {
    if (!plain(holder, 32)) return error("holders are 1 to 32 letters, digits, '.', '_' and '-'");
    if (const auto held = guests_.find(holder); held != guests_.end() && held->second != name)
        return error(holder + " holds namespace " + held->second + " already");
    const bool fresh = !namespaces_.contains(name);
    Reply reply = make(name);
    if (reply.descriptor < 0) return reply;
    if (fresh) for_guests_.insert(name);
    guests_[holder] = name;
    return reply;
}

Reply Holdings::release(const std::string &holder) {
    const auto held = guests_.extract(holder);
    if (!held) return error(holder + " holds no namespace");
    const std::string &name = held.mapped();
    const bool last = std::none_of(guests_.begin(), guests_.end(), [&](const auto &guest) { return guest.second == name; });
    return last && for_guests_.contains(name) ? drop(name) : ok();
}

Reply Holdings::list_guests() const {
    std::string text;
    for (const auto &[holder, name] : guests_) text += (text.empty() ? "" : " ") + holder + '=' + name;
    return ok(text);
}

Reply Holdings::tap(const std::vector<std::string> &words) {
    const std::string &name_space = words[1], &device = words[2], &kind = words[3];
    const auto found = namespaces_.find(name_space);
    if (found == namespaces_.end()) return error("there is no namespace " + name_space);
    if (!plain(device, IFNAMSIZ - 1)) return error("device names are 1 to 15 letters, digits, '.', '_' and '-'");
    if (kind != "tun" && kind != "tap") return error("a device is tun or tap, not " + kind);
    int queue = 0, count = 1;
    if (words.size() == 6 && (!number(words[4], queue) || !number(words[5], count) || count < 1 || count > most_tap_queues || queue >= count)) {
        return error("a device has 1 to 16 queues, which are numbered from 0");
    }
    const int flags = IFF_NO_PI | IFF_VNET_HDR | (kind == "tun" ? IFF_TUN : IFF_TAP);
    const std::pair key{name_space, device};
    auto held = taps_.find(key);
    ifreq present{};
    if (held != taps_.end() && ioctl(held->second.queues[0].get(), TUNGETIFF, &present) != 0) {
        taps_.erase(held);  // somebody deleted the device
        held = taps_.end();
    }
    if (held != taps_.end() && (held->second.flags & ~IFF_MULTI_QUEUE) != flags) {
        return error(device + " in " + name_space + " is held already, and of another kind");
    }
    if (held == taps_.end()) {
        if (taps_.size() >= most_taps) return error("too many taps");
        Tap tap;
        tap.flags = flags | IFF_MULTI_QUEUE;  // more may be wanted later
        const std::string why = set_queues(tap, found->second.get(), device, 0, 1);
        if (!why.empty()) return error(why);
        held = taps_.emplace(key, std::move(tap)).first;
    }
    Tap &tap = held->second;
    if (!(tap.flags & IFF_MULTI_QUEUE)) {
        if (queue > 0) return error(device + " in " + name_space + " was made with one queue");
    } else if (const std::string why = set_queues(tap, found->second.get(), device, static_cast<size_t>(queue), static_cast<size_t>(count));
               !why.empty()) {
        return error(why);
    }
    Reply reply = ok(device);
    reply.descriptor = tap.queues[static_cast<size_t>(queue)].get();
    return reply;
}

// Makes the queue be there and attached, and those from `count` on not. Empty when done.
std::string Holdings::set_queues(Tap &tap, int name_space, const std::string &device, size_t queue, size_t count) {
    std::string why;
    const auto set = [&](size_t which, int how) {
        ifreq request{};
        request.ifr_flags = static_cast<short>(how);
        if (ioctl(tap.queues[which].get(), TUNSETQUEUE, &request) == 0) return true;
        why = device + ": queue " + std::to_string(which) + ": " + std::strerror(errno);
        return false;
    };
    for (; tap.attached > count; tap.attached--)
        if (!set(tap.attached - 1, IFF_DETACH_QUEUE)) return why;
    for (; tap.attached <= queue; tap.attached++) {
        if (tap.attached < tap.queues.size()) {
            if (!set(tap.attached, IFF_ATTACH_QUEUE)) return why;
            continue;
        }
        Descriptor descriptor;
        in_namespace(
            name_space,
            [&] {
                descriptor = Descriptor(open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC));
                if (!descriptor) {
                    why = std::string("/dev/net/tun can't be opened: ") + std::strerror(errno);
                    return;
                }
                ifreq request{};
                std::memcpy(request.ifr_name, device.data(), device.size());
                request.ifr_flags = static_cast<short>(tap.flags);
                if (ioctl(descriptor.get(), TUNSETIFF, &request) != 0) {
                    why = device + " can't be made: " + std::strerror(errno);
                }
            },
            why);
        if (!why.empty()) return why;
        tap.queues.push_back(std::move(descriptor));
    }
    return {};
}

Reply Holdings::list_taps() const {
    std::string text;
    for (const auto &[key, tap] : taps_) {
        if (!text.empty()) text += ' ';
        text += key.first + '/' + key.second;
    }
    return ok(text);
}

Reply Holdings::drop_tap(const std::string &name_space, const std::string &device) {
    if (taps_.erase({name_space, device}) == 0) return error("there is no tap " + device + " in " + name_space);
    return ok();
}

Reply Holdings::open_socket(const std::vector<std::string> &words) {
    const auto found = namespaces_.find(words[1]);
    if (found == namespaces_.end()) return error("there is no namespace " + words[1]);
    int domain = 0, type = 0, protocol = 0;
    if (!number(words[2], domain) || !number(words[3], type) || !number(words[4], protocol)) {
        return error("domain, type and protocol are numbers");
    }
    if (domain != AF_INET && domain != AF_INET6 && domain != AF_PACKET && domain != AF_NETLINK && domain != AF_XDP) {
        return error("sockets of domain " + words[2] + " are not handed out");
    }
    if (type != SOCK_STREAM && type != SOCK_DGRAM && type != SOCK_RAW && type != SOCK_SEQPACKET) {
        return error("there is no socket type " + words[3]);
    }
    Reply reply = ok();
    std::string why;
    in_namespace(
        found->second.get(),
        [&] {
            Descriptor socket(::socket(domain, type | SOCK_CLOEXEC, protocol));
            if (socket) reply.passing.push_back(std::move(socket));
            else why = std::string("socket: ") + std::strerror(errno) + (errno == EPERM && type == SOCK_RAW ? " (the keeper needs CAP_NET_RAW)" : "");
        },
        why);
    if (!why.empty()) return error(why);
    return reply;
}

Reply Holdings::attach_xdp(const std::vector<std::string> &words) {
    const auto found = namespaces_.find(words[1]);
    if (found == namespaces_.end()) return error("there is no namespace " + words[1]);
    const std::string &mode = words[3];
    int queues = 0;
    if (!plain(words[2], IFNAMSIZ - 1)) return error("device names are 1 to 15 letters, digits, '.', '_' and '-'");
    if (mode != "native" && mode != "generic") return error("a program is attached in native or generic mode, not " + mode);
    if (!number(words[4], queues) || queues < 1 || queues > most_queues) return error("a device has 1 to 64 queues, not " + words[4]);
    Redirection made;
    std::string why;
    in_namespace(found->second.get(), [&] { made = redirect(words[2], mode == "native", queues, why); }, why);
    if (!why.empty()) return error(why);
    Reply reply = ok();
    reply.passing.push_back(std::move(made.map));
    reply.passing.push_back(std::move(made.link));
    return reply;
}

Reply Holdings::attach_program(const std::vector<std::string> &words) {
    const auto found = namespaces_.find(words[1]);
    if (found == namespaces_.end()) return error("there is no namespace " + words[1]);
    int id = 0;
    if (!plain(words[2], IFNAMSIZ - 1)) return error("device names are 1 to 15 letters, digits, '.', '_' and '-'");
    const bool xdp = words[3] == "xdp";
    if (!xdp && words[3] != "tcx") return error("a program is attached at xdp or tcx, not at " + words[3]);
    if (!number(words[4], id) || id < 1) return error("programs have numbers from 1, not " + words[4]);
    Descriptor link;
    std::string why;
    in_namespace(found->second.get(), [&] { link = attach(words[2], xdp, static_cast<uint32_t>(id), why); }, why);
    if (!why.empty()) return error(why);
    Reply reply = ok();
    reply.passing.push_back(std::move(link));
    return reply;
}

Reply Holdings::busy_poll(const std::vector<std::string> &words, unsigned client) {
    const auto found = namespaces_.find(words[1]);
    if (found == namespaces_.end()) return error("there is no namespace " + words[1]);
    if (!plain(words[2], IFNAMSIZ - 1)) return error("device names are 1 to 15 letters, digits, '.', '_' and '-'");
    if (words[3] != "on" && words[3] != "off") return error("busy polling is on or off, not " + words[3]);
    const bool on = words[3] == "on";
    const std::pair key{words[1], words[2]};
    const auto polled = polled_.find(key);
    if (!on && polled == polled_.end()) return ok();
    Deferral before;
    std::string why;
    const Deferral &wanted = on ? busy_polling : polled->second.before;
    in_namespace(found->second.get(), [&] { before = defer(words[2], wanted, why); }, why);
    if (!on) polled_.erase(polled);
    if (!why.empty()) return error(why);
    if (on) polled_.try_emplace(key, Polled{client, before}).first->second.client = client;
    return ok();
}

void Holdings::forget(unsigned client) {
    std::vector<std::vector<std::string>> ends;
    for (const auto &[key, polled] : polled_)
        if (polled.client == client) ends.push_back({"busy-poll", key.first, key.second, "off"});
    for (const auto &words : ends) busy_poll(words, client);
}

}  // namespace weft::keeper
