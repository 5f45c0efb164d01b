// For how long the kernel leaves what a device received to a program that polls it (busy polling), before it takes it in by itself:
// two settings of the device in sysfs, of the namespace that the calling thread is in. They are root's, so that in a user namespace
// there is no busy polling.
#pragma once

#include <string>

namespace weft::keeper {

struct Deferral {
    std::string interrupts;  // how many times in succession, napi_defer_hard_irqs
    std::string timeout;     // nanoseconds, gro_flush_timeout
};

// Gives what was set before. On failure an `error` for a person, and nothing has been changed.
Deferral defer(const std::string &device, const Deferral &wanted, std::string &error);

}  // namespace weft::keeper
