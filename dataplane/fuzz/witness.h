// What a box is given and what it sends, held against each other. After each turn of the worker it must hold that
//
// - what leaves a port was given to the box before, unchanged but for one hop (TTL or hop limit one less, the checksum of the
//   IPv4 header with it), or as fragments of it, or as segments where it is several; or the host sent it on the tap of the port's interface; or it is the box's own:
//   ARP, ND, ICMP, with right checksums, and errors that quote what was given;
// - nothing leaves a port without an interface that is up, nor a packet larger than the MTU unless it says how to be cut;
// - what goes to the host was given, unchanged, or is the box's own;
// - what the access list of its ingress interface denies goes nowhere, and what the one of an interface denies does not leave by it;
//   no list denies, and no entry counts, more packets than it should (access_lists.h says which);
// - each packet is sent, held, answered or dropped under a name: none vanishes.
#pragma once

#include <array>
#include <deque>
#include <map>
#include <memory>
#include <unordered_map>

#include "access_lists.h"

namespace weft::fuzz {

class Witness {
  public:
    explicit Witness(Lab &lab) : lab_(lab) {}

    // Hands in a frame by a port (from 1), the tap of an interface or the inject device of a VRF, when there is one.
    void port(unsigned number, Bytes frame, Offload offload, uint16_t tag = 0);
    void tap(const std::string &interface, Bytes frame, Offload offload);
    void inject(uint32_t vrf, Bytes packet, Offload offload);

    // Access lists, or where they are bound, are others now: what waits in the box may be judged by these.
    void lists_changed();
    // After the worker has run.
    void judge();
    // Packets that wait for something.
    uint64_t held() const;
    // Requests of ARP and ND among what the box sent last, as its neighbours' answers; the port of each.
    std::vector<std::pair<unsigned, Bytes>> answers;

  private:
    struct Given {
        Bytes packet;     // from its IP header on, without padding
        Bytes completed;  // with its checksum finished; empty: it was
        std::vector<Bytes> segments = {};  // of a super-packet
        Offload offload;
        unsigned port;  // that it came by, and loses one hop; 0: the inject device
        // Where access lists let it go: bit 0 the host, bit n interface ifn.
        std::shared_ptr<unsigned> ways = std::make_shared<unsigned>(0);
        bool rejected = false;  // its sender is told
        bool routed() const { return port != 0; }
    };
    using Entry = std::pair<std::string, std::string>;  // list and entry
    struct Turn {
        uint64_t drops = 0, held = 0;
        std::vector<DropCounter> counters;
        std::map<Entry, uint64_t> hits;
    };
    using Counts = std::unordered_map<uint64_t, unsigned>;
    // Of packets by their octets: the ways of each.
    using Permits = std::unordered_map<uint64_t, std::vector<std::shared_ptr<unsigned>>>;
    static constexpr size_t kinds = 5;  // of judgements
    // How many packets the lists of a direction may have judged so, at most.
    using Judged = std::array<uint64_t, kinds>;

    Turn turn() const;
    bool has_use(PortRole role, const std::string &name, uint32_t vrf) const;
    void remember(const uint8_t *packet, size_t room, const Offload &offload, size_t before, unsigned port);
    // Several when ports are of one device.
    std::vector<const Interface *> interfaces_of(unsigned port) const;
    bool enters(Given &given);
    void permit(Given &given);
    Judgement::Kind ask(const AclList &list, const Given &given, Judged &judged);
    void judge_lists(const Turn &now) const;
    void leaves(unsigned port, const Frame &frame);
    void leaves_by(const Interface &interface, unsigned port, const Frame &frame);
    void to_host(const Bytes &packet, const Frame &frame);
    bool is_part(const Bytes &packet, unsigned ways) const;
    bool quotes(const Bytes &packet, size_t header) const;
    void own(const Interface *interface, const Bytes &packet, const Frame &frame);
    void note_request(unsigned port, const Bytes &frame);

    Lab &lab_;
    std::deque<Given> given_;
    Permits forwarded_, same_;
    std::unordered_map<std::string, Counts> by_tap_;
    std::unordered_map<std::string, uint32_t> mtu_;  // the largest since nothing was held
    uint64_t in_ = 0, injected_ = 0, delivered_ = 0, errors_ = 0;
    Judged judged_in_{}, judged_out_{};
    std::map<Entry, uint64_t> expected_;  // hits of entries, at most
    Turn before_;
};

}  // namespace weft::fuzz
