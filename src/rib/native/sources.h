// Who says routes (RFC 8349, section 5): an instance of a protocol with a preference.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

namespace weft::rib {

struct Source {
    std::string protocol;
    // Unique among those of the protocol.
    std::string name;
    uint32_t preference;
};

class Sources {
  public:
    // The number of this source, made when there is none. Throws std::length_error past 65,535. O(sources).
    uint16_t number(std::string_view protocol, std::string_view name, uint32_t preference);
    const Source &operator[](uint16_t number) const { return sources_[number]; }
    size_t size() const { return sources_.size(); }
    bool same_instance(uint16_t a, uint16_t b) const {
        return a == b || (sources_[a].protocol == sources_[b].protocol && sources_[a].name == sources_[b].name);
    }
    // The lower preference comes first; among equals the name that sorts first.
    bool before(uint16_t a, uint16_t b) const;

  private:
    std::deque<Source> sources_;
};

}  // namespace weft::rib
