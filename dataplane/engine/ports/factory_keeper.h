// The engine's line to the keeper process (dataplane/keeper/holdings.h has the requests): descriptors of taps, sockets and
// namespaces. One request at a time; a broken connection is made anew with the next request.
#pragma once

#include <string>
#include <vector>

#include "netlink.h"

namespace weft {

class KeeperLine {
  public:
    explicit KeeperLine(std::string path) : path_(std::move(path)) {}

    // The answer's text after `ok` and its descriptors, if any; on failure an `error` for a person.
    std::string request(const std::string &line, std::vector<Descriptor> &descriptors, std::string &error);
    // One that has a single descriptor, or none.
    std::string request(const std::string &line, Descriptor &descriptor, std::string &error);

    // Of each queue: as many as are wanted, or those that the device has. None: it can't be had.
    std::vector<Descriptor> tap(const std::string &name_space, const std::string &device, bool layer3, size_t queues, std::string &error);
    // One of so many.
    Descriptor tap_queue(const std::string &name_space, const std::string &device, bool layer3, size_t queue, size_t count,
                         std::string &error);
    Descriptor socket(const std::string &name_space, int domain, int type, int protocol, std::string &error);
    Descriptor name_space(const std::string &name, std::string &error);
    // Attaches an XDP program that redirects into a map of so many AF_XDP sockets; false: it can't be had.
    bool xdp(const std::string &name_space, const std::string &device, bool native, size_t queues, Descriptor &map, Descriptor &link,
             std::string &error);
    // Attaches a program of this process, until the link is closed: of XDP in native mode, or of tc by tcx, since Linux 6.6.
    bool attach(const std::string &name_space, const std::string &device, Hook hook, int program, Descriptor &link, std::string &error);
    // Whether what the device receives is left to who polls it, until the line is closed.
    bool busy_poll(const std::string &name_space, const std::string &device, bool on, std::string &error);
    std::vector<std::string> name_spaces();
    // A namespace that goes with its last holder, if it was made for one.
    Descriptor guest(const std::string &name, const std::string &holder, std::string &error);
    void release(const std::string &holder);
    // Their holders; of one, its namespace, which is empty when it has none.
    std::vector<std::string> guests();
    std::string guest_of(const std::string &holder);
    // As NAMESPACE/DEVICE.
    std::vector<std::string> taps();

  private:
    bool connect(std::string &error);
    bool exchange(const std::string &line, std::string &answer, std::vector<Descriptor> &descriptors);

    const std::string path_;
    Descriptor socket_;
};

}  // namespace weft
