// UDP load for the benchmarks and tests, over IPv4 or IPv6.
//
//   udp-load send ADDRESS PORT SECONDS PAYLOAD [RATE]   sends numbered datagrams, by 64 a call, as fast as it can or at RATE
//                                                       a second, evenly spaced; prints how many were sent
//   udp-load receive ADDRESS PORT IDLE [held]           counts datagrams until IDLE seconds pass without one, having seen
//                                                       one; held, until they do after standard input has ended, for who
//                                                       sends may stand still; prints "received N lost M reordered K": M numbers below the
//                                                       highest never came; then, of datagrams with 16 octets or more,
//                                                       "latency P50 P99 MAX" in microseconds from sendmmsg to recvmmsg on
//                                                       this machine's clock
//   udp-load sink ADDRESS PORT                          holds a socket that nobody reads, so that nothing is answered
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr unsigned batch = 64;

double now() {
    timespec time{};
    clock_gettime(CLOCK_MONOTONIC, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

int fail(const std::string &what) {
    std::fprintf(stderr, "udp-load: %s: %s\n", what.c_str(), std::strerror(errno));
    return 1;
}

int open_socket(const char *address, const char *port, bool bound) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_DGRAM;
    hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV;
    addrinfo *info = nullptr;
    if (getaddrinfo(address, port, &hints, &info) != 0) return -1;
    int descriptor = socket(info->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    const int size = bound ? 32 << 20 : 4 << 20;
    if (descriptor >= 0) {
        if (setsockopt(descriptor, SOL_SOCKET, bound ? SO_RCVBUFFORCE : SO_SNDBUFFORCE, &size, sizeof(size)) != 0) {
            setsockopt(descriptor, SOL_SOCKET, bound ? SO_RCVBUF : SO_SNDBUF, &size, sizeof(size));
        }
        const int done = bound ? bind(descriptor, info->ai_addr, info->ai_addrlen)
                               : connect(descriptor, info->ai_addr, info->ai_addrlen);
        if (done != 0) {
            close(descriptor);
            descriptor = -1;
        }
    }
    freeaddrinfo(info);
    return descriptor;
}

int send_load(const char *address, const char *port, double seconds, size_t payload, double rate) {
    const int descriptor = open_socket(address, port, false);
    if (descriptor < 0) return fail(std::string(address) + " port " + port);
    if (payload < 8) payload = 8;
    std::vector<uint8_t> bytes(batch * payload);
    std::vector<iovec> vectors(batch);
    std::vector<mmsghdr> messages(batch);
    for (unsigned i = 0; i < batch; i++) {
        vectors[i] = {&bytes[i * payload], payload};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    uint64_t sent = 0;
    const double start = now();
    for (double time = start; time < start + seconds; time = now()) {
        unsigned count = batch;
        if (rate > 0) {
            const double due = (time - start) * rate - static_cast<double>(sent);
            if (due < 1) {
                const timespec nap{0, 100'000};
                nanosleep(&nap, nullptr);
                continue;
            }
            count = due < batch ? static_cast<unsigned>(due) : batch;
        }
        for (unsigned i = 0; i < count; i++) {
            const uint64_t number = sent + i;
            std::memcpy(&bytes[i * payload], &number, sizeof(number));
            if (payload >= 16) std::memcpy(&bytes[i * payload + 8], &time, sizeof(time));
        }
        const int done = sendmmsg(descriptor, messages.data(), count, 0);
        if (done > 0) sent += static_cast<unsigned>(done);
        else if (errno != EAGAIN && errno != ENOBUFS && errno != ECONNREFUSED && errno != EINTR) return fail("sendmmsg");
    }
    std::printf("sent %llu in %.3f s\n", static_cast<unsigned long long>(sent), now() - start);
    return 0;
}

// Standard input has ended.
bool let_go() {
    pollfd input{STDIN_FILENO, POLLIN, 0};
    char ignored;
    return poll(&input, 1, 0) > 0 && read(STDIN_FILENO, &ignored, 1) <= 0;
}

int receive(const char *address, const char *port, double idle, bool held) {
    const int descriptor = open_socket(address, port, true);
    if (descriptor < 0) return fail(std::string(address) + " port " + port);
    std::printf("listening\n");
    std::fflush(stdout);
    std::vector<uint8_t> bytes(batch * 2048);
    std::vector<iovec> vectors(batch);
    std::vector<mmsghdr> messages(batch);
    for (unsigned i = 0; i < batch; i++) {
        vectors[i] = {&bytes[i * 2048], 2048};
        messages[i].msg_hdr.msg_iov = &vectors[i];
        messages[i].msg_hdr.msg_iovlen = 1;
    }
    const bool until_first = !held;
    uint64_t received = 0, next = 0, reordered = 0;
    std::vector<double> latencies;
    latencies.reserve(1 << 20);
    while (true) {
        pollfd poll_for{descriptor, POLLIN, 0};
        if (poll(&poll_for, 1, received == 0 && until_first ? 60'000 : static_cast<int>(idle * 1000)) == 0) {
            if (!held) break;
            held = !let_go();
            continue;
        }
        const int count = recvmmsg(descriptor, messages.data(), batch, MSG_DONTWAIT, nullptr);
        const double time = now();
        for (int i = 0; i < count; i++) {
            double sent = 0;
            if (messages[i].msg_len >= 16 && latencies.size() < latencies.capacity()) {
                std::memcpy(&sent, &bytes[static_cast<size_t>(i) * 2048 + 8], sizeof(sent));
                latencies.push_back((time - sent) * 1e6);
            }
            uint64_t number = 0;
            std::memcpy(&number, vectors[static_cast<size_t>(i)].iov_base, sizeof(number));
            received++;
            if (number >= next) next = number + 1;
            else reordered++;
        }
    }
    std::printf("received %llu lost %lld reordered %llu\n", static_cast<unsigned long long>(received),
                static_cast<long long>(next) - static_cast<long long>(received),
                static_cast<unsigned long long>(reordered));
    if (latencies.empty()) return 0;
    std::sort(latencies.begin(), latencies.end());
    const auto share = [&](double part) { return latencies[static_cast<size_t>(part * static_cast<double>(latencies.size() - 1))]; };
    std::printf("latency %.1f %.1f %.1f\n", share(0.5), share(0.99), share(1));
    return 0;
}

}  // namespace

int main(int count, char **arguments) {
    const std::string mode = count > 1 ? arguments[1] : "";
    if (mode == "send" && (count == 6 || count == 7)) {
        return send_load(arguments[2], arguments[3], std::atof(arguments[4]), static_cast<size_t>(std::atoi(arguments[5])),
                         count == 7 ? std::atof(arguments[6]) : 0);
    }
    const bool held = count == 6 && std::strcmp(arguments[5], "held") == 0;
    if (mode == "receive" && (count == 5 || held)) return receive(arguments[2], arguments[3], std::atof(arguments[4]), held);
    if (mode == "sink" && count == 4) {
        if (open_socket(arguments[2], arguments[3], true) < 0) return fail(std::string(arguments[2]) + " port " + arguments[3]);
        std::printf("listening\n");
        std::fflush(stdout);
        pause();
        return 0;
    }
    std::fprintf(stderr, "usage: udp-load send ADDRESS PORT SECONDS PAYLOAD [RATE] | receive ADDRESS PORT IDLE [held] | sink ADDRESS PORT\n");
    return 2;
}
