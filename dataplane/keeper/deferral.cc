#include "deferral.h"

#include <sched.h>
#include <sys/mount.h>

#include <cerrno>
#include <cstring>
#include <fstream>

namespace weft::keeper {

namespace {

std::string path_of(const std::string &device, const char *setting) { return "/sys/class/net/" + device + '/' + setting; }

bool read(const std::string &path, std::string &value) {
    std::ifstream file(path);
    return static_cast<bool>(file >> value);
}

bool write(const std::string &path, const std::string &value) {
    std::ofstream file(path);
    file << value;
    file.close();
    return !file.fail();
}

}  // namespace

// A sysfs shows the devices of the namespace in which it was mounted; the mount is this thread's alone and goes with it.
Deferral defer(const std::string &device, const Deferral &wanted, std::string &error) {
    Deferral before;
    if (unshare(CLONE_NEWNS) != 0 || mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0 ||
        mount("sysfs", "/sys", "sysfs", 0, nullptr) != 0) {
        error = std::string("no sysfs of the namespace: ") + std::strerror(errno);
        return before;
    }
    const std::string interrupts = path_of(device, "napi_defer_hard_irqs"), timeout = path_of(device, "gro_flush_timeout");
    if (!read(interrupts, before.interrupts) || !read(timeout, before.timeout)) {
        error = device + ": " + std::strerror(errno);
        return before;
    }
    if (write(timeout, wanted.timeout) && write(interrupts, wanted.interrupts)) return before;
    error = device + ": " + std::strerror(errno);
    write(timeout, before.timeout);
    return before;
}

}  // namespace weft::keeper
