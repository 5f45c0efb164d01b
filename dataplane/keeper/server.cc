#include "server.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <exception>

namespace weft::keeper {

namespace {

constexpr size_t most_clients = 128;
constexpr size_t longest_line = 1024;

std::string failure(const std::string &what) { return what + ": " + std::strerror(errno); }

bool answers(const sockaddr_un &address) {
    Descriptor probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    return connect(probe.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0;
}

}  // namespace

std::string Server::listen(const std::string &path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.empty() || path.size() >= sizeof(address.sun_path)) {
        return path + ": a unix socket's path has 1 to 107 bytes, this one " + std::to_string(path.size());
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    if (answers(address)) return path + ": another keeper is listening there";
    unlink(path.c_str());
    listener_ = Descriptor(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!listener_) return failure("socket");
    const mode_t before = umask(0177);
    const int bound = bind(listener_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address));
    umask(before);
    if (bound != 0 || ::listen(listener_.get(), 16) != 0) return failure(path);
    path_ = path;
    return {};
}

void Server::run(int stop_descriptor) {
    while (!quit_) {
        std::vector<pollfd> polled = {{stop_descriptor, POLLIN, 0}};
        // Without room for another client the listener waits its turn.
        const bool room = accepting_ && clients_.size() < most_clients;
        polled.push_back({room ? listener_.get() : -1, POLLIN, 0});
        for (const Client &client : clients_) polled.push_back({client.socket.get(), POLLIN, 0});
        if (poll(polled.data(), polled.size(), accepting_ ? -1 : 200) < 0 && errno != EINTR) break;
        accepting_ = true;
        if (polled[0].revents) break;
        for (size_t i = 0; i + 2 < polled.size(); i++) {
            if (polled[i + 2].revents) read(clients_[i]);
        }
        for (const Client &client : clients_)
            if (client.gone) holdings_.forget(client.number);
        std::erase_if(clients_, [](const Client &client) { return client.gone; });
        if (polled[1].revents) accept_client();
    }
    unlink(path_.c_str());
}

void Server::accept_client() {
    Descriptor socket(accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!socket) {
        // Out of descriptors or memory: look again in a while instead of spinning.
        accepting_ = errno == EAGAIN || errno == EINTR || errno == ECONNABORTED;
        return;
    }
    ucred peer{};
    socklen_t length = sizeof(peer);
    getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &peer, &length);
    Client client{std::move(socket), {}, ++last_number_, false};
    if (peer.uid != geteuid()) {
        Reply reply;
        reply.line = "error this keeper serves another user";
        send(client, reply);
        return;
    }
    clients_.push_back(std::move(client));
}

void Server::read(Client &client) {
    char bytes[4096];
    const ssize_t count = recv(client.socket.get(), bytes, sizeof(bytes), 0);
    if (count <= 0) {
        client.gone = count == 0 || (errno != EAGAIN && errno != EINTR);
        return;
    }
    client.input.append(bytes, static_cast<size_t>(count));
    size_t end;
    while (!client.gone && !quit_ && (end = client.input.find('\n')) != std::string::npos) {
        const std::string line = client.input.substr(0, end);
        client.input.erase(0, end + 1);
        Reply reply;
        if (line.size() > longest_line) reply.line = "error a request has at most 1024 bytes";
        else reply = answer(line, client.number);
        send(client, reply);
        quit_ = reply.quit;
    }
    if (client.input.size() > longest_line) {
        Reply reply;
        reply.line = "error a request has at most 1024 bytes";
        send(client, reply);
        client.gone = true;
    }
}

Reply Server::answer(const std::string &line, unsigned client) {
    try {
        return holdings_.answer(line, client);
    } catch (const std::exception &exception) {  // out of threads or memory: this request fails, the keeper goes on
        Reply reply;
        reply.line = std::string("error ") + exception.what();
        return reply;
    }
}

void Server::send(Client &client, const Reply &reply) {
    const std::string line = reply.line + '\n';
    iovec part{const_cast<char *>(line.data()), line.size()};
    constexpr size_t most_passed = 4;
    int passed[most_passed];
    size_t count = 0;
    if (reply.descriptor >= 0) passed[count++] = reply.descriptor;
    for (const Descriptor &each : reply.passing)
        if (count < most_passed) passed[count++] = each.get();
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(passed))] = {};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    if (count > 0) {
        message.msg_control = control;
        message.msg_controllen = CMSG_SPACE(count * sizeof(int));
        cmsghdr *header = CMSG_FIRSTHDR(&message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(count * sizeof(int));
        std::memcpy(CMSG_DATA(header), passed, count * sizeof(int));
    }
    const ssize_t sent = sendmsg(client.socket.get(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent != static_cast<ssize_t>(line.size())) client.gone = true;
}

}  // namespace weft::keeper
