#include "af_packet_fanout.h"

#include <linux/if_ether.h>
#include <netinet/in.h>

#include <cstdint>
#include <utility>

namespace weft {
namespace fanout {
namespace {

constexpr uint32_t odd = 0x9e3779b1, ports_odd = 0x85ebca6b;
constexpr uint32_t with_ports[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_DCCP, IPPROTO_SCTP, IPPROTO_UDPLITE};

// Jumps go forward only, so that their distances are known once the place is.
class Program {
  public:
    void add(int code, uint32_t value = 0) { made_.push_back({static_cast<uint16_t>(code), 0, 0, value}); }
    // Goes on here when it holds; the place that is returned is where it goes on when not.
    size_t unless(int test, uint32_t value) {
        made_.push_back({static_cast<uint16_t>(BPF_JMP | test | BPF_K), 0, 0, value});
        return made_.size();
    }
    size_t jump() {
        add(BPF_JMP | BPF_JA);
        return made_.size();
    }
    // Jumps from that place, where the test fails or always, come here.
    void here(size_t from) {
        sock_filter &jump = made_[from - 1];
        const size_t distance = made_.size() - from;
        if (jump.code == (BPF_JMP | BPF_JA)) jump.k = static_cast<uint32_t>(distance);
        else jump.jf = static_cast<uint8_t>(distance);
    }
    std::vector<sock_filter> take() { return std::move(made_); }

  private:
    std::vector<sock_filter> made_;
};

enum Scratch : uint32_t { hash, part };

// Of words from a place on, added up: to A and the hash.
void sum(Program &program, uint32_t at, unsigned words) {
    program.add(BPF_LD | BPF_W | BPF_ABS, at);
    for (unsigned word = 1; word < words; word++) {
        program.add(BPF_ST, hash);
        program.add(BPF_LD | BPF_W | BPF_ABS, at + 4 * word);
        program.add(BPF_LDX | BPF_W | BPF_MEM, hash);
        program.add(BPF_ALU | BPF_ADD | BPF_X);
    }
    program.add(BPF_ST, hash);
}

// Adds the ports of what protocol is in A; `begin` loads X with where the transport header is.
template <class Begin>
void ports(Program &program, uint32_t at, Begin begin) {
    std::vector<size_t> found;
    for (const uint32_t protocol : with_ports) {
        const size_t other = program.unless(BPF_JEQ, protocol);
        found.push_back(program.jump());
        program.here(other);
    }
    const size_t none = program.jump();
    for (const size_t from : found) program.here(from);
    begin();
    program.add(BPF_LD | BPF_H | BPF_IND, at);
    program.add(BPF_ST, part);
    program.add(BPF_LD | BPF_H | BPF_IND, at + 2);
    program.add(BPF_LDX | BPF_W | BPF_MEM, part);
    program.add(BPF_ALU | BPF_ADD | BPF_X);
    program.add(BPF_ALU | BPF_MUL | BPF_K, ports_odd);
    program.add(BPF_LDX | BPF_W | BPF_MEM, hash);
    program.add(BPF_ALU | BPF_ADD | BPF_X);
    program.add(BPF_ST, hash);
    program.here(none);
}

void finish(Program &program, size_t sockets) {
    program.add(BPF_LD | BPF_W | BPF_MEM, hash);
    program.add(BPF_ALU | BPF_MUL | BPF_K, odd);
    program.add(BPF_ALU | BPF_RSH | BPF_K, 16);
    program.add(BPF_ALU | BPF_MOD | BPF_K, static_cast<uint32_t>(sockets));
    program.add(BPF_RET | BPF_A);
}

// Layer 3 begins at `at`, its type is in A. Goes on after it when the packet is neither IPv4 nor IPv6.
void layer3(Program &program, uint32_t at, size_t sockets) {
    const size_t not4 = program.unless(BPF_JEQ, ETH_P_IP);
    sum(program, at + 12, 2);
    program.add(BPF_LD | BPF_H | BPF_ABS, at + 6);
    const size_t whole = program.unless(BPF_JSET, 0x3fff);
    finish(program, sockets);
    program.here(whole);
    program.add(BPF_LD | BPF_B | BPF_ABS, at + 9);
    ports(program, at, [&] { program.add(BPF_LDX | BPF_B | BPF_MSH, at); });
    finish(program, sockets);
    program.here(not4);
    const size_t not6 = program.unless(BPF_JEQ, ETH_P_IPV6);
    sum(program, at + 8, 8);
    program.add(BPF_LD | BPF_B | BPF_ABS, at + 6);
    ports(program, at + 40, [&] { program.add(BPF_LDX | BPF_IMM, 0); });
    finish(program, sockets);
    program.here(not6);
}

}  // namespace
}  // namespace fanout

std::vector<sock_filter> fanout_program(size_t sockets) {
    fanout::Program program;
    if (sockets > 1) {
        program.add(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(SKF_AD_OFF + SKF_AD_PROTOCOL));
        fanout::layer3(program, 0, sockets);
        for (const uint32_t tag : {ETH_P_8021Q, ETH_P_8021AD}) {
            const size_t other = program.unless(BPF_JEQ, tag);
            program.add(BPF_LD | BPF_H | BPF_ABS, 2);
            fanout::layer3(program, 4, sockets);
            program.here(other);
        }
    }
    program.add(BPF_RET | BPF_K, 0);
    return program.take();
}

}  // namespace weft
