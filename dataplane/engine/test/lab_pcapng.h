// Reads what net/pcapng.h wrote, block by block, as a reader of another program would.
#pragma once

#include "lab.h"

namespace weft {

struct PcapngFile {
    struct Interface {
        uint16_t link;
        std::string name, description;
        uint64_t delivered = 0;
        bool counted = false;
    };
    struct Seen {
        uint32_t interface;
        uint64_t time;
        uint32_t length;
        Bytes octets;
        uint32_t flags = 0;
        uint64_t lost = 0;
        std::string comment;
    };
    std::vector<Interface> interfaces;
    std::vector<Seen> packets;
};

// Fails on anything that is not as it should be.
PcapngFile read_pcapng(const Bytes &file);
// Ends a capture: what it has.
PcapngFile captured(Lab &lab, uint64_t number = 1);

}  // namespace weft
