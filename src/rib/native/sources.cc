#include "sources.h"

#include <stdexcept>
#include <tuple>

namespace weft::rib {

uint16_t Sources::number(std::string_view protocol, std::string_view name, uint32_t preference) {
    for (size_t i = 0; i < sources_.size(); i++) {
        const Source &known = sources_[i];
        if (known.name == name && known.protocol == protocol && known.preference == preference) {
            return static_cast<uint16_t>(i);
        }
    }
    if (sources_.size() == UINT16_MAX) throw std::length_error("routes have at most 65535 sources");
    sources_.push_back({std::string(protocol), std::string(name), preference});
    return static_cast<uint16_t>(sources_.size() - 1);
}

bool Sources::before(uint16_t a, uint16_t b) const {
    const Source &one = sources_[a];
    const Source &other = sources_[b];
    return std::tie(one.preference, one.protocol, one.name) < std::tie(other.preference, other.protocol, other.name);
}

}  // namespace weft::rib
