#include "rules.h"

#include "program/records.h"

#include <algorithm>
#include <set>
#include <tuple>

namespace weft::bench {
namespace {

struct Network {
    Ip6 address;
    unsigned length;
};

Ip6 masked(const Ip6 &a, unsigned length, bool v6) {
    return v6 ? mask6(a, length) : Ip6{0, static_cast<uint32_t>(a.low) & mask4(length)};
}

Ip6 inside(const Network &n, Random &random, bool v6) {
    const Ip6 keep = masked(n.address, n.length, v6);
    if (!v6) return {0, keep.low | (static_cast<uint32_t>(random.next()) & ~mask4(n.length))};
    const Ip6 mask = mask6({~0ull, ~0ull}, n.length);
    return {keep.high | (random.next() & ~mask.high), keep.low | (random.next() & ~mask.low)};
}

class Maker {
  public:
    Maker(size_t entries, uint64_t seed, bool v6, const std::vector<Route4> &services) : random_(seed), v6_(v6) {
        const size_t sites = std::max<size_t>(4, entries / 200);
        for (size_t n = 0; n < sites; n++) {
            Ip6 a{0x2001000000000000ull | (random_.next() >> 16), random_.next()};
            if (!v6) a = {0, (10 + random_.below(200)) << 24 | random_.below(1 << 24)};
            sites_.push_back({a, static_cast<unsigned>(v6 ? 32 + 4 * random_.below(5) : 14 + random_.below(7))});
        }
        if (!services.empty())
            for (size_t n = 0; n < entries / 2 + 16; n++) {
                const Route4 &r = services[random_.below(services.size())];
                services_.push_back({{0, r.prefix}, r.length});
            }
    }

    AclEntry entry() {
        AclEntry e;
        const double open = random_.unit();
        // Both sides known, only the destination, only the source, none.
        if (open < 0.66 || (open >= 0.88 && open < 0.98)) source(e);
        if (open < 0.88) destination(e);
        layer4(e, open >= 0.98);
        e.action = random_.below(10) < 7 ? AclAction::pass : AclAction::drop;
        return e;
    }

  private:
    // A network of a site, mostly a host or a subnet of it.
    Network part(const std::vector<Network> &of) {
        Network n = of[random_.below(of.size())];
        const double u = random_.unit();
        const unsigned most = v6_ ? 128 : 32, subnet = v6_ ? 64 : 24;
        unsigned length = n.length;
        if (u < 0.45)
            length = most;
        else if (u < 0.75)
            length = subnet + static_cast<unsigned>(random_.below(v6_ ? 1 : 7));
        else if (u < 0.92)
            length += static_cast<unsigned>(random_.below(8));
        length = std::clamp(length, n.length, most);
        Ip6 a = inside(n, random_, v6_);
        // Subnets and hosts of a site lie together.
        if (!v6_ && n.length < 24) a.low = (a.low & ~0xff00ull) | (random_.below(24) << 8);
        return {masked(a, length, v6_), length};
    }
    void source(AclEntry &e) {
        const Network n = part(sites_);
        e.source = n.address;
        e.source_length = static_cast<uint8_t>(n.length);
    }
    void destination(AclEntry &e) {
        Network n = services_.empty() ? part(sites_) : services_[random_.below(services_.size())];
        if (!services_.empty() && random_.below(2)) n = part(services_);
        e.destination = n.address;
        e.destination_length = static_cast<uint8_t>(n.length);
    }
    void layer4(AclEntry &e, bool must) {
        const double u = random_.unit();
        if (u < 0.08 && !must) return;
        e.has_protocol = true;
        e.protocol = u < 0.70 ? 6 : u < 0.92 ? 17 : v6_ ? 58 : 1;
        if (u >= 0.92) return;
        static constexpr uint16_t popular[] = {80,  443, 22,  25,   53,   123,  110,  143,  161, 389,
                                               445, 993, 587, 1433, 1521, 3306, 3389, 5060, 8080, 8443};
        const double d = random_.unit();
        const auto port = [&] {
            return random_.below(3) ? popular[random_.below(std::size(popular))] : static_cast<uint16_t>(1 + random_.below(65000));
        };
        if (d < 0.62 || must) {
            const uint16_t p = port();
            e.destination_ports = {{p, p}};
        } else if (d < 0.70) {
            e.destination_ports = {{1024, 65535}};
        } else if (d < 0.78) {
            const auto low = static_cast<uint16_t>(1024 + random_.below(50000));
            e.destination_ports = {{low, static_cast<uint16_t>(low + 1 + random_.below(2000))}};
        }
        const double s = random_.unit();
        if (s < 0.06) {
            e.source_ports = {{1024, 65535}};
        } else if (s < 0.10) {
            const uint16_t p = port();
            e.source_ports = {{p, p}};
        }
    }

    Random random_;
    bool v6_;
    std::vector<Network> sites_, services_;
};

auto identity(const AclEntry &e) {
    const auto ports = [](const std::vector<AclRange> &r) {
        return r.empty() ? 0xffff0000u : r[0].low | static_cast<uint32_t>(r[0].high) << 16;
    };
    return std::tuple(e.source.high, e.source.low, e.source_length, e.destination.high, e.destination.low, e.destination_length,
                      e.has_protocol, e.protocol, ports(e.source_ports), ports(e.destination_ports));
}

}  // namespace

AclSpec access_list(size_t entries, uint64_t seed, bool v6, const std::vector<Route4> &services) {
    AclSpec spec;
    spec.name = "bench";
    spec.v6 = v6;
    spec.entries.reserve(entries);
    Maker maker(entries, seed, v6, services);
    std::set<decltype(identity(AclEntry{}))> known;
    while (spec.entries.size() + 1 < entries) {
        AclEntry e = maker.entry();
        if (!known.insert(identity(e)).second) continue;
        e.name = std::to_string(spec.entries.size() + 1);
        spec.entries.push_back(std::move(e));
    }
    AclEntry rest;
    rest.name = "rest";
    rest.action = AclAction::pass;
    spec.entries.push_back(std::move(rest));
    return spec;
}

std::vector<uint8_t> access_list_record(const AclSpec &list) {
    std::vector<uint8_t> bytes;
    const auto little = [&](uint64_t value, unsigned octets) {
        for (unsigned n = 0; n < octets; n++) bytes.push_back(static_cast<uint8_t>(value >> 8 * n));
    };
    const auto text = [&](const std::string &s) {
        little(s.size(), 2);
        bytes.insert(bytes.end(), s.begin(), s.end());
    };
    const auto prefix = [&](const Ip6 &a, unsigned length) {
        const HostAddress host = to_host_address(list.v6 ? a : mapped(static_cast<uint32_t>(a.low)), 0);
        bytes.push_back(host.family);
        bytes.insert(bytes.end(), host.bytes.begin(), host.bytes.begin() + (host.family == 4 ? 4 : 16));
        little(length, 1);
    };
    const auto ranges = [&](const std::vector<AclRange> &all) {
        little(all.size(), 1);
        for (const AclRange &r : all) little(r.low | static_cast<uint32_t>(r.high) << 16, 4);
    };
    little(static_cast<uint8_t>(Record::acl_set), 1);
    text(list.name);
    little(list.v6 ? 6 : 4, 1);
    little(static_cast<uint8_t>(list.otherwise), 1);
    little(list.entries.size(), 4);
    for (const AclEntry &e : list.entries) {
        text(e.name);
        little(static_cast<uint8_t>(e.action), 1);
        unsigned asked = 0;
        if (e.source_length) asked |= acl_match_source;
        if (e.destination_length) asked |= acl_match_destination;
        if (e.has_protocol) asked |= acl_match_protocol;
        if (!e.source_ports.empty()) asked |= acl_match_source_ports;
        if (!e.destination_ports.empty()) asked |= acl_match_destination_ports;
        little(asked, 2);
        if (e.source_length) prefix(e.source, e.source_length);
        if (e.destination_length) prefix(e.destination, e.destination_length);
        if (e.has_protocol) little(e.protocol, 1);
        if (!e.source_ports.empty()) ranges(e.source_ports);
        if (!e.destination_ports.empty()) ranges(e.destination_ports);
    }
    return bytes;
}

std::vector<Header> headers(const AclSpec &list, size_t count, uint64_t seed) {
    Random random(seed);
    std::vector<Header> all(count);
    for (Header &h : all) {
        const AclEntry &e = list.entries[random.below(list.entries.size())];
        h.source = inside({e.source, e.source_length}, random, list.v6);
        h.destination = inside({e.destination, e.destination_length}, random, list.v6);
        h.protocol = e.has_protocol ? e.protocol : random.below(3) ? 6 : 17;
        const auto port = [&](const std::vector<AclRange> &of) {
            const AclRange r = of.empty() ? AclRange{} : of[random.below(of.size())];
            return static_cast<uint16_t>(r.low + random.below(static_cast<uint64_t>(r.high - r.low) + 1));
        };
        h.source_port = port(e.source_ports);
        h.destination_port = port(e.destination_ports);
    }
    return all;
}

}  // namespace weft::bench
