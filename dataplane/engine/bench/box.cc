#include "box.h"

#include <time.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "../net/checksum.h"

namespace weft::bench {
namespace {

// Microseconds of the clock at which everything is programmed, and at which packets come.
constexpr uint64_t programmed = 1000000, measured = 2000000;
constexpr size_t frame4_length = 60, frame6_length = 80;
constexpr uint8_t frame4[48] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0, 0x45, 0, 0, 46, 0, 0, 0x40, 0, 64, 17,
                                0, 0, 10, 0, 1, 9, 0, 0, 0, 0, 0x10, 0, 0x20, 0, 0, 26};
constexpr uint8_t frame6[64] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 0x86, 0xdd, 0x60, 0, 0, 0, 0, 26, 17, 64,
                                0x20, 1, 0xd, 0xb8, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 9};

// Of this thread on its core: what other processes take does not count.
double now() {
    timespec t;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) / 1e9;
}

class Factory : public PortFactory {
  public:
    explicit Factory(Box &box) : box_(box) {}
    PortChoice open(const PortRequest &request) override {
        auto port = std::make_unique<SourcePort>(request.name);
        (request.name == "p1" ? box_.in : box_.out) = port.get();
        return {std::move(port), {}, false, {}};
    }
    std::string set_made(const std::string &, const MadePort &, uint32_t) override { return {}; }
    std::optional<LinkState> made_link(const MadePort &) override { return std::nullopt; }
    void unmake(const std::string &) override {}
    std::unique_ptr<Port> host_tap(const HostTapRequest &, std::string &) override { return nullptr; }
    std::unique_ptr<Port> inject(uint32_t, size_t, std::string &) override { return nullptr; }
    std::string set_host_addresses(const HostTapRequest &, const HostAddress *, size_t) override { return {}; }
    void mirror_neighbour(uint32_t, const std::string &, const HostAddress &, const MacAddress *) override {}
    void remove_host_tap(uint32_t, const std::string &) override {}
    std::string make_vrf(uint32_t, const std::string &) override { return {}; }
    void remove_vrf(uint32_t) override {}

  private:
    Box &box_;
};

}  // namespace

Block &Block::v4(uint32_t a) {
    uint8_t b[4];
    store32(b, a);
    return u8(4).raw(b, 4);
}

Block &Block::v6(const Ip6 &a) {
    uint8_t b[16];
    store_ip6(b, a);
    return u8(6).raw(b, 16);
}

Traffic traffic4(std::vector<uint32_t> destinations) {
    Traffic t;
    uint8_t header[20];
    std::memcpy(header, frame4 + 14, 20);
    for (const uint32_t to : destinations) {
        store32(header + 16, to);
        t.checksums.push_back(__builtin_bswap16(checksum(header, 20)));
    }
    t.to4 = std::move(destinations);
    return t;
}

Traffic traffic4(std::vector<Flow> flows) {
    Traffic t;
    uint8_t header[20];
    std::memcpy(header, frame4 + 14, 20);
    for (const Flow &f : flows) {
        header[9] = f.protocol;
        store32(header + 12, f.source);
        store32(header + 16, f.destination);
        t.checksums.push_back(__builtin_bswap16(checksum(header, 20)));
    }
    t.flows4 = std::move(flows);
    return t;
}

Traffic traffic6(std::vector<Ip6> destinations) {
    Traffic t;
    t.to6 = std::move(destinations);
    return t;
}

void SourcePort::play(const Traffic &traffic) {
    traffic_ = &traffic;
    at_ = 0;
}

size_t SourcePort::receive(Packet *packets, size_t count) {
    const size_t n = std::min({count, left, burst});
    const bool v4 = n && traffic_->to6.empty(), flows = n && !traffic_->flows4.empty();
    for (size_t i = 0; i < n; i++) {
        uint8_t *frame = &memory_[slot_ * slot_size + headroom];
        slot_ = (slot_ + 1) % slots;
        size_t length = v4 ? frame4_length : frame6_length;
        if (!traffic_->frames.empty()) {
            const std::vector<uint8_t> &given = traffic_->frames[at_];
            std::memcpy(frame, given.data(), length = given.size());
            at_ = at_ + 1 == traffic_->frames.size() ? 0 : at_ + 1;
        } else if (!traffic_->macs.empty()) {
            std::memcpy(frame, frame4, sizeof frame4);
            std::memcpy(frame, traffic_->macs[at_].data(), 12);
            at_ = at_ + 1 == traffic_->macs.size() ? 0 : at_ + 1;
        } else if (v4) {
            std::memcpy(frame, frame4, sizeof frame4);
            if (flows) {
                const Flow &f = traffic_->flows4[at_];
                frame[23] = f.protocol;
                store32(frame + 26, f.source);
                store32(frame + 30, f.destination);
                if (f.protocol == 1) {
                    frame[34] = static_cast<uint8_t>(f.source_port);
                    frame[35] = static_cast<uint8_t>(f.destination_port);
                } else {
                    store16(frame + 34, f.source_port);
                    store16(frame + 36, f.destination_port);
                }
            } else {
                store32(frame + 30, traffic_->to4[at_]);
            }
            std::memcpy(frame + 24, &traffic_->checksums[at_], 2);
            at_ = at_ + 1 == traffic_->checksums.size() ? 0 : at_ + 1;
        } else {
            std::memcpy(frame, frame6, sizeof frame6);
            store_ip6(frame + 38, traffic_->to6[at_]);
            at_ = at_ + 1 == traffic_->to6.size() ? 0 : at_ + 1;
        }
        Packet &p = packets[i];
        p = Packet{};
        p.data = frame;
        p.length = static_cast<uint32_t>(length);
        p.headroom = headroom;
    }
    left -= n;
    return n;
}

LinkState SourcePort::link() const {
    LinkState l;
    l.up = true;
    l.mtu = 1500;
    l.mac = {2, 0, 0, 0, 0, static_cast<uint8_t>(name_.back() - '0')};
    return l;
}

Box::Box(unsigned next_hops) : core(std::make_unique<Core>(std::make_unique<Factory>(*this))) {
    core->add_worker();
    Block b;
    b.u8(1).str("p1").str("memory").str("p1").u8(1).str("p2").str("memory").str("p2");
    b.u8(3).str("if1").u32(0).str("p1").u8(31).u16(0).u8(0).u16(2).v4(0x0a000101).u8(24).v6({0x20010db800010000ull, 1}).u8(64);
    b.u8(3).str("if2").u32(0).str("p2").u8(31).u16(0).u8(0).u16(2).v4(0x0a020001).u8(16).v6({0x20010db800020000ull, 1}).u8(64);
    for (unsigned n = 0; n < next_hops; n++) {
        const uint32_t hop4 = 0x0a020100 + n;
        const Ip6 hop6{0x20010db800020000ull, 0x100 + n};
        const uint8_t mac[6] = {2, 0, 0, 1, static_cast<uint8_t>(n >> 8), static_cast<uint8_t>(n)};
        b.u8(9).str("if2").v4(hop4).raw(mac, 6).u8(9).str("if2").v6(hop6).raw(mac, 6);
        b.u8(5).u64(adjacency4 + n).u8(1).str("if2").v4(hop4).u8(5).u64(adjacency6 + n).u8(1).str("if2").v6(hop6);
    }
    commit(b);
}

void Box::commit(const Block &b) {
    std::string error = core->stage(++number_, b.bytes.data(), b.bytes.size());
    if (error.empty()) error = core->prepare(number_, false);
    if (!error.empty()) {
        std::fprintf(stderr, "graph-bench: %s\n", error.c_str());
        std::exit(1);
    }
    core->apply(number_, number_);
    core->workers[0]->step(programmed);
}

double Box::nanoseconds(const Traffic &traffic, double seconds, size_t burst) {
    in->play(traffic);
    in->burst = burst;
    in->left = 0;
    while (core->workers[0]->step(measured)) {  // announcements of the new addresses
    }
    out->sent = 0;
    size_t packets = 0;
    double spent = 0;
    for (const double begin = now(); spent < seconds; spent = now() - begin) {
        in->left = 100000;
        packets += in->left;
        while (core->workers[0]->step(measured)) {
        }
    }
    if (out->sent != packets) {
        std::fprintf(stderr, "graph-bench: %zu of %zu packets came out\n", out->sent, packets);
        std::exit(1);
    }
    return spent * 1e9 / static_cast<double>(packets);
}

double Box::source_nanoseconds(const Traffic &traffic, double seconds) {
    in->play(traffic);
    in->burst = burst_size;
    Packet packets[burst_size];
    size_t count = 0;
    double spent = 0;
    for (const double begin = now(); spent < seconds; spent = now() - begin) {
        in->left = 100000;
        while (const size_t n = in->receive(packets, burst_size)) count += n;
    }
    return spent * 1e9 / static_cast<double>(count);
}

}  // namespace weft::bench
