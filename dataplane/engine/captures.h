// A capture as the control side has it: what is to be looked at by name, and how far its file is. The programming lock's.
#pragma once

#include <map>
#include <set>
#include <utility>

#include "engine.h"
#include "net/pcapng.h"
#include "tables/watch.h"

namespace weft {

struct CaptureSession {
    explicit CaptureSession(const CaptureRequest &what) : request(what), file(what.snap_length), names(what.interfaces.begin(), what.interfaces.end()) {}

    uint8_t points(const std::string &interface) const;
    bool sees_drops() const { return capture->drops.any(); }

    const CaptureRequest request;
    std::shared_ptr<Capture> capture = std::make_shared<Capture>();
    Pcapng file;
    const std::set<std::string> names;
    bool begun = false;                                 // the section is written
    std::map<std::pair<uint32_t, bool>, uint32_t> ids;  // of the file's interfaces, by index and whether they are of layer 3
    uint64_t began = 0, latest = 0;                     // nanoseconds since the epoch
    uint64_t octets = 0, packets = 0;                   // of the file
    std::string ended;                                  // why; it is looked at no more
    std::shared_ptr<bool> quiet = std::make_shared<bool>(false);  // and no worker can still write to it
};

}  // namespace weft
