// Namespaces: the keeper's own user namespace, and network namespaces held by a descriptor. What has to happen inside a
// network namespace happens on a short-lived thread that enters it, so that the keeper itself never moves.
#pragma once

#include <functional>
#include <string>

#include "descriptor.h"

namespace weft::keeper {

// What the kernel does in a namespace besides carrying the engine's packets.
enum class Profile {
    ports,    // devices of the engine: no IPv6, no answers to ARP, nothing forwarded
    chassis,  // a VRF's host side: sockets and daemons, nothing forwarded, no duplicate address detection (the engine's work)
    host,     // an end host of a demo or a test
};

// Enters a new user namespace in which the caller's user and group are 0. Single-threaded callers only. Empty when done.
std::string enter_user_namespace();

// A new network namespace; on failure an empty descriptor and a text.
Descriptor make_namespace(Profile profile, std::string &error);

// Runs `work` on a thread inside the namespace. Returns false, with a text, when it can't be entered.
bool in_namespace(int descriptor, const std::function<void()> &work, std::string &error);

}  // namespace weft::keeper
