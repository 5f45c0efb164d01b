#include "kernel.h"

#include <bpf/libbpf.h>

#include <cstring>
#include <set>

#include "../nodes/features.h"

namespace weft {

std::unique_ptr<FastPath> FastPath::open(Core &core, std::string &error) {
    auto made = std::make_unique<ebpf::Kernel>(core);
    error = made->begin();
    if (!error.empty()) return nullptr;
    return made;
}

namespace ebpf {
namespace {

constexpr const char *no_frames =
    "what XDP takes in elsewhere does not leave by this port, whose device takes no redirected frames: of a veth pair, the other end has to "
    "have generic receive offload on (ethtool -K DEVICE gro on)";

bool may_have_it(const Interface &i) { return i.kind == InterfaceKind::port && i.index < fast_interfaces && i.port && i.port->port; }

}  // namespace

std::string Kernel::begin() {
    libbpf_set_print(nullptr);
    if (std::string error = make_maps(); !error.empty()) return error;
    for (uint32_t n = fast_ports; n-- > 1;) free_ports_.push_back(n);
    for (uint32_t n = fast_neighbours; n-- > 1;) free_records_.push_back(n);
    for (uint32_t n = fast_groups; n-- > 1;) free_groups_.push_back(n);
    for (const NeighbourChange &change : core_.neighbours.all()) {
        NeighbourChange now = change;
        now.gone |= now.state == NeighbourState::State::incomplete;
        neighbour_changed(now);
    }
    for (uint32_t slot = core_.objects.next_set(0); slot != Objects::none; slot = core_.objects.next_set(slot + 1))
        object_changed(slot, core_.objects.at(slot));
    return {};
}

void Kernel::detach() {
    for (const auto &[name, handle] : core_.registry.ports) attach(handle, Hook::none);
    grace();
}

std::string Kernel::make_maps() {
    const int processors = libbpf_num_possible_cpus();
    if (processors <= 0) return failed("the number of processors", processors);
    processors_ = static_cast<unsigned>(processors);
    const auto make = [](std::string &error, Array &array, const char *name, size_t element, uint32_t count) {
        if (error.empty()) error = array.make(name, static_cast<uint32_t>(element), count);
    };
    std::string error;
    make(error, devices_, "weft_devices", sizeof(Word), fast_devices);
    make(error, interfaces_, "weft_interfaces", sizeof(Word), fast_interfaces);
    make(error, ports_, "weft_ports", sizeof(fast_port), fast_ports);
    make(error, vrfs_, "weft_vrfs", sizeof(fast_vrf), fast_vrfs);
    make(error, objects_, "weft_objects", sizeof(Word), fast_objects);
    make(error, groups_, "weft_groups", sizeof(fast_group_body), fast_groups);
    make(error, neighbours_, "weft_neighbours", sizeof(Word), fast_neighbours);
    make(error, used_, "weft_used", sizeof(Word), fast_neighbours);
    make(error, port_counters_, "weft_port_count", sizeof(fast_port_counters), fast_interfaces * processors_);
    make(error, object_counters_, "weft_object_cnt", sizeof(fast_object_counters), fast_objects * processors_);
    if (error.empty()) error = regions_.make();
    if (error.empty()) error = make_map(places_, BPF_MAP_TYPE_HASH, "weft_places", sizeof(fast_place), 4, fast_neighbours);
    if (error.empty()) error = make_map(decisions_, BPF_MAP_TYPE_PERCPU_ARRAY, "weft_decisions", 4, fast_decision_size, 1);
    if (error.empty()) error = make_map(tc_programs_, BPF_MAP_TYPE_PROG_ARRAY, "weft_tc", 4, 4, 1);
    return error;
}

std::map<std::string, int> Kernel::maps() const {
    return {
        {"devices", devices_.map()},
        {"interfaces", interfaces_.map()},
        {"ports", ports_.map()},
        {"vrfs", vrfs_.map()},
        {"objects", objects_.map()},
        {"groups", groups_.map()},
        {"neighbours", neighbours_.map()},
        {"used", used_.map()},
        {"port_counters", port_counters_.map()},
        {"object_counters", object_counters_.map()},
        {"regions", regions_.map()},
        {"places", places_.get()},
        {"decisions", decisions_.get()},
        {"tc_programs", tc_programs_.get()},
    };
}

std::string Kernel::load_tc() {
    if (tc_entry_) return {};
    std::string error = load(filter_, BPF_PROG_TYPE_SOCKET_FILTER, "filter", maps());
    if (error.empty()) error = load(tc_, BPF_PROG_TYPE_SCHED_CLS, "tc", maps());
    if (!error.empty()) return error;
    const uint32_t first = 0;
    const int tc = tc_.get();
    const int code = bpf_map_update_elem(tc_programs_.get(), &first, &tc, BPF_ANY);
    return code == 0 ? load(tc_entry_, BPF_PROG_TYPE_SCHED_CLS, "tc_entry", maps()) : failed("the kernel refused to call the program", code);
}

KernelPrograms Kernel::programs(Hook hook, std::string &refused) {
    if (hook == Hook::tc) refused = load_tc();
    if (hook == Hook::xdp && !xdp_) refused = load(xdp_, BPF_PROG_TYPE_XDP, "xdp", maps());
    if (!refused.empty() || hook == Hook::none) return {};
    return hook == Hook::tc ? KernelPrograms{hook, filter_.get(), tc_entry_.get()} : KernelPrograms{hook, -1, xdp_.get()};
}

void Kernel::attach(const std::shared_ptr<PortHandle> &handle, Hook hook) {
    if (!handle->port || !handle->begun || handle->fast.hook == hook) return;
    // A port that was opened anew: the one before lives on until no worker has it, and would take the programs along when it goes.
    std::weak_ptr<PortHandle> &owner = attached_[handle->port->device_index()];
    if (const auto before = owner.lock(); before && before != handle) {
        before->port->attach({});
        before->fast.hook = Hook::none;
    }
    owner = handle;
    std::string refused;
    const KernelPrograms wanted = programs(hook, refused);
    handle->fast.reason = handle->port->attach(wanted);
    handle->fast.hook = handle->fast.reason.empty() ? wanted.hook : Hook::none;
    if (!refused.empty()) handle->fast.reason = refused;
}

void Kernel::forget(uint32_t body) {
    if (body == 0) return;
    core_.epochs.retire([this, body] { free_ports_.push_back(body); });
}

// Lets the program see the interface like that; null: not at all.
void Kernel::show(uint32_t interface, const fast_port *body) {
    Shown &shown = shown_[interface];
    if (body ? shown.number && std::memcmp(body, &shown.body, sizeof *body) == 0 : !shown.number) return;
    const uint32_t old = shown.number;
    uint32_t number = 0;
    if (body && !free_ports_.empty()) {
        number = free_ports_.back();
        free_ports_.pop_back();
        ports_.as<fast_port>()[number] = *body;
    }
    Word *devices = devices_.as<Word>();
    if (old && (!body || body->device != shown.body.device)) store(devices[shown.body.device % fast_devices], 0);
    store(interfaces_.as<Word>()[interface], number);
    if (body) store(devices[body->device % fast_devices], number);
    shown.number = number;
    if (body) shown.body = *body;
    forget(old);
}

void Kernel::show(const Interface &i) {
    Shown &shown = shown_[i.index];
    if (shown.runtime != i.runtime.get()) {
        shown.began = counted(i.index);
        shown.runtime = i.runtime.get();
    }
    PortHandle &port = *i.port;
    if (port.fast.hook == Hook::none) return show(i.index, nullptr);
    const bool ready = i.up() && i.vrf && !i.circuits && !i.domain && !core_.trace_run.load(std::memory_order_relaxed) &&
                       !core_.watched(i.index);
    constexpr uint16_t in4 = feature_acl_in4 | feature_unicast_rpf4, in6 = feature_acl_in6 | feature_unicast_rpf6;
    const bool forwards4 = i.ip4 && i.forward4, forwards6 = i.ip6 && i.forward6;
    fast_port body{};
    if (ready && forwards4 && !(i.features & in4)) body.flags |= fast_in4;
    if (ready && forwards6 && !(i.features & in6)) body.flags |= fast_in6;
    if (ready && !(i.features & feature_acl_out4)) body.flags |= fast_out4;
    if (ready && !(i.features & feature_acl_out6)) body.flags |= fast_out6;
    std::string why;
    const auto add = [&](bool is, const char *text) {
        if (is) why += (why.empty() ? "" : "; ") + std::string(text);
    };
    add(!i.up(), "the interface is down");
    add(i.circuits != nullptr, "the port has sub-interfaces");
    add(i.domain != nullptr, "the interface is switched");
    add(core_.trace_run.load(std::memory_order_relaxed), "a packet trace is under way");
    add(core_.watched(i.index), "its packets are captured or mirrored");
    add(i.features & feature_acl_in4, "IPv4 that comes in passes an access list");
    add(i.features & feature_acl_in6, "IPv6 that comes in passes an access list");
    add(i.features & feature_unicast_rpf4, "the reverse path of IPv4 is checked");
    add(i.features & feature_unicast_rpf6, "the reverse path of IPv6 is checked");
    add(i.features & feature_acl_out4, "IPv4 that leaves passes an access list");
    add(i.features & feature_acl_out6, "IPv6 that leaves passes an access list");
    const DeviceTraits device = port.port->traits();
    if (device.takes_frames) body.flags |= fast_takes_frames;
    if (device.unfinished) body.flags |= fast_unfinished;
    if (device.bare_peer) body.flags |= fast_peer;
    add(redirects_ && !device.takes_frames, no_frames);
    if (i.vrf) {
        body.vrf = number_of(*i.vrf);
        const std::string &refused = places_of_vrfs_[i.vrf].refused;
        add(!refused.empty(), refused.c_str());
    }
    port.fast.reason = why;
    body.device = port.port->device_index();
    body.interface = i.index;
    body.mtu = i.mtu;
    std::memcpy(&body.mac_first, i.mac.data(), 2);
    std::memcpy(&body.mac_rest, i.mac.data() + 2, 4);
    show(i.index, &body);
}

void Kernel::follow() {
    std::set<uint32_t> there;
    std::set<const PortHandle *> bound;
    for (const auto &[name, i] : core_.registry.interfaces) {
        if (!may_have_it(*i)) continue;
        attach(i->port, core_.registry.hook(i->port->spec.name));
        if (core_.registry.hook(i->port->spec.name) == Hook::none) i->port->fast.reason.clear();
        bound.insert(i->port.get());
        there.insert(i->index);
    }
    for (const auto &[name, handle] : core_.registry.ports) {
        if (bound.count(handle.get())) continue;
        attach(handle, Hook::none);
        handle->fast.reason = core_.registry.hook(name) == Hook::none ? "" : "no interface has the port";
    }
    redirects_ = false;
    for (const auto &[name, handle] : core_.registry.ports) redirects_ |= handle->fast.hook == Hook::xdp;
    follow_tables();
    for (const auto &[name, i] : core_.registry.interfaces)
        if (there.count(i->index)) show(*i);
    for (uint32_t n = 0; n < fast_interfaces; n++)
        if (shown_[n].number && !there.count(n)) show(n, nullptr);
    // Which addresses are the box's own, or nobody's, may be others now.
    for (const auto &[place, number] : record_of_) show_neighbour(number);
}

void Kernel::make_room(const std::string &port) {
    const auto found = core_.registry.ports.find(port);
    if (found != core_.registry.ports.end() && found->second->fast.hook == Hook::xdp) attach(found->second, Hook::none);
}

void Kernel::follow_devices() {
    bool attached = false;
    for (const auto &[name, i] : core_.registry.interfaces) {
        if (!may_have_it(*i) || core_.registry.hook(i->port->spec.name) != Hook::xdp || i->port->fast.hook == Hook::xdp) continue;
        attach(i->port, Hook::xdp);
        attached |= i->port->fast.hook == Hook::xdp;
    }
    if (attached) return follow();
    for (const auto &[name, i] : core_.registry.interfaces)
        if (may_have_it(*i)) show(*i);
}

FastPath::InterfaceCount Kernel::counted(uint32_t interface) const {
    InterfaceCount sum;
    for (unsigned cpu = 0; cpu < processors_; cpu++) {
        const volatile fast_port_counters &c = port_counters_.as<fast_port_counters>()[cpu * fast_interfaces + interface];
        sum.in_octets += c.in_octets;
        sum.forwarded4 += c.forwarded4;
        sum.forwarded6 += c.forwarded6;
        sum.in4 += c.forwarded4 + c.lost4;
        sum.in6 += c.forwarded6 + c.lost6;
        sum.lost += c.lost4 + c.lost6;
        sum.out_packets += c.out_packets;
        sum.out_octets += c.out_octets;
    }
    sum.in_packets = sum.in4 + sum.in6;
    return sum;
}

FastPath::InterfaceCount Kernel::interface_count(uint32_t interface) const {
    if (interface >= fast_interfaces) return {};
    InterfaceCount c = counted(interface);
    const InterfaceCount &began = shown_[interface].began;
    using Count = InterfaceCount;
    for (uint64_t Count::*of : {&Count::in_packets, &Count::in_octets, &Count::in4, &Count::in6, &Count::forwarded4, &Count::forwarded6,
                                &Count::out_packets, &Count::out_octets, &Count::lost})
        c.*of -= began.*of;
    return c;
}

FastPath::ObjectCount Kernel::object_count(uint32_t slot) const {
    ObjectCount sum;
    if (slot >= fast_objects) return sum;
    for (unsigned cpu = 0; cpu < processors_; cpu++) {
        const volatile fast_object_counters &c = object_counters_.as<fast_object_counters>()[cpu * fast_objects + slot];
        sum.packets += c.packets;
        sum.octets += c.octets;
    }
    return sum;
}

}  // namespace ebpf
}  // namespace weft
