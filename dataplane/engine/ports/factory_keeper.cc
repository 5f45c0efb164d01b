#include "factory_keeper.h"

#include <bpf/bpf.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <sstream>

namespace weft {

namespace {

constexpr size_t most_descriptors = 4;  // with one answer

}  // namespace

bool KeeperLine::connect(std::string &error) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path_.size() >= sizeof(address.sun_path)) {
        error = path_ + ": a unix socket's path has at most 107 bytes, this one has " + std::to_string(path_.size());
        return false;
    }
    std::memcpy(address.sun_path, path_.data(), path_.size());
    Descriptor socket(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const timeval patience{5, 0};
    setsockopt(socket.get(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    if (::connect(socket.get(), reinterpret_cast<sockaddr *>(&address), sizeof(address)) != 0) {
        error = "the keeper does not answer at " + path_ + ": " + std::strerror(errno);
        return false;
    }
    socket_ = std::move(socket);
    return true;
}

bool KeeperLine::exchange(const std::string &line, std::string &answer, std::vector<Descriptor> &descriptors) {
    const std::string text = line + '\n';
    if (send(socket_.get(), text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) return false;
    answer.clear();
    bool cut = false;
    while (answer.empty() || answer.back() != '\n') {
        char bytes[65536];
        iovec part{bytes, sizeof(bytes)};
        alignas(cmsghdr) char control[CMSG_SPACE(most_descriptors * sizeof(int))] = {};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        message.msg_control = control;
        message.msg_controllen = sizeof(control);
        const ssize_t count = recvmsg(socket_.get(), &message, MSG_CMSG_CLOEXEC);
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return false;
        answer.append(bytes, static_cast<size_t>(count));
        cut |= (message.msg_flags & MSG_CTRUNC) != 0;
        const cmsghdr *header = CMSG_FIRSTHDR(&message);
        if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
            int passed[most_descriptors];
            const size_t many = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
            std::memcpy(passed, CMSG_DATA(header), many * sizeof(int));
            for (size_t i = 0; i < many; i++) descriptors.emplace_back(passed[i]);
        }
    }
    answer.pop_back();
    if (cut) {
        descriptors.clear();
        answer = "error this process can't hold another descriptor; raise its limit of open files (RLIMIT_NOFILE)";
    }
    return true;
}

std::string KeeperLine::request(const std::string &line, Descriptor &descriptor, std::string &error) {
    std::vector<Descriptor> descriptors;
    std::string answer = request(line, descriptors, error);
    if (!descriptors.empty()) descriptor = std::move(descriptors.front());
    return answer;
}

std::string KeeperLine::request(const std::string &line, std::vector<Descriptor> &descriptors, std::string &error) {
    std::string answer;
    for (int attempt = 0; attempt < 2; attempt++) {
        const bool fresh = !socket_;
        if (fresh && !connect(error)) return {};
        if (exchange(line, answer, descriptors)) {
            if (answer == "ok") return {};
            if (answer.starts_with("ok ")) return answer.substr(3);
            error = answer.starts_with("error ") ? answer.substr(6) : "the keeper answered: " + answer;
            return {};
        }
        socket_ = Descriptor();
        if (fresh) break;
    }
    error = "the keeper at " + path_ + " hung up";
    return {};
}

std::vector<Descriptor> KeeperLine::tap(const std::string &name_space, const std::string &device, bool layer3, size_t queues,
                                        std::string &error) {
    std::vector<Descriptor> all;
    for (size_t queue = 0; queue < queues; queue++) {
        Descriptor descriptor = tap_queue(name_space, device, layer3, queue, queues, error);
        if (!descriptor) break;
        all.push_back(std::move(descriptor));
    }
    return all;
}

Descriptor KeeperLine::tap_queue(const std::string &name_space, const std::string &device, bool layer3, size_t queue, size_t count,
                                 std::string &error) {
    std::ostringstream line;
    line << "tap " << name_space << ' ' << device << (layer3 ? " tun " : " tap ") << queue << ' ' << count;
    Descriptor descriptor;
    request(line.str(), descriptor, error);
    return descriptor;
}

Descriptor KeeperLine::socket(const std::string &name_space, int domain, int type, int protocol, std::string &error) {
    Descriptor descriptor;
    std::ostringstream line;
    line << "socket " << name_space << ' ' << domain << ' ' << type << ' ' << protocol;
    request(line.str(), descriptor, error);
    return descriptor;
}

Descriptor KeeperLine::name_space(const std::string &name, std::string &error) {
    Descriptor descriptor;
    request("namespace " + name, descriptor, error);
    return descriptor;
}

bool KeeperLine::xdp(const std::string &name_space, const std::string &device, bool native, size_t queues, Descriptor &map,
                     Descriptor &link, std::string &error) {
    std::vector<Descriptor> passed;
    std::string why;
    request("xdp " + name_space + ' ' + device + (native ? " native " : " generic ") + std::to_string(queues), passed, why);
    if (passed.size() != 2) {
        error = why;
        return false;
    }
    map = std::move(passed[0]);
    link = std::move(passed[1]);
    return true;
}

bool KeeperLine::attach(const std::string &name_space, const std::string &device, Hook hook, int program, Descriptor &link, std::string &error) {
    bpf_prog_info info{};
    uint32_t size = sizeof info;
    if (bpf_obj_get_info_by_fd(program, &info, &size) != 0) {
        error = std::string("the program has no number: ") + std::strerror(errno);
        return false;
    }
    std::string why;
    Descriptor made;
    request("program " + name_space + ' ' + device + (hook == Hook::xdp ? " xdp " : " tcx ") + std::to_string(info.id), made, why);
    if (!made) {
        error = why;
        return false;
    }
    link = std::move(made);
    return true;
}

bool KeeperLine::busy_poll(const std::string &name_space, const std::string &device, bool on, std::string &error) {
    Descriptor none;
    std::string why;
    request("busy-poll " + name_space + ' ' + device + (on ? " on" : " off"), none, why);
    if (!why.empty()) error = why;
    return why.empty();
}

std::vector<std::string> KeeperLine::name_spaces() {
    Descriptor none;
    std::string error;
    std::istringstream words(request("namespaces", none, error));
    std::vector<std::string> list;
    for (std::string word; words >> word;) list.push_back(word.substr(0, word.find('=')));
    return list;
}

Descriptor KeeperLine::guest(const std::string &name, const std::string &holder, std::string &error) {
    Descriptor descriptor;
    request("guest " + name + ' ' + holder, descriptor, error);
    return descriptor;
}

void KeeperLine::release(const std::string &holder) {
    Descriptor none;
    std::string error;
    request("release " + holder, none, error);
}

std::vector<std::string> KeeperLine::guests() {
    Descriptor none;
    std::string error;
    std::istringstream words(request("guests", none, error));
    std::vector<std::string> list;
    for (std::string word; words >> word;) list.push_back(word.substr(0, word.find('=')));
    return list;
}

std::string KeeperLine::guest_of(const std::string &holder) {
    Descriptor none;
    std::string error;
    std::istringstream words(request("guests", none, error));
    for (std::string word; words >> word;)
        if (word.starts_with(holder + '=')) return word.substr(holder.size() + 1);
    return {};
}

std::vector<std::string> KeeperLine::taps() {
    Descriptor none;
    std::string error;
    std::istringstream words(request("taps", none, error));
    std::vector<std::string> list;
    for (std::string word; words >> word;) list.push_back(word);
    return list;
}

}  // namespace weft
