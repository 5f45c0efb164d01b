// What the files of the af_packet driver share.
#pragma once

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "count.h"

namespace weft::af_packet {

inline constexpr int socket_buffer = 32 << 20;

template <typename Value>
bool set_option(int socket, int level, int option, const Value &value) {
    return setsockopt(socket, level, option, &value, sizeof(value)) == 0;
}

inline std::string failed(const char *what) { return std::string(what) + ": " + std::strerror(errno); }

}  // namespace weft::af_packet
