#include "ring_memory.h"

#include <fstream>

namespace weft {

uint64_t available_memory() {
    std::ifstream file("/proc/meminfo");
    std::string word;
    uint64_t kibibytes = 0;
    while (file >> word)
        if (word == "MemAvailable:" && file >> kibibytes) return kibibytes << 10;
    return UINT64_MAX;
}

std::string too_much_memory(size_t rings, uint64_t octets, uint64_t available) {
    const uint64_t most = available / 2;
    if (rings * octets <= most) return {};
    const uint64_t fit = most / octets;
    return std::to_string(rings) + (rings == 1 ? " more receive queue takes " : " more receive queues take ") + std::to_string(rings * octets >> 20) +
           " MiB, and only half of the " + std::to_string(available >> 20) + " MiB that are available may be taken; " +
           (fit == 0 ? "not one" : std::to_string(fit)) + " would fit";
}

}  // namespace weft
