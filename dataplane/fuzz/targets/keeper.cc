// The keeper's socket: octets of a client that is its own user. Whatever they are, the keeper answers other clients and ends when
// it is told to. Namespaces are descriptors of nothing here, in which nothing can be done.
#include <fcntl.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <string>

#include "../../keeper/server.h"
#include "../target.h"

namespace weft::keeper {

Descriptor make_namespace(Profile, std::string &) { return Descriptor(open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool in_namespace(int, const std::function<void()> &, std::string &error) {
    error = "nothing can be done here";
    return false;
}

}  // namespace weft::keeper

namespace {

std::string path() {
    static const std::string made = "/tmp/weft-fuzz-keeper-" + std::to_string(getpid());
    return made;
}

weft::keeper::Descriptor connected(const std::string &text) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path().data(), path().size());
    weft::keeper::Descriptor client(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    CHECK(connect(client.get(), reinterpret_cast<const sockaddr *>(&address), sizeof(address)) == 0);
    CHECK(send(client.get(), text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size()));
    return client;
}

}  // namespace

FUZZ_TARGET(in) {
    using namespace weft::keeper;
    // At most two of the server's turns, so that all of it has been read when the second client ends the server.
    const auto octets = in.bytes(8000);
    Holdings holdings(false);
    CHECK_EQUAL(holdings.begin(), std::string());
    Server server(holdings);
    CHECK_EQUAL(server.listen(path()), std::string());
    const Descriptor never(eventfd(0, EFD_CLOEXEC));
    const Descriptor first = connected(std::string(octets.begin(), octets.end()));
    const Descriptor second = connected("taps\nquit\n");
    server.run(never.get());
    char answer[256] = {};
    const ssize_t count = recv(second.get(), answer, sizeof(answer), 0);
    const std::string told(answer, count > 0 ? static_cast<size_t>(count) : 0);
    // The first client may have said quit itself.
    CHECK(told.empty() || told.starts_with("ok"));
}
