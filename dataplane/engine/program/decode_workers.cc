#include "decode_workers.h"

namespace weft {

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
