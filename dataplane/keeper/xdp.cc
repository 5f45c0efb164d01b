#include "xdp.h"

#include <bpf/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>

#include <cerrno>
#include <cstddef>
#include <cstring>

namespace weft::keeper {

namespace {

constexpr const char *name = "weft_af_xdp";

// Of Linux 6.6's <linux/bpf.h>.
constexpr auto tcx_ingress = static_cast<bpf_attach_type>(46);

bpf_insn instruction(uint8_t code, uint8_t to, uint8_t from, int16_t offset, int32_t value) {
    bpf_insn made{};
    made.code = code;
    made.dst_reg = to & 0xf;
    made.src_reg = from & 0xf;
    made.off = offset;
    made.imm = value;
    return made;
}

// return bpf_redirect_map(&map, context->rx_queue_index, XDP_PASS);
int load(int map) {
    const bpf_insn program[] = {
        instruction(BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1, offsetof(xdp_md, rx_queue_index), 0),
        instruction(BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map),
        instruction(0, 0, 0, 0, 0),
        instruction(BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_3, 0, 0, XDP_PASS),
        instruction(BPF_JMP | BPF_CALL, 0, 0, 0, BPF_FUNC_redirect_map),
        instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0),
    };
    return bpf_prog_load(BPF_PROG_TYPE_XDP, name, "GPL", program, sizeof(program) / sizeof(*program), nullptr);
}

std::string why(int code, bool native) {
    const std::string text = std::strerror(code);
    switch (code) {
        case EPERM: return text + " (it takes CAP_BPF and CAP_NET_ADMIN, which no user namespace gives; weftd of root does with --no-user-namespace)";
        case EBUSY: return text + " (another XDP program is attached)";
        case ERANGE: return text + (native ? " (the device's MTU, or that of a veth's other end, is larger than this mode takes: 3500 or less would do)" : "");
        case ENOSPC: return text + (native ? " (a veth must have as many receive queues as its other end has transmit queues)" : "");
        case EOPNOTSUPP: return text + (native ? " (the device's driver has no native mode)" : "");
        default: return text;
    }
}

Descriptor link(const std::string &device, const Descriptor &program, bool native, std::string &error) {
    const unsigned index = if_nametoindex(device.c_str());
    if (index == 0) {
        error = device + ": " + std::strerror(errno);
        return {};
    }
    LIBBPF_OPTS(bpf_link_create_opts, options, .flags = native ? XDP_FLAGS_DRV_MODE : XDP_FLAGS_SKB_MODE);
    Descriptor made(bpf_link_create(program.get(), static_cast<int>(index), BPF_XDP, &options));
    if (!made) error = std::string("the kernel refuses to attach an XDP program in ") + (native ? "native" : "generic") + " mode: " + why(errno, native);
    return made;
}

}  // namespace

Redirection redirect(const std::string &device, bool native, int queues, std::string &error) {
    Redirection made;
    const auto failed = [&](const char *what, int code) {
        error = std::string("the kernel refuses ") + what + ": " + why(code, native);
        return Redirection{};
    };
    made.map = Descriptor(bpf_map_create(BPF_MAP_TYPE_XSKMAP, name, sizeof(uint32_t), sizeof(uint32_t), static_cast<unsigned>(queues), nullptr));
    if (!made.map) return failed("an XSKMAP", errno);
    const Descriptor program(load(made.map.get()));
    if (!program) return failed("an XDP program", errno);
    made.link = link(device, program, native, error);
    return made;
}

Descriptor attach(const std::string &device, bool xdp, uint32_t program, std::string &error) {
    const Descriptor loaded(bpf_prog_get_fd_by_id(program));
    const unsigned index = if_nametoindex(device.c_str());
    if (!loaded || index == 0) {
        error = (loaded ? device : "program " + std::to_string(program)) + ": " + why(errno, true);
        return {};
    }
    if (xdp) return link(device, loaded, true, error);
    Descriptor made(bpf_link_create(loaded.get(), static_cast<int>(index), tcx_ingress, nullptr));
    if (!made) error = "the kernel refuses to attach a program by tcx: " + why(errno, true);
    return made;
}

}  // namespace weft::keeper
