#include "af_xdp_checksum.h"

#include "../net/bytes.h"
#include "../net/checksum.h"
#include "../net/offload.h"

namespace weft {

namespace {

constexpr uint8_t tcp = 6, udp = 17;
constexpr uint32_t tcp_header = 20, udp_header = 8, tcp_field = 16, udp_field = 6;

}  // namespace

void find_unfinished_checksum(Packet &packet) {
    const uint8_t *data = packet.data;
    uint32_t ip = 14;
    if (packet.length < ip + 20) return;
    uint16_t type = load16(data + 12);
    while ((type == type_vlan || type == type_qinq) && ip < 22) {
        type = load16(data + ip + 2);
        ip += 4;
    }
    if (packet.length < ip + 20) return;
    uint32_t start, length;
    uint8_t protocol;
    uint64_t sum;
    if (type == type_ip4) {
        const uint32_t header = (data[ip] & 15u) * 4, total = load16(data + ip + 2);
        if (data[ip] >> 4 != 4 || header < 20 || total < header || ip + total > packet.length || (load16(data + ip + 6) & 0x3fff)) return;
        protocol = data[ip + 9];
        start = ip + header;
        length = total - header;
        sum = checksum_add(0, data + ip + 12, 8);
    } else if (type == type_ip6) {
        if (packet.length < ip + 40) return;
        length = load16(data + ip + 4);
        if (data[ip] >> 4 != 6 || ip + 40 + length > packet.length) return;
        protocol = data[ip + 6];
        start = ip + 40;
        sum = checksum_add(0, data + ip + 8, 32);
    } else {
        return;
    }
    if (protocol != tcp && protocol != udp) return;
    if (length < (protocol == tcp ? tcp_header : udp_header)) return;
    const uint32_t field = protocol == tcp ? tcp_field : udp_field;
    if (checksum_fold(sum + protocol + length) != load16(data + start + field)) return;
    packet.offload.flags = offload_needs_checksum;
    packet.offload.csum_start = static_cast<uint16_t>(start);
    packet.offload.csum_offset = static_cast<uint16_t>(field);
}

}  // namespace weft
