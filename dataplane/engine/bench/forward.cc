// engine-bench [SECONDS [--json]]: nanoseconds a packet through the whole graph of one worker, from a port that hands out the
// same 64 frames again and again to one that throws them away; and transactions of routes. One core, nothing shared.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <string>

#include "../core.h"
#include "../net/checksum.h"
#include "../worker.h"

namespace weft {
namespace {

using Clock = std::chrono::steady_clock;

// Hands out up to `left` packets, each rewritten to how it was before the engine touched it.
class LoopPort : public Port {
  public:
    explicit LoopPort(std::string name) : name_(std::move(name)) {}
    const std::string &name() const override { return name_; }
    const char *driver() const override { return "memory"; }
    size_t receive(Packet *packets, size_t count) override {
        const size_t n = std::min<size_t>({count, left, frames.size()});
        for (size_t i = 0; i < n; i++) {
            uint8_t *memory = &memory_[(next_++ % frames.size()) * 256];
            const std::vector<uint8_t> &frame = frames[(next_ - 1) % frames.size()];
            std::memcpy(memory + 64, frame.data(), 48);
            packets[i].data = memory + 64;
            packets[i].length = static_cast<uint32_t>(frame.size());
            packets[i].headroom = 64;
        }
        left -= n;
        return n;
    }
    void release() override {}
    void transmit(Packet *const *, size_t count) override { sent += count; }
    void flush() override {}
    int descriptor() const override { return -1; }
    PortCounters counters() const override { return {}; }
    LinkState link() const override {
        LinkState l;
        l.up = true;
        l.mtu = 1500;
        l.mac = {2, 0, 0, 0, 0, static_cast<uint8_t>(name_.back() - '0')};
        return l;
    }
    std::string configure(bool, uint32_t) override { return {}; }

    std::vector<std::vector<uint8_t>> frames;
    size_t left = 0, sent = 0;

  private:
    std::string name_;
    std::vector<uint8_t> memory_ = std::vector<uint8_t>(256 * 4096);
    size_t next_ = 0;
};

class LoopFactory : public PortFactory {
  public:
    std::unique_ptr<Port> open(const PortRequest &request, std::string &) override {
        auto port = std::make_unique<LoopPort>(request.name);
        ports[request.name] = port.get();
        return port;
    }
    std::unique_ptr<Port> host_tap(const HostTapRequest &, std::string &) override { return nullptr; }
    std::unique_ptr<Port> inject(uint32_t, std::string &) override { return nullptr; }
    std::string set_host_addresses(const HostTapRequest &, const HostAddress *, size_t) override { return {}; }
    void mirror_neighbour(uint32_t, const std::string &, const HostAddress &, const MacAddress *) override {}
    void remove_host_tap(uint32_t, const std::string &) override {}
    std::map<std::string, LoopPort *> ports;
};

struct Block {
    std::vector<uint8_t> bytes;
    Block &u8(unsigned v) {
        bytes.push_back(static_cast<uint8_t>(v));
        return *this;
    }
    Block &u16(unsigned v) { return u8(v).u8(v >> 8); }
    Block &u32(uint32_t v) { return u16(v & 0xffff).u16(v >> 16); }
    Block &u64(uint64_t v) { return u32(static_cast<uint32_t>(v)).u32(static_cast<uint32_t>(v >> 32)); }
    Block &str(const std::string &s) {
        u16(static_cast<unsigned>(s.size()));
        bytes.insert(bytes.end(), s.begin(), s.end());
        return *this;
    }
    Block &net(const uint8_t *p, size_t n) {
        bytes.insert(bytes.end(), p, p + n);
        return *this;
    }
    Block &v4(uint32_t a) {
        uint8_t b[4];
        store32(b, a);
        return u8(4).net(b, 4);
    }
    Block &v6(const Ip6 &a) {
        uint8_t b[16];
        store_ip6(b, a);
        return u8(6).net(b, 16);
    }
};

std::vector<uint8_t> frame4(uint32_t to) {
    std::vector<uint8_t> f(60);
    const uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 46, 0, 0, 0, 0, 64, 17};
    std::memcpy(f.data(), head, sizeof head);
    store32(&f[26], 0x0a000109);
    store32(&f[30], to);
    store16(&f[24], checksum(&f[14], 20));
    return f;
}

std::vector<uint8_t> frame6(const Ip6 &to) {
    std::vector<uint8_t> f(74);
    const uint8_t head[] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 20, 17, 64};
    std::memcpy(f.data(), head, sizeof head);
    store_ip6(&f[22], {0x20010db800010000ull, 9});
    store_ip6(&f[38], to);
    return f;
}

struct Box {
    Box() {
        auto made = std::make_unique<LoopFactory>();
        factory = made.get();
        core = std::make_unique<Core>(std::move(made));
        core->workers.push_back(std::make_unique<Worker>(*core, 0));
        Block b;
        for (unsigned n = 1; n <= 2; n++) {
            const std::string i = std::to_string(n);
            b.u8(1).str("p" + i).str("memory").str("p" + i);
            b.u8(3).str("if" + i).u32(0).str("p" + i).u8(31).u16(0).u8(0).u16(2).v4(0x0a000001 | n << 8).u8(24);
            b.v6({0x20010db800000000ull | n << 16, 1}).u8(64);
        }
        const uint8_t mac[6] = {2, 0, 0, 0, 0, 0x22};
        b.u8(9).str("if2").v4(0x0a000209).net(mac, 6).u8(9).str("if2").v6({0x20010db800020000ull, 9}).net(mac, 6);
        b.u8(5).u64(1).u8(1).str("if2").v4(0x0a000209).u8(5).u64(2).u8(1).str("if2").v6({0x20010db800020000ull, 9});
        commit(b);
    }
    double commit(const Block &b) {
        const auto begin = Clock::now();
        std::string error = core->stage(++number, b.bytes.data(), b.bytes.size());
        if (error.empty()) error = core->prepare(number, false);
        if (!error.empty()) {
            std::fprintf(stderr, "engine-bench: %s\n", error.c_str());
            std::exit(1);
        }
        core->apply(number, number);
        const double spent = std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
        core->workers[0]->step(1000000);
        return spent;
    }
    double nanoseconds(std::vector<std::vector<uint8_t>> frames, double seconds) {
        LoopPort &in = *factory->ports["p1"], &out = *factory->ports["p2"];
        in.frames = std::move(frames);
        size_t packets = 0;
        out.sent = 0;
        const auto begin = Clock::now();
        double spent = 0;
        for (; spent < seconds; spent = std::chrono::duration<double>(Clock::now() - begin).count()) {
            in.left = 100000;
            packets += in.left;
            while (core->workers[0]->step(2000000)) {
            }
        }
        if (out.sent != packets) {
            std::fprintf(stderr, "engine-bench: %zu of %zu packets came out\n", out.sent, packets);
            std::exit(1);
        }
        return spent * 1e9 / static_cast<double>(packets);
    }
    LoopFactory *factory;
    std::unique_ptr<Core> core;
    uint64_t number = 0;
};

int run(double seconds, bool json) {
    struct Figure {
        const char *name;
        double value;
        const char *unit;
    };
    std::vector<Figure> figures;
    std::mt19937_64 random(1);
    Box box;
    Block one;
    one.u8(7).u32(0).v4(0xac100000).u8(12).u64(1).u8(7).u32(0).v6({0x20010db805000000ull, 0}).u8(48).u64(2);
    box.commit(one);
    figures.push_back({"ip4-one-flow", box.nanoseconds(std::vector(64, frame4(0xac100001)), seconds), "ns/packet"});
    figures.push_back({"ip4-burst-of-one", box.nanoseconds({frame4(0xac100001)}, seconds), "ns/packet"});
    figures.push_back({"ip6-one-flow", box.nanoseconds(std::vector(64, frame6({0x20010db805000000ull, 1})), seconds), "ns/packet"});

    for (const auto &[count, name, apply] :
         {std::tuple{100000u, "ip4-100k-routes", "apply-100k-routes"}, std::tuple{1000000u, "ip4-1m-routes", "apply-1m-routes"}}) {
        Block many;
        std::vector<std::vector<uint8_t>> frames;
        for (unsigned n = 0; n < count; n++) {
            const uint32_t prefix = 0x14000000u + (static_cast<uint32_t>(random()) & 0x3fffff00u);
            many.u8(7).u32(0).v4(prefix).u8(24).u64(1);
            if (frames.size() < 4096) frames.push_back(frame4(prefix | 7));
        }
        figures.push_back({apply, box.commit(many), "ms"});
        figures.push_back({name, box.nanoseconds(std::move(frames), seconds), "ns/packet"});
    }
    if (json) {
        std::printf("{\"bench\":\"engine\",\"figures\":[");
        for (size_t n = 0; n < figures.size(); n++)
            std::printf("%s{\"name\":\"%s\",\"value\":%.1f,\"unit\":\"%s\",\"better\":\"lower\"}", n ? "," : "", figures[n].name,
                        figures[n].value, figures[n].unit);
        std::printf("]}\n");
    } else {
        for (const Figure &f : figures) std::printf("%-20s %8.1f %s\n", f.name, f.value, f.unit);
    }
    return 0;
}

}  // namespace
}  // namespace weft

int main(int argc, char **argv) {
    double seconds = 1;
    bool json = false;
    for (int n = 1; n < argc; n++) {
        if (std::string(argv[n]) == "--json")
            json = true;
        else
            seconds = std::atof(argv[n]);
    }
    return weft::run(seconds, json);
}
