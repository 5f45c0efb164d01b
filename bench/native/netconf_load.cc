// A NETCONF client over SSH (RFC 6242, base:1.1) that costs the server's machine little: one thread and one connection a
// session, libssh's own choice of algorithms.
//
//   netconf-load PORT USER setup COUNT                     one session after the other, each to the exchange of hellos
//   netconf-load PORT USER ask SESSIONS SECONDS DEPTH RPC  each session asks again and again, DEPTH rpcs on their way at a time
//   netconf-load PORT USER hold SESSIONS                   sessions that are idle until standard input ends
//
// The server is on 127.0.0.1, the password in NETCONF_PASSWORD, RPC the content of an <rpc>. Prints one line of JSON: for
// `setup` {"setup": [ms, …], "exchange", "cipher"}, for `ask` {"rate": replies a second, "times": [ms, …], "bytes": of one reply,
// "cipher"}, for `hold` {"held": N} as soon as they stand. `times` are from the sending of an rpc to the end of its reply, at
// most 200,000 of each session.
#include <libssh/libssh.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

const std::string base = "urn:ietf:params:xml:ns:netconf:base:1.0";
constexpr size_t longest_list = 200'000;

double milliseconds_since(Clock::time_point start) {
    return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

class Session {
public:
    Session(unsigned port, const char *user, const char *password) : ssh(ssh_new()) {
        const int no_delay = 1;
        ssh_options_set(ssh, SSH_OPTIONS_HOST, "127.0.0.1");
        ssh_options_set(ssh, SSH_OPTIONS_PORT, &port);
        ssh_options_set(ssh, SSH_OPTIONS_USER, user);
        ssh_options_set(ssh, SSH_OPTIONS_NODELAY, &no_delay);
        const int no_files = 0;
        ssh_options_set(ssh, SSH_OPTIONS_PROCESS_CONFIG, &no_files);
        check(ssh_connect(ssh), "connect");
        check(ssh_userauth_password(ssh, nullptr, password), "login");
        channel = ssh_channel_new(ssh);
        check(ssh_channel_open_session(channel), "channel");
        check(ssh_channel_request_subsystem(channel, "netconf"), "subsystem");
        write("<hello xmlns=\"" + base + "\"><capabilities><capability>urn:ietf:params:netconf:base:1.1</capability></capabilities></hello>]]>]]>");
        for (size_t end; (end = received.find("]]>]]>")) == std::string::npos;) {
            read();
        }
        received.clear();
    }

    ~Session() {
        ssh_channel_free(channel);
        ssh_disconnect(ssh);
        ssh_free(ssh);
    }

    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    void ask(const std::string &content) {
        const std::string rpc =
            "<rpc xmlns=\"" + base + "\" message-id=\"" + std::to_string(++number) + "\">" + content + "</rpc>";
        write("\n#" + std::to_string(rpc.size()) + "\n" + rpc + "\n##\n");
    }

    // Octets of the next reply with its framing.
    size_t answer() {
        size_t at = 0;
        for (;;) {
            const size_t line = received.find('\n', at + 1);
            if (line == std::string::npos) {
                read();
                continue;
            }
            if (received.compare(at, 2, "\n#") != 0) {
                throw std::runtime_error("no chunk where one should be");
            }
            if (received[at + 2] == '#') {
                const size_t end = line + 1;
                if (received.find("<rpc-error", 0, 10) < end) {
                    throw std::runtime_error("the server refuses: " + received.substr(0, end));
                }
                received.erase(0, end);
                return end;
            }
            const size_t next = line + 1 + std::strtoul(received.c_str() + at + 2, nullptr, 10);
            while (received.size() < next) {
                read();
            }
            at = next;
        }
    }

    const char *cipher() const { return ssh_get_cipher_out(ssh); }
    const char *exchange() const { return ssh_get_kex_algo(ssh); }

private:
    void check(int code, const char *what) {
        if (code != SSH_OK) {
            throw std::runtime_error(std::string(what) + ": " + ssh_get_error(ssh));
        }
    }

    void write(const std::string &text) {
        if (ssh_channel_write(channel, text.data(), static_cast<uint32_t>(text.size())) != static_cast<int>(text.size())) {
            throw std::runtime_error(std::string("write: ") + ssh_get_error(ssh));
        }
    }

    // What there is, and at least one octet.
    void read() {
        char first;
        if (ssh_channel_read(channel, &first, 1, 0) != 1) {
            throw std::runtime_error("the server ended the session");
        }
        received += first;
        char more[65536];
        for (int count; (count = ssh_channel_read_nonblocking(channel, more, sizeof more, 0)) > 0;) {
            received.append(more, static_cast<size_t>(count));
        }
    }

    ssh_session ssh;
    ssh_channel channel = nullptr;
    std::string received;
    unsigned long number = 0;
};

struct Asked {
    std::vector<double> times;
    size_t replies = 0, bytes = 0;
};

Asked ask(Session &session, const std::string &rpc, double seconds, size_t depth) {
    Asked asked;
    std::deque<Clock::time_point> sent;
    const auto start = Clock::now();
    for (bool going = true; going || !sent.empty();) {
        while (going && sent.size() < depth) {
            sent.push_back(Clock::now());
            session.ask(rpc);
        }
        asked.bytes = session.answer();
        if (asked.times.size() < longest_list) {
            asked.times.push_back(milliseconds_since(sent.front()));
        }
        sent.pop_front();
        asked.replies++;
        going = milliseconds_since(start) < seconds * 1000;
    }
    return asked;
}

void print(const char *name, const std::vector<double> &values) {
    std::printf("\"%s\": [", name);
    for (size_t i = 0; i < values.size(); i++) {
        std::printf("%s%.4f", i == 0 ? "" : ",", values[i]);
    }
    std::printf("]");
}

} // namespace

int main(int count, char **arguments) try {
    const std::vector<std::string> words(arguments + 1, arguments + count);
    const char *password = std::getenv("NETCONF_PASSWORD");
    if (words.size() < 4 || password == nullptr) {
        throw std::runtime_error("usage: see the head of netconf_load.cc");
    }
    const auto port = static_cast<unsigned>(std::stoul(words[0]));
    const char *user = words[1].c_str();
    const std::string &what = words[2];
    const size_t wanted = std::stoul(words[3]);
    ssh_init();

    if (what == "setup") {
        std::vector<double> times;
        std::string exchange, cipher;
        for (size_t i = 0; i < wanted; i++) {
            const auto start = Clock::now();
            Session session(port, user, password);
            times.push_back(milliseconds_since(start));
            exchange = session.exchange();
            cipher = session.cipher();
        }
        std::printf("{");
        print("setup", times);
        std::printf(", \"exchange\": \"%s\", \"cipher\": \"%s\"}\n", exchange.c_str(), cipher.c_str());
        return 0;
    }

    std::vector<std::unique_ptr<Session>> sessions;
    for (size_t i = 0; i < wanted; i++) {
        sessions.push_back(std::make_unique<Session>(port, user, password));
    }
    if (what == "hold") {
        std::printf("{\"held\": %zu}\n", wanted);
        std::fflush(stdout);
        while (std::getchar() != EOF) {
        }
        return 0;
    }
    if (what != "ask" || words.size() != 7) {
        throw std::runtime_error("usage: see the head of netconf_load.cc");
    }
    const double seconds = std::stod(words[4]);
    const size_t depth = std::stoul(words[5]);
    std::vector<Asked> all(wanted);
    std::vector<std::thread> threads;
    std::atomic<bool> failed = false;
    const auto start = Clock::now();
    for (size_t i = 0; i < wanted; i++) {
        threads.emplace_back([&, i] {
            try {
                all[i] = ask(*sessions[i], words[6], seconds, depth);
            } catch (const std::exception &error) {
                std::fprintf(stderr, "netconf-load: %s\n", error.what());
                failed = true;
            }
        });
    }
    for (auto &thread : threads) {
        thread.join();
    }
    const double took = milliseconds_since(start) / 1000;
    if (failed) {
        return 1;
    }
    std::vector<double> times;
    size_t replies = 0;
    for (const auto &one : all) {
        times.insert(times.end(), one.times.begin(), one.times.end());
        replies += one.replies;
    }
    std::printf("{\"rate\": %.1f, \"bytes\": %zu, \"cipher\": \"%s\", ", static_cast<double>(replies) / took, all[0].bytes,
                sessions[0]->cipher());
    print("times", times);
    std::printf("}\n");
    return 0;
} catch (const std::exception &error) {
    std::fprintf(stderr, "netconf-load: %s\n", error.what());
    return 1;
}
