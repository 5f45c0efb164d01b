// weft-keeper: the launcher that makes namespaces, and the holder of what must outlive an engine or weftd: network namespaces
// and the open descriptors of taps. It forwards nothing, knows no configuration and sleeps unless asked (holdings.h has the
// requests). It ends by `quit`, SIGTERM or SIGINT, and with it goes all that it holds and nobody else uses.
//
//   weft-keeper --socket PATH [--user-namespace]
//
// With --user-namespace it enters one of its own, where the caller is root; root goes on without when that is refused.
// `nsenter -t PID -U --preserve-credentials --net=/proc/PID/fd/N` by the same user leads into a namespace it holds.
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <string>

#include "server.h"

namespace {

int fail(const std::string &text) {
    std::fprintf(stderr, "weft-keeper: %s\n", text.c_str());
    return 1;
}

}  // namespace

int main(int count, char **arguments) {
    using namespace weft::keeper;
    std::string path;
    bool user_namespace = false;
    for (int i = 1; i < count; i++) {
        if (std::strcmp(arguments[i], "--socket") == 0 && i + 1 < count) path = arguments[++i];
        else if (std::strcmp(arguments[i], "--user-namespace") == 0) user_namespace = true;
        else return fail(std::string("unknown option ") + arguments[i] + "; usage: weft-keeper --socket PATH [--user-namespace]");
    }
    if (path.empty()) return fail("usage: weft-keeper --socket PATH [--user-namespace]");

    // Whoever starts it may have files open that are none of its business, such as the datastore's.
    close_range(STDERR_FILENO + 1, ~0u, 0);

    rlimit files{};
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    setsid();
    if (user_namespace) {
        const std::string error = enter_user_namespace();
        if (!error.empty() && geteuid() != 0) return fail(error);
        user_namespace = error.empty();
    }
    // Entering a user namespace makes a process undumpable, and that would hide /proc/PID/fd and /proc/PID/ns.
    prctl(PR_SET_DUMPABLE, 1);

    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGINT);
    sigprocmask(SIG_BLOCK, &ending, nullptr);
    signal(SIGHUP, SIG_IGN);
    signal(SIGPIPE, SIG_IGN);
    const Descriptor signals(signalfd(-1, &ending, SFD_CLOEXEC));
    if (!signals) return fail(std::string("signalfd: ") + std::strerror(errno));

    Holdings holdings(user_namespace);
    std::string error = holdings.begin();
    if (!error.empty()) return fail(error);
    Server server(holdings);
    error = server.listen(path);
    if (!error.empty()) return fail(error);
    server.run(signals.get());
    return 0;
}
