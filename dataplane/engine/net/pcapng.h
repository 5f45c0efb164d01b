// Writes pcapng (draft-ietf-opsawg-pcapng): a section in the processor's byte order, its interfaces as they turn up, packets with
// nanoseconds, and how many there were of each interface at the end. A file that is cut off between two blocks is whole as far as it
// goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weft {

enum class LinkType : uint16_t { ethernet = 1, raw = 101 };  // LINKTYPE_…; raw: packets begin with their IP header

struct PcapngPacket {
    uint32_t interface = 0;  // as interface() numbered it
    uint64_t time = 0;       // nanoseconds since the epoch
    uint8_t direction = 0;   // 1 in, 2 out, 0 not known
    const uint8_t *octets = nullptr;
    uint32_t kept = 0, length = 0;
    uint64_t lost = 0;     // between the one before and it
    std::string comment = {};
};

class Pcapng {
  public:
    explicit Pcapng(uint32_t snap_length) : snap_length_(snap_length) {}

    // Each appends a block.
    void section(std::vector<uint8_t> &out) const;
    uint32_t interface(std::vector<uint8_t> &out, LinkType link, const std::string &name, const std::string &description);
    void packet(std::vector<uint8_t> &out, const PcapngPacket &packet);
    // Of all interfaces; times are nanoseconds since the epoch.
    void statistics(std::vector<uint8_t> &out, uint64_t began, uint64_t ended) const;
    // At most so many octets more: that packet, with the statistics behind it; of an interface that is not there yet.
    size_t room_for(const PcapngPacket &packet) const;
    size_t room_for(const std::string &name, const std::string &description) const;

  private:
    const uint32_t snap_length_;
    std::vector<uint64_t> packets_;  // by interface
};

}  // namespace weft
