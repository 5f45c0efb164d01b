// XDP programs of devices: that of the kernel fast path, which the engine has loaded, and that of the af_xdp driver, which hands each packet to the AF_XDP socket that a map has for the queue it came by, and lets
// it pass where there is none. It is attached by a link, so that it goes with the last process that holds that; the map and the
// link are made here because making them takes CAP_BPF and the namespace of the device, and given away. A loaded program is named by
// its number, which takes CAP_SYS_ADMIN.
#pragma once

#include <cstdint>
#include <string>

#include "descriptor.h"

namespace weft::keeper {

struct Redirection {
    Descriptor map, link;
};

// In the network namespace of the calling thread. On failure an `error` for a person, which says what would help.
Redirection redirect(const std::string &device, bool native, int queues, std::string &error);

// The link of a program that is loaded already: of XDP in native mode, of tc (tcx) before all others, since Linux 6.6; likewise.
Descriptor attach(const std::string &device, bool xdp, uint32_t program, std::string &error);

}  // namespace weft::keeper
