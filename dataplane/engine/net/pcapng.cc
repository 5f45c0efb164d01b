#include "pcapng.h"

#include <cstring>

namespace weft {
namespace {

constexpr uint32_t section_block = 0x0a0d0d0a, interface_block = 1, statistics_block = 5, packet_block = 6;
constexpr uint32_t byte_order = 0x1a2b3c4d;
constexpr uint16_t option_end = 0, option_comment = 1;
constexpr uint16_t section_application = 4;
constexpr uint16_t interface_name = 2, interface_description = 3, interface_resolution = 9;
constexpr uint16_t packet_flags = 2, packet_lost = 4;
constexpr uint16_t statistics_began = 2, statistics_ended = 3, statistics_delivered = 8;
constexpr uint8_t nanoseconds = 9;
constexpr size_t block_frame = 12, option_header = 4;

constexpr size_t padded(size_t length) { return (length + 3) & ~size_t{3}; }
constexpr size_t option_size(size_t length) { return option_header + padded(length); }
constexpr size_t statistics_size = block_frame + 12 + 3 * option_size(8) + option_header;

// A block, which its length ends and begins.
class Block {
  public:
    Block(std::vector<uint8_t> &out, uint32_t type) : out_(out), start_(out.size()) {
        u32(type);
        u32(0);
    }
    ~Block() {
        u32(0);
        const auto length = static_cast<uint32_t>(out_.size() - start_);
        std::memcpy(out_.data() + start_ + 4, &length, 4);
        std::memcpy(out_.data() + out_.size() - 4, &length, 4);
    }
    Block(const Block &) = delete;

    void u16(uint16_t v) { raw(&v, sizeof v); }
    void u32(uint32_t v) { raw(&v, sizeof v); }
    // The upper half first.
    void time(uint64_t v) {
        u32(static_cast<uint32_t>(v >> 32));
        u32(static_cast<uint32_t>(v));
    }
    void octets(const void *from, size_t length) {
        raw(from, length);
        out_.resize(out_.size() + padded(length) - length);
    }
    void option(uint16_t code, const void *value, size_t length) {
        u16(code);
        u16(static_cast<uint16_t>(length));
        octets(value, length);
    }
    void option(uint16_t code, const std::string &text) {
        if (!text.empty()) option(code, text.data(), text.size());
    }
    void time_option(uint16_t code, uint64_t v) {
        const uint32_t halves[2] = {static_cast<uint32_t>(v >> 32), static_cast<uint32_t>(v)};
        option(code, halves, sizeof halves);
    }
    void end_options() { option(option_end, nullptr, 0); }

  private:
    void raw(const void *from, size_t length) {
        const auto *bytes = static_cast<const uint8_t *>(from);
        if (length) out_.insert(out_.end(), bytes, bytes + length);
    }
    std::vector<uint8_t> &out_;
    const size_t start_;
};

}  // namespace

void Pcapng::section(std::vector<uint8_t> &out) const {
    Block b(out, section_block);
    b.u32(byte_order);
    b.u16(1);
    b.u16(0);
    const uint64_t not_said = ~uint64_t{0};  // the section's length
    b.time(not_said);
    b.option(section_application, std::string("Weft"));
    b.end_options();
}

uint32_t Pcapng::interface(std::vector<uint8_t> &out, LinkType link, const std::string &name, const std::string &description) {
    Block b(out, interface_block);
    b.u16(static_cast<uint16_t>(link));
    b.u16(0);
    b.u32(snap_length_);
    b.option(interface_name, name);
    b.option(interface_description, description);
    b.option(interface_resolution, &nanoseconds, 1);
    b.end_options();
    packets_.push_back(0);
    return static_cast<uint32_t>(packets_.size() - 1);
}

void Pcapng::packet(std::vector<uint8_t> &out, const PcapngPacket &p) {
    Block b(out, packet_block);
    b.u32(p.interface);
    b.time(p.time);
    b.u32(p.kept);
    b.u32(p.length);
    b.octets(p.octets, p.kept);
    if (p.direction) {
        const uint32_t flags = p.direction;
        b.option(packet_flags, &flags, sizeof flags);
    }
    if (p.lost) b.option(packet_lost, &p.lost, sizeof p.lost);
    b.option(option_comment, p.comment);
    b.end_options();
    packets_[p.interface]++;
}

void Pcapng::statistics(std::vector<uint8_t> &out, uint64_t began, uint64_t ended) const {
    for (uint32_t n = 0; n < packets_.size(); n++) {
        Block b(out, statistics_block);
        b.u32(n);
        b.time(ended);
        b.time_option(statistics_began, began);
        b.time_option(statistics_ended, ended);
        b.option(statistics_delivered, &packets_[n], sizeof packets_[n]);
        b.end_options();
    }
}

size_t Pcapng::room_for(const PcapngPacket &p) const {
    const size_t options = option_size(4) + option_size(8) + option_size(p.comment.size()) + option_header;
    return block_frame + 20 + padded(p.kept) + options + statistics_size * packets_.size();
}

size_t Pcapng::room_for(const std::string &name, const std::string &description) const {
    return block_frame + 8 + option_size(name.size()) + option_size(description.size()) + option_size(1) + option_header + statistics_size;
}

}  // namespace weft
