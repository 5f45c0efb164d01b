// Filter expressions as the control plane compiles them: by libpcap.
#pragma once

#include <pcap/pcap.h>

#include "check.h"

namespace weft {

// Of packets that begin with an Ethernet header (DLT_EN10MB) or an IP header (DLT_RAW).
inline std::string compiled(const std::string &expression, int link = DLT_EN10MB) {
    pcap_t *handle = pcap_open_dead(link, 65535);
    bpf_program program{};
    const int code = pcap_compile(handle, &program, expression.c_str(), 1, PCAP_NETMASK_UNKNOWN);
    const std::string why = pcap_geterr(handle);
    pcap_close(handle);
    if (code != 0) throw CheckFailed{expression + ": " + why};
    std::string bytes(reinterpret_cast<const char *>(program.bf_insns), program.bf_len * sizeof(bpf_insn));
    pcap_freecode(&program);
    return bytes;
}

}  // namespace weft
