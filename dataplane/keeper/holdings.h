// What the keeper holds for others, and the requests that make, hand out and drop it. One line of text in, one line out:
//
//   namespace NAME                     make or find a network namespace    ok /proc/PID/fd/N     + its descriptor
//   namespaces                         list them                           ok NAME=/proc/PID/fd/N …
//   drop-namespace NAME                                                    ok
//   guest NAMESPACE HOLDER             make or find one that is dropped when its last HOLDER (a word) is released, if it was
//                                      made for one                        ok /proc/PID/fd/N     + its descriptor
//   release HOLDER                                                         ok
//   guests                             list them                           ok HOLDER=NAMESPACE …
//   tap NAMESPACE DEVICE tun|tap [QUEUE COUNT]   make or find a device     ok DEVICE             + the descriptor of its queue
//   taps                               list them                           ok NAMESPACE/DEVICE …
//   drop-tap NAMESPACE DEVICE                                              ok
//   xdp NAMESPACE DEVICE native|generic QUEUES   attach a program        ok                    + its map and its link
//   program NAMESPACE DEVICE xdp|tcx ID   attach a loaded program        ok                    + its link
//   busy-poll NAMESPACE DEVICE on|off            leave packets to a poller   ok
//   socket NAMESPACE DOMAIN TYPE PROTOCOL        numbers of socket(2)      ok                    + the socket
//   pid                                ok PID user-namespace|no-user-namespace
//   quit                               ok, and the keeper ends
//
// Busy polling ends with the connection of who asked for it: what the device was set to before is set again.
//
// A tap that is made with a COUNT above 1 has as many queues as its last request said: those beyond are held on, but detached, so
// that the kernel gives them no packets. One that was made with one queue keeps it.
//
// Anything else is answered with `error` and what was wrong. The namespaces `ports` and `chassis` are there from the start
// and can't be dropped; `vrf-…` are host sides of other VRFs; every other name is an end host.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "deferral.h"
#include "namespace.h"

namespace weft::keeper {

struct Reply {
    std::string line;     // without the newline
    int descriptor = -1;  // to be passed with it, and stays the holder's
    std::vector<Descriptor> passing;  // the same, closed once passed; at most 4
    bool quit = false;
};

class Holdings {
  public:
    explicit Holdings(bool user_namespace) : user_namespace_(user_namespace) {}

    // Makes the namespaces that are always there. Empty when done.
    std::string begin();
    // `client` is a number that no other connection has.
    Reply answer(std::string_view line, unsigned client);
    // It hung up.
    void forget(unsigned client);

  private:
    struct Tap {
        std::vector<Descriptor> queues;
        size_t attached = 0;  // of them, the first ones
        int flags = 0;
    };
    Reply make(const std::string &name);
    Reply list() const;
    Reply drop(const std::string &name);
    Reply guest(const std::string &name, const std::string &holder);
    Reply release(const std::string &holder);
    Reply list_guests() const;
    Reply tap(const std::vector<std::string> &words);
    std::string set_queues(Tap &tap, int name_space, const std::string &device, size_t queue, size_t count);
    Reply list_taps() const;
    Reply drop_tap(const std::string &name_space, const std::string &device);
    Reply open_socket(const std::vector<std::string> &words);
    Reply attach_xdp(const std::vector<std::string> &words);
    Reply attach_program(const std::vector<std::string> &words);
    Reply busy_poll(const std::vector<std::string> &words, unsigned client);

    const bool user_namespace_;
    std::map<std::string, Descriptor> namespaces_;
    std::map<std::string, std::string> guests_;  // namespaces by holder
    std::set<std::string> for_guests_;           // namespaces that go with their last holder
    std::map<std::pair<std::string, std::string>, Tap> taps_;
    struct Polled {
        unsigned client;
        Deferral before;
    };
    std::map<std::pair<std::string, std::string>, Polled> polled_;
};

}  // namespace weft::keeper
