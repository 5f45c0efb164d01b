// Prints the seeded IPv4 table of tables.h for programs that are not linked with it, a route a line in order of the prefixes:
//
//   route-table COUNT NEXT_HOPS      10.1.0.0/16 7
#include <cstdio>
#include <cstdlib>

#include "tables.h"

int main(int count, char **arguments) {
    if (count != 3) {
        std::fprintf(stderr, "usage: route-table COUNT NEXT_HOPS\n");
        return 2;
    }
    const auto table = weft::bench::table4(std::strtoul(arguments[1], nullptr, 10),
                                           static_cast<uint32_t>(std::strtoul(arguments[2], nullptr, 10)));
    for (const auto &[prefix, length, next_hop] : table)
        std::printf("%u.%u.%u.%u/%u %u\n", prefix >> 24, prefix >> 16 & 255, prefix >> 8 & 255, prefix & 255, length, next_hop);
    return 0;
}
