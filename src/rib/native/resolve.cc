#include "resolve.h"

#include <algorithm>
#include <numeric>

namespace weft::rib {

namespace {

// Stands for any object where none are made.
constexpr uint32_t some_object = 0;
constexpr uint64_t heaviest = 65535;

}  // namespace

const Outcome *Resolver::known(uint32_t number) const {
    if (configured_) {
        const auto found = own_.find(number);
        return found == own_.end() ? nullptr : &found->second;
    }
    const NextHop &next_hop = table_.next_hops[number];
    if (next_hop.resolved_in == transaction_) return &next_hop.draft;
    return next_hop.outcome.resolved && next_hop.dirty_in != transaction_ ? &next_hop.outcome : nullptr;
}

void Resolver::keep(uint32_t number, const Outcome &outcome, std::vector<uint32_t> asked) {
    if (configured_) {
        own_[number] = outcome;
        return;
    }
    NextHop &next_hop = table_.next_hops[number];
    if (outcome.object != none) objects_.hold(outcome.object);
    next_hop.draft = outcome;
    next_hop.draft_asked = std::move(asked);
    next_hop.resolved_in = transaction_;
    table_.resolved.push_back(number);
}

bool Resolver::lead(uint32_t leaked, uint32_t object) {
    const NextHop &next_hop = table_.next_hops[leaked];
    if (next_hop.resolved_in == transaction_) return next_hop.draft.object != next_hop.outcome.object;
    if (next_hop.outcome.resolved && next_hop.outcome.object == object) return false;
    Outcome outcome;
    outcome.resolved = true;
    outcome.object = outcome.target = object;
    keep(leaked, outcome, {});
    return true;
}

Resolver::~Resolver() {
    for (const Frame &frame : stack_) let_go(frame);
}

void Resolver::let_go(const Frame &frame) {
    if (configured_) return;
    for (const Way &way : frame.ways) objects_.release(way.object);
}

bool Resolver::resolve(uint32_t number, Budget &budget) {
    if (stack_.empty()) {
        if (known(number)) return true;
        stack_.push_back({.next_hop = number, .ways = {}, .asked = {}});
        on_stack_[number] = 0;
    }
    while (!stack_.empty()) {
        if (budget.over()) return false;
        Frame &frame = stack_.back();
        const NextHopValue &value = table_.next_hops[frame.next_hop].value;
        if (value.kind == NextHopKind::via && frame.hop < value.hops.size() && !frame.looped) {
            Way way;
            uint32_t ask = none;
            const Step step = advance(frame, way, ask);
            if (step == Step::ask) {
                const auto [at, made] = on_stack_.try_emplace(ask, stack_.size());
                if (made) {
                    stack_.push_back({.next_hop = ask, .ways = {}, .asked = {}});
                } else {
                    for (size_t i = at->second; i < stack_.size(); i++) stack_[i].looped = true;
                }
                continue;
            }
            frame.searching = false;
            frame.hop++;
            frame.over = way.over;
            frame.source = way.source;
            frame.own = way.object == none && way.reason.failure == Failure::own_address;
            if (way.object != none) {
                if (!configured_) objects_.hold(way.object);
                frame.ways.push_back(way);
            } else {
                if (!frame.failed) frame.first_inactive = way.inactive;
                frame.failed = true;
            }
            continue;
        }
        const uint32_t done = frame.next_hop;
        const Outcome outcome = value.kind == NextHopKind::via ? conclude(frame) : simple(value);
        keep(done, outcome, std::move(frame.asked));
        let_go(frame);
        stack_.pop_back();
        on_stack_.erase(done);
    }
    return true;
}

Outcome Resolver::simple(const NextHopValue &value) {
    Outcome outcome;
    outcome.resolved = true;
    if (value.kind == NextHopKind::connected) {
        const Way way = on_interface(value.interface, {}, nullptr);
        outcome.target = way.object;
        outcome.on_link = way.on_link;
        outcome.failed = way.object == none;
        outcome.inactive = way.inactive;
    } else if (configured_) {
        outcome.target = some_object;
    } else {
        outcome.target = value.kind == NextHopKind::local    ? objects_.local(table_.vrf)
                         : value.kind == NextHopKind::lookup ? objects_.lookup(value.vrf)
                                                             : objects_.drop(value.drop);
    }
    outcome.object = outcome.target;
    return outcome;
}

Outcome Resolver::conclude(const Frame &frame) {
    Outcome outcome;
    outcome.resolved = true;
    outcome.failed = frame.failed || frame.looped;
    outcome.looped = frame.looped;
    if (frame.looped) return outcome;
    outcome.inactive = frame.first_inactive;
    if (table_.next_hops[frame.next_hop].value.hops.size() == 1) {
        outcome.over = frame.over;
        outcome.source = frame.source;
        outcome.own = frame.own;
    }
    if (frame.ways.empty()) return outcome;
    const NextHopValue &value = table_.next_hops[frame.next_hop].value;
    if (configured_ || frame.ways.size() == 1) {
        outcome.target = frame.ways.front().object;
        outcome.object = object_of(value, outcome.target);
        if (frame.ways.size() == 1) outcome.on_link = frame.ways.front().on_link;
        return outcome;
    }
    // Each hop takes an equal share, however many ways it has itself.
    const auto total = [&](const Way &way) {
        uint64_t sum = 0;
        for (const auto &[object, weight] : objects_[way.object].ways) sum += weight;
        return sum == 0 ? 1 : sum;
    };
    uint64_t all = 1;
    for (const Way &way : frame.ways) all = all > heaviest ? all : std::lcm(all, total(way));
    std::vector<weft::rib::Way> shares;
    for (const Way &way : frame.ways) {
        const Object &object = objects_[way.object];
        const uint64_t scale = all > heaviest ? 1 : all / total(way);
        if (object.ways.empty()) shares.push_back({way.object, scale});
        for (const auto &[member, weight] : object.ways) shares.push_back({member, weight * scale});
    }
    outcome.target = objects_.group(shares);
    outcome.object = object_of(value, outcome.target);
    return outcome;
}

uint32_t Resolver::object_of(const NextHopValue &value, uint32_t target) {
    if (configured_ || value.by_default || (value.hops.size() == 1 && value.hops.front().interface != none)) return target;
    // Neither the order of hops nor how the configuration calls them makes another next hop.
    std::vector<std::string> hops;
    for (const Hop &hop : value.hops) {
        hops.push_back((hop.has_address ? format(hop.address, table_.family) : std::string()) +
                       (hop.interface == none ? std::string() : "%" + interfaces_.name(hop.interface)));
    }
    std::sort(hops.begin(), hops.end());
    std::string identity = "next hop " + std::to_string(table_.vrf);
    for (const std::string &hop : hops) identity += " " + hop;
    objects_.hold(target);
    try {
        const uint32_t own = objects_.next_hop(std::move(identity));
        objects_.lead(own, target);
        objects_.release(target);
        return own;
    } catch (...) {
        objects_.release(target);
        throw;
    }
}

Resolver::Step Resolver::advance(Frame &frame, Way &way, uint32_t &ask) const {
    const NextHopValue &value = table_.next_hops[frame.next_hop].value;
    const Hop &hop = value.hops[frame.hop];
    way.reason.hop = frame.hop;
    if (hop.interface != none) {
        way = on_interface(hop.interface, hop, nullptr);
        way.reason.hop = frame.hop;
        return Step::way;
    }
    if (!frame.searching) {
        frame.searching = true;
        frame.length = static_cast<int>(width_of(table_.family));
        frame.route = none;
        frame.inactive = false;
    }
    for (;;) {
        if (frame.route == none) {
            const uint32_t prefix = table_.covering(hop.address, frame.length);
            if (prefix == none) break;
            frame.route = table_.first(prefix, Version::draft);
        }
        const Route &route = table_.route(frame.route);
        const NextHop &next_hop = table_.next_hops[route.next_hop];
        if (next_hop.value.kind == NextHopKind::local) {
            if (frame.length == static_cast<int>(width_of(table_.family))) {
                way.reason.failure = Failure::own_address;
                way.over = route.prefix;
                way.source = route.source;
                return Step::way;
            }
        } else if (next_hop.value.kind == NextHopKind::connected) {
            frame.asked.push_back(route.next_hop);
            const Prefix subnet = table_.prefixes.at(route.prefix);
            const Way found = on_interface(next_hop.value.interface, hop, &subnet);
            if (found.object != none || found.reason.failure == Failure::broadcast || found.reason.failure == Failure::network) {
                way = found;
                way.reason.hop = frame.hop;
                way.over = route.prefix;
                way.source = route.source;
                return Step::way;
            }
            if (found.inactive && !frame.inactive) {
                frame.inactive = true;
                way.reason = found.reason;
            }
        } else if (next_hop.value.kind != NextHopKind::lookup && next_hop.value.kind != NextHopKind::leaked && (frame.length > 0 || value.by_default)) {
            frame.asked.push_back(route.next_hop);
            const Outcome *outcome = known(route.next_hop);
            if (!outcome) {
                ask = route.next_hop;
                return Step::ask;
            }
            if (outcome->target != none) {
                if (outcome->on_link != none) {
                    way = on_interface(outcome->on_link, hop, nullptr);
                    way.reason.hop = frame.hop;
                } else {
                    way.object = outcome->target;
                }
                way.over = route.prefix;
                way.source = route.source;
                return Step::way;
            }
            if (outcome->inactive) frame.inactive = true;
        }
        frame.route = route.next;
        if (frame.route == none) frame.length--;
    }
    way.inactive = frame.inactive;
    way.reason.failure = Failure::unreachable;
    return Step::way;
}

Resolver::Way Resolver::on_interface(uint32_t interface, const Hop &hop, const Prefix *subnet) const {
    Way way;
    way.reason.interface = interface;
    const auto fails = [&](Failure failure, bool inactive = false) {
        way.reason.failure = failure;
        way.inactive = inactive;
        return way;
    };
    const InterfaceState *known = interfaces_.find(interface);
    if (!known || known->vrf != table_.vrf) return fails(Failure::no_interface);
    const FamilyState state = table_.family == 4 ? known->ipv4 : known->ipv6;
    if (state == FamilyState::none) return fails(Failure::no_family);
    if (!known->neighbours) return fails(Failure::no_port);
    if (hop.has_address) {
        Failure failure = Failure::network;
        if (subnet) {
            way.reason.prefix = *subnet;
            if (reserved(hop.address, *subnet, failure)) return fails(failure);
        } else {
            if (hop.interface != none && is_local(hop.address)) return fails(Failure::own_address_on_interface);
            if (reserved_on(interface, hop.address, way.reason.prefix, failure)) return fails(failure);
        }
    }
    if (!configured_) {
        if (state == FamilyState::off) return fails(Failure::disabled, true);
        if (!interfaces_.link_up(interface)) return fails(Failure::down, true);
    }
    if (configured_) {
        way.object = some_object;
    } else if (hop.has_address) {
        way.object = objects_.adjacency(interfaces_.name(interface), hop.address, table_.family);
    } else {
        way.object = objects_.glean(interfaces_.name(interface));
    }
    if (!hop.has_address) way.on_link = interface;
    return way;
}

bool Resolver::is_local(Address address) const {
    if (kind_of(address, table_.family) == AddressKind::link_local) return false;
    int length = static_cast<int>(width_of(table_.family));
    const uint32_t prefix = table_.covering(address, length);
    if (prefix == none || length != static_cast<int>(width_of(table_.family))) return false;
    return table_.next_hops[table_.route(table_.first(prefix, Version::draft)).next_hop].value.kind == NextHopKind::local;
}

bool Resolver::reserved(Address address, const Prefix &subnet, Failure &failure) const {
    if (table_.family != 4 || subnet.length > 30) return false;
    if (address == subnet.address) {
        failure = Failure::network;
        return true;
    }
    failure = Failure::broadcast;
    return address == last_of(subnet, 4);
}

bool Resolver::reserved_on(uint32_t interface, Address address, Prefix &subnet, Failure &failure) const {
    if (table_.family != 4) return false;
    int length = 32;
    for (uint32_t prefix; (prefix = table_.covering(address, length)) != none; length--) {
        for (uint32_t at = table_.first(prefix, Version::draft); at != none; at = table_.route(at).next) {
            const NextHopValue &value = table_.next_hops[table_.route(at).next_hop].value;
            if (value.kind != NextHopKind::connected || value.interface != interface) continue;
            subnet = table_.prefixes.at(prefix);
            return reserved(address, subnet, failure);
        }
    }
    return false;
}

std::vector<Reason> Resolver::reasons(uint32_t number) const {
    const NextHopValue &value = table_.next_hops[number].value;
    const Outcome *outcome = known(number);
    if (!outcome || value.kind != NextHopKind::via) return {};
    if (outcome->looped) return {{.failure = Failure::loop, .hop = 0, .interface = none, .prefix = {}}};
    std::vector<Reason> found;
    Frame frame{.next_hop = number, .ways = {}, .asked = {}};
    for (frame.hop = 0; frame.hop < value.hops.size(); frame.hop++) {
        Way way;
        uint32_t ask = none;
        frame.searching = false;
        if (advance(frame, way, ask) == Step::way && way.object == none) found.push_back(way.reason);
    }
    return found;
}

}  // namespace weft::rib
