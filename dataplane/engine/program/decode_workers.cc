#include "decode_workers.h"

#include <algorithm>

namespace weft {
namespace {

constexpr size_t longest_device = 15, longest_namespace = 27;

// They become words of requests to the keeper.
bool plain(const std::string &name, size_t longest) {
    return !name.empty() && name.size() <= longest && name[0] != '.' && name[0] != '-' && std::all_of(name.begin(), name.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
    });
}

std::string wrong(const MadePort &made) {
    constexpr const char *letters = " letters, digits, '.', '_' and '-', and begins with none of the last";
    if (!plain(made.name_space, longest_namespace))
        return "namespace " + quoted(made.name_space) + "; its name has 1 to " + std::to_string(longest_namespace) + letters;
    if (!plain(made.device, longest_device)) return "device " + quoted(made.device) + "; its name has 1 to " + std::to_string(longest_device) + letters;
    if (made.mac && ((*made.mac)[0] & 1 || *made.mac == MacAddress{})) return "a MAC address that is null or of a group";
    if (made.mtu < 68) return "an MTU of " + std::to_string(made.mtu) + ", below 68";
    for (const HostAddress &address : made.addresses)
        if (address.prefix_length > (address.family == 4 ? 32 : 128) || !is_host(address))
            return to_text(address) + '/' + std::to_string(address.prefix_length) + ", which is no host's address";
    for (const HostAddress &gateway : made.gateways)
        if (!is_host(gateway)) return "gateway " + to_text(gateway) + ", which is no host's address";
    return {};
}

}  // namespace

std::string decode_workers(Reader &r, Transaction &t) {
    Crew crew;
    crew.count = r.u8();
    if (r.good() && (crew.count == 0 || crew.count > max_workers))
        return std::to_string(crew.count) + " workers are not 1 to " + std::to_string(max_workers);
    const uint8_t n = r.u8();
    for (uint8_t i = 0; i < n && r.good(); i++) {
        const uint8_t worker = r.u8();
        const uint16_t cpu = r.u16();
        if (r.good() && worker >= crew.count)
            return "worker " + std::to_string(worker) + " is to run on CPU " + std::to_string(cpu) + ", but there are " +
                   std::to_string(crew.count) + " workers, from 0 on";
        crew.cpus[worker] = cpu;
    }
    if (r.good()) t.crew = std::move(crew);
    return {};
}

std::string decode_port_make(Reader &r, Transaction &t) {
    PortOp op;
    MadePort &made = op.spec.made.emplace();
    op.spec.name = r.str();
    op.spec.driver = "auto";
    made.name_space = r.str();
    made.device = r.str();
    if (r.u8() == 1) made.mac = r.mac();
    made.mtu = r.u16();
    for (uint16_t n = r.u16(); n > 0 && r.good(); n--) {
        HostAddress address = r.addr();
        address.prefix_length = r.u8();
        made.addresses.push_back(address);
    }
    for (uint8_t n = r.u8(); n > 0 && r.good(); n--) made.gateways.push_back(r.addr());
    if (!r.good()) return {};
    if (op.spec.name.empty()) return "port without a name";
    if (const std::string what = wrong(made); !what.empty()) return "port " + quoted(op.spec.name) + " is to be made with " + what;
    op.spec.device = made_device_name(made);
    t.ports.push_back(std::move(op));
    return {};
}

std::string decode_port_settings(Reader &r, Transaction &t, bool remove) {
    PortSettingsOp op;
    op.remove = remove;
    op.port = r.str();
    if (!remove) {
        op.settings.driver = r.str();
        op.settings.rx_queues = r.u8();
        if (r.good() && op.settings.rx_queues > max_rx_queues)
            return "port " + quoted(op.port) + " has " + std::to_string(op.settings.rx_queues) + " receive queues, above " +
                   std::to_string(max_rx_queues);
        const uint8_t n = r.u8();
        for (uint8_t i = 0; i < n && r.good(); i++) op.settings.workers.push_back(r.u8());
        const uint8_t fast_path = r.u8();
        if (r.good() && fast_path > static_cast<uint8_t>(Hook::xdp))
            return "port " + quoted(op.port) + " is to have fast path " + std::to_string(fast_path) + ", which there is not";
        op.settings.fast_path = static_cast<Hook>(fast_path);
        if (r.good() && n > max_workers) return "port " + quoted(op.port) + " names " + std::to_string(n) + " workers";
    }
    if (r.good()) t.port_settings.push_back(std::move(op));
    return {};
}

}  // namespace weft
