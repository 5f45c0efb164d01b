#include "interfaces.h"

#include <algorithm>

#include "../nodes/features.h"

namespace weft {

PortCounters PortRuntime::counters() const {
    PortCounters sum = closed;
    for (const PortHandle *handle : open) sum += handle->port->counters();
    return sum;
}

PortHandle::~PortHandle() {
    if (!runtime || !port) return;
    runtime->closed += port->counters();
    runtime->open.erase(this);
}

void PortHandle::set(std::unique_ptr<Port> made) {
    port = std::move(made);
    if (!port) return;
    offloads = port->offloads();
    queues = listed = port->rx_queues();
    if (runtime) runtime->open.insert(this);
}

void PortHandle::divide(size_t count) {
    port->divide(count);
    leave(count);
}

void PortHandle::leave(size_t count) {
    queues = count;
    for (size_t queue = count; queue < listed; queue++) emptied[queue] = receiving[queue].empty.load(std::memory_order_acquire);
}

void PortHandle::begin() {
    port->begin();
    begun = true;
    if (!predecessor) return;
    predecessor->port->end();
    predecessor->leave(0);
}

bool PortHandle::drained() const {
    for (size_t queue = queues; queue < listed; queue++)
        if (receiving[queue].empty.load(std::memory_order_acquire) - emptied[queue] < 2) return false;
    return true;
}

bool PortHandle::misfit(uint32_t mtu) const {
    if (port->max_mtu() && mtu > port->max_mtu()) return true;
    return std::any_of(others.begin(), others.end(), [mtu](const OtherDriver &other) { return other.max_mtu && mtu <= other.max_mtu; });
}

PortProblem PortHandle::problem(const LinkState &link) const {
    if (port ? !link.present : missing) return PortProblem::device_missing;
    if (!port) return PortProblem::driver_refused;
    if (!reason.empty()) return PortProblem::settings_refused;
    const bool any = spec.driver.empty() || spec.driver == "auto";
    return any || spec.driver == port->driver() ? PortProblem::none : PortProblem::other_driver;
}

std::string PortHandle::text(const LinkState &link) const {
    if (problem(link) == PortProblem::device_missing) return "its device " + spec.device + " is not there";
    return reason.empty() ? choice : reason;
}

bool Interface::owns(uint32_t address) const {
    for (const Subnet4 &s : subnets4)
        if (s.address == address) return true;
    return false;
}

bool Interface::owns(const Ip6 &address) const {
    for (const Subnet6 &s : subnets6)
        if (s.address == address) return true;
    return false;
}

const Subnet4 *Interface::subnet(uint32_t address) const {
    for (const Subnet4 &s : subnets4)
        if (s.contains(address)) return &s;
    return nullptr;
}

const Subnet6 *Interface::subnet(const Ip6 &address) const {
    for (const Subnet6 &s : subnets6)
        if (s.contains(address)) return &s;
    return nullptr;
}

namespace {

// In the upper half: announcements count in the lower one.
uint64_t identity_of(const Interface &i) {
    uint64_t hash = 0x9e3779b97f4a7c15;
    const auto mix = [&](uint64_t value) { hash = (hash ^ value) * 0xff51afd7ed558ccd, hash ^= hash >> 29; };
    for (const uint8_t octet : i.mac) mix(octet);
    for (const Subnet4 &s : i.subnets4) mix(s.address);
    for (const Subnet6 &s : i.subnets6) mix(s.address.high), mix(s.address.low);
    return hash << 32 | 1ull << 63;
}

void derive_tags(Interface &i) {
    i.tags_in = i.tags_out = {};
    if (!i.circuit) return;
    const CircuitSpec &c = *i.circuit;
    const size_t popped = i.domain ? c.pop : c.tags.size();
    i.tags_in.pop = static_cast<uint8_t>(popped);
    for (size_t n = 0; n < popped; n++) i.tags_out.push.add(c.tags[n]);
    if (!i.domain) return;
    for (const VlanTag &tag : c.push) i.tags_in.push.add(tag);
    i.tags_out.pop = static_cast<uint8_t>(c.push.size());
}

}  // namespace

void derive(Interface &i, const LinkState &link) {
    const InterfaceSpec &spec = i.spec;
    i.enabled = spec.flags & interface_enabled;
    i.ip4 = spec.flags & interface_ipv4;
    i.forward4 = spec.flags & interface_ipv4_forwarding;
    i.forward6 = spec.flags & interface_ipv6_forwarding;
    i.features = features_of(i);
    i.mtu = spec.mtu ? spec.mtu : link.mtu ? link.mtu : 1500;
    i.link_mtu = link.mtu;
    if ((i.kind != InterfaceKind::port || i.far) && link.mtu) i.mtu = std::min(i.mtu, link.mtu);
    i.ip6 = (spec.flags & interface_ipv6) && i.mtu >= 1280;  // RFC 8200 §5
    i.mac = spec.has_mac ? spec.mac : link.mac;
    i.subnets4.clear();
    i.subnets6.clear();
    if (i.ip6) {
        i.link_local = link_local_of(i.mac);
        uint8_t length = 64;
        for (const HostAddress &a : spec.addresses) {
            if (a.family != 6 || !is_link_local6(to_ip6(a))) continue;
            i.link_local = to_ip6(a);
            length = a.prefix_length;
            break;
        }
        i.subnets6.push_back({i.link_local, length});
    }
    for (const HostAddress &a : spec.addresses) {
        if (a.family == 4) {
            if (i.ip4) i.subnets4.push_back({load32(a.bytes.data()), mask4(a.prefix_length), a.prefix_length});
        } else if (i.ip6 && to_ip6(a) != i.link_local) {
            i.subnets6.push_back({to_ip6(a), a.prefix_length});
        }
    }
    i.identity = identity_of(i);
    derive_tags(i);
}

LinkState link_of(const Interface &parent, const CircuitSpec &circuit) {
    LinkState link;
    link.mac = parent.mac;
    link.mtu = parent.mtu > circuit.overhead() ? parent.mtu - circuit.overhead() : 0;
    return link;
}

LinkState link_of(const Registry &in, const Interface &routed) {
    LinkState link;
    link.mtu = 0;
    link.up = false;
    for (const auto &[name, bridge] : in.bridges) {
        if (bridge->routed != routed.index) continue;
        for (const BridgeMember &m : bridge->spec.members) {
            const Interface &member = *in.interfaces.at(m.interface);
            link.mtu = link.mtu ? std::min(link.mtu, member.mtu) : member.mtu;
            link.up |= member.up();
        }
    }
    if (routed.runtime->made_mac == MacAddress{}) {
        uint64_t hash = 0;
        // The same in all members of a chassis.
        if (in.fabric) {
            const FabricEnd &end = in.fabric->members.begin()->second.front();
            hash = end.address ? mix(end.address->high ^ end.address->low) : mac_key(0, end.mac.value_or(MacAddress{}));
        }
        for (const auto &[name, handle] : in.ports)
            if (handle->port && !in.fabric) hash = hash ? std::min(hash, mac_key(0, handle->port->link().mac)) : mac_key(0, handle->port->link().mac);
        for (const char c : routed.spec.name) hash = mix(hash ^ static_cast<uint8_t>(c));
        std::memcpy(routed.runtime->made_mac.data(), &hash, 6);
        routed.runtime->made_mac[0] = static_cast<uint8_t>((hash & 0xfc) | 2);  // locally administered, of one
    }
    link.mac = routed.runtime->made_mac;
    return link;
}

uint16_t features_of(const Interface &i) {
    static constexpr Feature of_acl[acl_slots] = {feature_acl_in4, feature_acl_in6, feature_acl_out4, feature_acl_out6};
    const auto checked = [](const FamilySettings &s) { return s.reverse_path != ReversePath::off; };
    uint16_t features = 0;
    if (checked(i.settings.ip4)) features |= feature_unicast_rpf4;
    if (checked(i.settings.ip6)) features |= feature_unicast_rpf6;
    for (unsigned slot = 0; slot < acl_slots; slot++)
        if (i.acls[slot]) features |= of_acl[slot];
    if (i.internal) features |= feature_fabric4 | feature_fabric6;
    // Who has the port asks its list.
    if (i.far) features &= input_features;
    return features;
}

HostTapRequest tap_request(const Interface &i) {
    HostTapRequest r;
    r.vrf = i.spec.vrf;
    r.interface = i.spec.name;
    r.mac = i.mac;
    r.mtu = i.mtu;
    r.up = i.enabled;
    r.resolution = !i.layer3();
    return r;
}

std::vector<HostAddress> tap_addresses(const Interface &i) {
    std::vector<HostAddress> all;
    for (const Subnet4 &s : i.subnets4) all.push_back(to_host_address(mapped(s.address), s.length));
    for (const Subnet6 &s : i.subnets6) all.push_back(to_host_address(s.address, s.length));
    return all;
}

bool Registry::is_far(const std::string &port) const {
    const auto place = places.find(port);
    return place != places.end() && place->second != slot;
}

uint16_t Registry::slot_of(const std::string &interface) const {
    const auto circuit = circuits.find(interface);
    const auto found = interfaces.find(circuit == circuits.end() ? interface : circuit->second.parent);
    if (found == interfaces.end() || found->second->spec.port.empty()) return no_slot;
    const auto place = places.find(found->second->spec.port);
    return place == places.end() ? slot : place->second;
}

size_t Registry::rx_queues(const std::string &port) const {
    const auto found = port_settings.find(port);
    if (found == port_settings.end()) return crew.count;
    const PortSettings &q = found->second;
    return q.rx_queues ? q.rx_queues : q.workers.empty() ? crew.count : q.workers.size();
}

Hook Registry::hook(const std::string &port) const {
    const auto found = port_settings.find(port);
    return found == port_settings.end() ? Hook::none : found->second.fast_path;
}

std::unique_ptr<InterfaceTable> Registry::table(Vrfs &vrfs) const {
    auto t = std::make_unique<InterfaceTable>();
    t->settings = member;
    t->vrfs = vrfs.list();
    std::map<const PortHandle *, const Interface *> bound;
    // One queue is the first worker's, who is there always; of several each has a worker.
    const auto of_host = [&](const std::shared_ptr<PortHandle> &handle, PortRole role, uint32_t interface, Vrf *vrf) {
        for (size_t queue = 0; queue < handle->listed; queue++)
            t->ports.push_back({handle, queue, static_cast<unsigned>(queue % crew.count), role, interface, vrf});
    };
    for (const auto &[name, interface] : interfaces) {
        if (t->interfaces.size() <= interface->index) t->interfaces.resize(interface->index + 1);
        t->interfaces[interface->index] = interface;
        if (interface->port && interface->kind == InterfaceKind::port) bound[interface->port.get()] = interface.get();
        if (interface->tap) of_host(interface->tap, PortRole::tap, interface->index, interface->vrf);
    }
    unsigned turn = 0;
    for (const auto &[name, handle] : ports) {
        if (!handle->port) continue;
        const auto found = bound.find(handle.get());
        const Interface *on = found == bound.end() ? nullptr : found->second;
        const uint32_t interface = on ? on->index : no_interface;
        const bool attached = on && (on->circuits || on->domain);
        const auto wanted = port_settings.find(name);
        const auto worker_of = [&](size_t queue, unsigned &next) -> unsigned {
            if (wanted != port_settings.end() && !wanted->second.workers.empty()) return wanted->second.workers[queue % wanted->second.workers.size()];
            return next++ % crew.count;
        };
        // What came first is taken first.
        unsigned aside = turn;
        for (std::shared_ptr<PortHandle> before = handle->predecessor; before; before = before->predecessor)
            for (size_t queue = 0; queue < before->listed; queue++)
                t->ports.push_back({before, queue, worker_of(queue, aside), PortRole::data, interface, nullptr, attached});
        for (size_t queue = 0; queue < handle->listed; queue++)
            t->ports.push_back({handle, queue, worker_of(queue, turn), PortRole::data, interface, nullptr, attached});
    }
    std::vector<std::pair<uint32_t, const Tunnel *>> all;
    for (const auto &[name, interface] : interfaces)
        if (interface->tunnel) all.emplace_back(interface->index, interface->tunnel.get());
    if (!all.empty()) t->tunnels = std::make_shared<const Tunnels>(all);
    for (const auto &[name, bridge] : bridges) {
        if (t->bridges.size() <= bridge->id) t->bridges.resize(bridge->id + size_t{1});
        t->bridges[bridge->id] = bridge;
    }
    if (in_fabric()) t->fabric = make_fabric(*t);
    t->macs = macs;
    t->bridge_neighbours = bridge_neighbours;
    for (const auto &[vrf, handle] : injects) of_host(handle, PortRole::inject, no_interface, vrfs.find(vrf));
    for (const auto &[key, mac] : neighbours) {
        const auto found = interfaces.find(key.first);
        if (found != interfaces.end()) t->neighbours.push_back({found->second->index, key.second, mac});
    }
    return t;
}

}  // namespace weft
