#include "bpf.h"

#include <cstring>

#include "bytes.h"

namespace weft {
namespace {

constexpr unsigned memory_words = 16;

// Of a code, by its bits: class; size and mode of loads; operation and operand of the rest.
constexpr uint16_t ld = 0, ldx = 1, st = 2, stx = 3, alu = 4, jump = 5, ret = 6, misc = 7;
constexpr uint16_t word = 0x00, half = 0x08, byte = 0x10;
constexpr uint16_t immediate = 0x00, absolute = 0x20, indirect = 0x40, memory = 0x60, wire_length = 0x80, header = 0xa0;
constexpr uint16_t by_k = 0x00, by_x = 0x08;
constexpr uint16_t add = 0x00, sub = 0x10, mul = 0x20, div = 0x30, bit_or = 0x40, bit_and = 0x50, shl = 0x60, shr = 0x70, neg = 0x80, mod = 0x90, bit_xor = 0xa0;
constexpr uint16_t always = 0x00, equal = 0x10, greater = 0x20, at_least = 0x30, any_bit = 0x40;
constexpr uint16_t accumulator = 0x10, to_x = 0x00, to_a = 0x80;

bool known(const Bpf::Instruction &i) {
    switch (i.code) {
        case ld | immediate:
        case ld | absolute | word:
        case ld | absolute | half:
        case ld | absolute | byte:
        case ld | indirect | word:
        case ld | indirect | half:
        case ld | indirect | byte:
        case ld | wire_length:
        case ldx | immediate:
        case ldx | wire_length:
        case ldx | header | byte:
        case alu | neg:
        case ret | by_k:
        case ret | by_x:
        case ret | accumulator:
        case misc | to_x:
        case misc | to_a:
        case jump | always:
            return true;
        case ld | memory:
        case ldx | memory:
        case st:
        case stx:
            return i.k < memory_words;
        case alu | div | by_k:
        case alu | mod | by_k:
            return i.k != 0;
        case alu | shl | by_k:
        case alu | shr | by_k:
            return i.k < 32;
    }
    const uint16_t of = i.code & 7, operation = i.code & 0xf0;
    if (i.code > 0xff) return false;
    return (of == alu && operation <= bit_xor && operation != neg) || (of == jump && operation >= equal && operation <= any_bit);
}

}  // namespace

std::optional<Bpf> Bpf::read(const std::string &bytes, std::string &error) {
    const size_t count = bytes.size() / sizeof(Instruction);
    if (bytes.size() % sizeof(Instruction) != 0 || count > most) {
        error = "a filter of " + std::to_string(bytes.size()) + " octets is no program of at most " + std::to_string(most) + " instructions";
        return {};
    }
    Bpf made;
    made.program_.resize(count);
    if (count) std::memcpy(made.program_.data(), bytes.data(), bytes.size());
    for (size_t n = 0; n < count; n++) {
        const Instruction &i = made.program_[n];
        const size_t left = count - n - 1;  // behind it
        const bool jumps = (i.code & 7) == jump;
        const bool lands = !jumps ? (i.code & 7) == ret || left > 0 : i.code == (jump | always) ? i.k < left : i.if_true < left && i.if_false < left;
        if (known(i) && lands) continue;
        error = "instruction " + std::to_string(n) + " of the filter " + (known(i) ? "leads out of it" : "is none of classic BPF");
        return {};
    }
    return made;
}

uint32_t Bpf::run(const uint8_t *packet, uint32_t length, uint32_t kept) const {
    uint32_t a = 0, x = 0, m[memory_words] = {};
    // Not so many octets there: the packet does not match.
    const auto there = [kept](uint64_t at, uint32_t size) { return at + size <= kept; };
    for (const Instruction *i = program_.data();; i++) {
        const uint32_t k = i->k;
        switch (i->code) {
            case ret | by_k: return k;
            case ret | by_x: return x;
            case ret | accumulator: return a;
            case ld | immediate: a = k; continue;
            case ld | memory: a = m[k]; continue;
            case ld | wire_length: a = length; continue;
            case ldx | immediate: x = k; continue;
            case ldx | memory: x = m[k]; continue;
            case ldx | wire_length: x = length; continue;
            case st: m[k] = a; continue;
            case stx: m[k] = x; continue;
            case misc | to_x: x = a; continue;
            case misc | to_a: a = x; continue;
            case alu | neg: a = 0 - a; continue;
            case jump | always: i += k; continue;
            case ldx | header | byte:
                if (!there(k, 1)) return 0;
                x = (packet[k] & 15u) * 4;
                continue;
        }
        const uint16_t of = i->code & 7;
        if (of == ld) {
            const uint64_t at = (i->code & 0xe0) == indirect ? uint64_t{x} + k : k;
            const uint16_t size = i->code & 0x18;
            if (!there(at, size == word ? 4 : size == half ? 2 : 1)) return 0;
            a = size == word ? load32(packet + at) : size == half ? load16(packet + at) : packet[at];
            continue;
        }
        const uint32_t operand = i->code & by_x ? x : k;
        if (of == jump) {
            bool is = false;
            switch (i->code & 0xf0) {
                case equal: is = a == operand; break;
                case greater: is = a > operand; break;
                case at_least: is = a >= operand; break;
                case any_bit: is = (a & operand) != 0; break;
            }
            i += is ? i->if_true : i->if_false;
            continue;
        }
        switch (i->code & 0xf0) {
            case add: a += operand; break;
            case sub: a -= operand; break;
            case mul: a *= operand; break;
            case div:
                if (operand == 0) return 0;
                a /= operand;
                break;
            case mod:
                if (operand == 0) return 0;
                a %= operand;
                break;
            case bit_or: a |= operand; break;
            case bit_and: a &= operand; break;
            case bit_xor: a ^= operand; break;
            case shl: a = operand < 32 ? a << operand : 0; break;
            case shr: a = operand < 32 ? a >> operand : 0; break;
        }
    }
}

}  // namespace weft
