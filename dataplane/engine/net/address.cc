#include "address.h"

#include <arpa/inet.h>

namespace weft {

std::string to_text(const HostAddress &a) {
    char text[INET6_ADDRSTRLEN] = "?";
    inet_ntop(a.family == 4 ? AF_INET : AF_INET6, a.bytes.data(), text, sizeof text);
    return text;
}

std::string to_text(const Ip6 &a) { return to_text(to_host_address(a, 0)); }

}  // namespace weft
