// Classic BPF: what libpcap compiles matches what libpcap says it does, and what is no program is refused.
#include "../net/bpf.h"

#include <random>

#include "lab.h"
#include "lab_filter.h"

namespace weft::bpf_test {
namespace {

std::string code(std::initializer_list<Bpf::Instruction> instructions) {
    return {reinterpret_cast<const char *>(instructions.begin()), instructions.size() * sizeof(Bpf::Instruction)};
}

std::string refusal(const std::string &bytes) {
    std::string error;
    CHECK(!Bpf::read(bytes, error));
    return error;
}

TEST("bpf: programs of libpcap decide as they do there, on whole and damaged frames") {
    std::vector<Bytes> frames;
    for (const char *to : {"10.0.2.9", "192.0.2.7", "2001:db8:2::9"}) {
        const std::string from = std::string(to).find(':') == std::string::npos ? "10.0.1.9" : "2001:db8:1::9";
        for (const uint8_t protocol : {6, 17})
            for (const uint16_t port : {53, 2000, 80})
                frames.push_back(frame(mac(1), h1, packet({.source = from, .destination = to, .protocol = protocol, .destination_port = port})));
        frames.push_back(frame(mac(1), h1, echo_request(from, to)));
    }
    frames.push_back(frame(mac(1), h1, packet({.source = "10.0.1.9", .destination = "10.0.2.9", .fragment = 0x2004, .options = {1, 1, 1, 1}})));
    frames.push_back(arp(1, h1, "10.0.1.9", {}, "10.0.1.1", mac(1)));
    Bytes tagged = frames[0];
    const uint8_t tag[] = {0x81, 0, 0x60, 100};
    tagged.insert(tagged.begin() + 12, tag, tag + 4);
    frames.push_back(tagged);
    std::mt19937 random(3);
    const size_t whole = frames.size();
    for (int n = 0; n < 2000; n++) {
        Bytes b = frames[random() % whole];
        for (int change = 0; change < 3; change++) b[12 + random() % (b.size() - 12)] = static_cast<uint8_t>(random());
        b.resize(14 + random() % (b.size() - 13));
        frames.push_back(b);
    }
    for (const char *expression :
         {"", "ip", "ip6", "arp", "tcp", "udp port 53", "icmp", "icmp6", "host 10.0.1.9", "dst net 192.0.2.0/24", "src host 2001:db8:1::9",
          "tcp and not port 80", "udp and (port 53 or port 2000)", "tcp[tcpflags] & (tcp-syn|tcp-fin) != 0", "ether host 02:00:00:00:00:11",
          "vlan 100 and tcp", "len > 60", "less 50", "ip[8] < 10", "portrange 50-100", "ip[6:2] & 0x1fff != 0 or ip6", "ether[0] & 1 = 0",
          "ip[2:2] - ((ip[0] & 0xf) << 2) > 20", "((ip[0] >> 4) * 3) % 5 = 2", "ether[ether[14] & 7] / 2 = 1"}) {
        const std::string bytes = compiled(expression);
        std::string error;
        const auto program = Bpf::read(bytes, error);
        CHECK_EQUAL(error, std::string());
        unsigned matched = 0;
        for (const Bytes &b : frames) {
            const auto length = static_cast<uint32_t>(b.size());
            const bool expected = bpf_filter(reinterpret_cast<const bpf_insn *>(bytes.data()), b.data(), length, length) != 0;
            CHECK_EQUAL(program->matches(b.data(), length, length), expected);
            matched += expected;
        }
        if (matched == 0) throw CheckFailed{std::string("nothing matches ") + expression};
    }
}

TEST("bpf: what is no program, leaves itself or never ends is refused") {
    constexpr uint16_t return_k = 6, load = 0x28, jump = 5, equal = 0x15, store = 2, divide = 0x34;
    std::string error;
    CHECK(Bpf::read(code({{load, 0, 0, 12}, {equal, 0, 1, 0x800}, {return_k, 0, 0, 1}, {return_k, 0, 0, 0}}), error).has_value());
    CHECK(Bpf::read("", error).has_value());
    CHECK_EQUAL(refusal("abc"), std::string("a filter of 3 octets is no program of at most 4096 instructions"));
    CHECK_EQUAL(refusal(std::string(8 * 4097, '\0')), std::string("a filter of 32776 octets is no program of at most 4096 instructions"));
    CHECK_EQUAL(refusal(code({{load, 0, 0, 12}})), std::string("instruction 0 of the filter leads out of it"));
    CHECK_EQUAL(refusal(code({{equal, 0, 2, 1}, {return_k, 0, 0, 1}, {return_k, 0, 0, 0}})), std::string("instruction 0 of the filter leads out of it"));
    CHECK_EQUAL(refusal(code({{jump, 0, 0, 0xffffffff}, {return_k, 0, 0, 1}})), std::string("instruction 0 of the filter leads out of it"));
    CHECK_EQUAL(refusal(code({{store, 0, 0, 16}, {return_k, 0, 0, 1}})), std::string("instruction 0 of the filter is none of classic BPF"));
    CHECK_EQUAL(refusal(code({{divide, 0, 0, 0}, {return_k, 0, 0, 1}})), std::string("instruction 0 of the filter is none of classic BPF"));
    CHECK_EQUAL(refusal(code({{0x7777, 0, 0, 0}, {return_k, 0, 0, 1}})), std::string("instruction 0 of the filter is none of classic BPF"));
    CHECK_EQUAL(refusal(code({{0xf0, 0, 0, 0}, {return_k, 0, 0, 1}})), std::string("instruction 0 of the filter is none of classic BPF"));
}

}  // namespace
}  // namespace weft::bpf_test
