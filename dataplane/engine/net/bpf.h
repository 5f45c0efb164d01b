// Classic BPF (McCanne and Jacobson, 1993): the programs that libpcap makes of filter expressions. Whoever has one checks it once
// (Bpf::read); running it then neither leaves the packet nor the program, and ends: jumps only go forward.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft {

class Bpf {
  public:
    static constexpr size_t most = 4096;  // instructions
    struct Instruction {
        uint16_t code = 0;
        uint8_t if_true = 0, if_false = 0;
        uint32_t k = 0;
        bool operator==(const Instruction &) const = default;
    };
    static_assert(sizeof(Instruction) == 8);

    // Instructions as struct bpf_insn of <pcap/bpf.h>, little endian. None: all packets match. Nothing, and a text for a person, when
    // they are no program.
    static std::optional<Bpf> read(const std::string &bytes, std::string &error);

    // A packet of which `kept` octets are at hand.
    bool matches(const uint8_t *packet, uint32_t length, uint32_t kept) const {
        return program_.empty() || run(packet, length, kept) != 0;
    }
    bool operator==(const Bpf &) const = default;

  private:
    uint32_t run(const uint8_t *packet, uint32_t length, uint32_t kept) const;
    std::vector<Instruction> program_;
};

}  // namespace weft
