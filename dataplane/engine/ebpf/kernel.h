// The fast path where the kernel has one (fast_path.h): maps and programs, and what they are filled with. Interfaces and ports are
// kernel.cc, tables kernel_tables.cc, objects and neighbours kernel_neighbours.cc.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "../core.h"
#include "fast_path.h"
#include "layout.h"
#include "load.h"
#include "regions.h"

namespace weft::ebpf {

using Word = uint64_t;

inline void store(Word &word, Word value) { __atomic_store_n(&word, value, __ATOMIC_RELEASE); }

class Kernel final : public FastPath {
  public:
    explicit Kernel(Core &core) : core_(core) {}
    std::string begin();

    void follow() override;
    void follow_devices() override;
    void make_room(const std::string &port) override;
    void follow_tables() override;
    void object_changed(uint32_t slot, const Object *body) override;
    void object_is_new(uint32_t slot) override;
    void forget(const Vrf &vrf) override;
    void neighbour_changed(const NeighbourChange &change) override;
    void tell_used() override;
    void detach() override;
    void grace() override { regions_.grace(); }
    InterfaceCount interface_count(uint32_t interface) const override;
    InterfaceCount interface_total(uint32_t interface) const override { return interface < fast_interfaces ? counted(interface) : InterfaceCount{}; }
    ObjectCount object_count(uint32_t slot) const override;

  private:
    // Interfaces and ports.
    std::string make_maps();
    std::map<std::string, int> maps() const;  // by the names that programs have for them
    std::string load_tc();
    KernelPrograms programs(Hook hook, std::string &refused);
    void attach(const std::shared_ptr<PortHandle> &port, Hook hook);
    void show(const Interface &interface);
    void show(uint32_t interface, const fast_port *body);
    void forget(uint32_t body);
    InterfaceCount counted(uint32_t interface) const;

    // Tables.
    struct Table4Place {
        const Table4 *table = nullptr;
        uint32_t regions = 0;
    };
    struct VrfPlace {
        uint32_t number = 0;
        Table4Place table4;
        const void *top = nullptr;
        uint32_t top_regions = 0;
        std::string refused;
    };
    uint32_t number_of(Vrf &vrf);
    Word table4(Vrf &vrf, VrfPlace &place, std::string &refused);
    Word table6(Vrf &vrf, VrfPlace &place, std::string &refused);
    void give_regions(uint32_t numbers);

    // Objects and neighbours.
    struct Record {
        Ip6 address;
        uint32_t interface = no_interface;
        uint32_t adjacencies = 0;
        bool known = false, heard = false;
        MacAddress mac{};
    };
    using Place = std::pair<uint32_t, std::pair<uint64_t, uint64_t>>;
    static Place place_of(uint32_t interface, const Ip6 &address) { return {interface, {address.high, address.low}}; }
    static fast_place key_of(const Record &record) { return {record.address.high, record.address.low, record.interface, 0}; }
    uint32_t record(uint32_t interface, const Ip6 &address);  // 0: there is no room
    void release(uint32_t number);
    void show_neighbour(uint32_t number);
    uint32_t show(const Group &group);  // its number; 0: there is no room

    Core &core_;
    Regions regions_;
    Array devices_, interfaces_, ports_, vrfs_, objects_, groups_, neighbours_, used_, port_counters_, object_counters_;
    Descriptor places_, decisions_, tc_programs_;
    Descriptor filter_, tc_, tc_entry_, xdp_;  // loaded when the first port asks for them
    bool redirects_ = false;                   // some port is XDP's
    unsigned processors_ = 1;

    struct Shown {
        fast_port body{};
        uint32_t number = 0;  // of the body; 0: none
        const InterfaceRuntime *runtime = nullptr;
        InterfaceCount began;  // what had been counted when the runtime began
    };
    std::vector<Shown> shown_ = std::vector<Shown>(fast_interfaces);
    std::map<uint32_t, std::weak_ptr<PortHandle>> attached_;  // by device, whose hooks they are
    std::vector<uint32_t> free_ports_;
    std::map<const Vrf *, VrfPlace> places_of_vrfs_;
    uint32_t numbered_vrfs_ = 0;
    std::vector<uint32_t> free_vrfs_;  // numbers below
    std::vector<uint32_t> record_of_object_ = std::vector<uint32_t>(fast_objects), group_of_object_ = std::vector<uint32_t>(fast_objects);
    std::vector<uint32_t> free_groups_;
    std::vector<Record> records_ = std::vector<Record>(fast_neighbours);
    std::vector<uint32_t> free_records_;
    std::map<Place, uint32_t> record_of_;
};

}  // namespace weft::ebpf
