// Attachment circuits: a port with a stack of tags. Which frames of a port belong to which interface, by their tags, as direct tables
// that the programmer builds and workers read; and what becomes of the tags.
//
// The longest match wins: two tags by number, an outer one with any inner, an outer one whatever follows, untagged, and what is left.
// A tag that names no VLAN (identifier 0, IEEE 802.1Q §6.9) is no tag here.
//
// Memory  16 KiB for each TPID in use, and 16 KiB for each outer VLAN and TPID of inner ones
// Cost    one load for a tag, two for two
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "../net/tags.h"

namespace weft {

// Numbered as in records.
enum class CircuitMatch : uint8_t {
    untagged = 0,
    tag = 1,          // the outermost, whatever follows
    two_tags = 2,
    tag_and_any = 3,  // the outermost, with another one behind it
    rest = 4,         // all that no other circuit of the port takes
};

// Of a circuit: its frames, and, when it is switched, the tags that they have in its domain: `pop` are taken off, then `push` put
// on; frames that leave by it the other way round. A routed one's packets have none.
struct CircuitSpec {
    std::string parent;  // interface
    CircuitMatch match = CircuitMatch::untagged;
    std::vector<VlanTag> tags;  // that the match names, the outermost first
    uint8_t pop = 0;
    std::vector<VlanTag> push;
    bool operator==(const CircuitSpec &) const = default;

    // All its frames have the same tags as far as they matter, so that what leaves can be given them.
    bool definite() const { return match != CircuitMatch::tag_and_any && match != CircuitMatch::rest; }
    // Octets that its tags take from the MTU under it: a kernel grants an 802.1Q tag beyond it.
    uint32_t overhead() const {
        const auto all = static_cast<uint32_t>(tags.size() + (match == CircuitMatch::tag_and_any)) * tag_size;
        return all && tags.front().tpid == type_vlan ? all - tag_size : all;
    }
};

// "802.1Q 100, 802.1Q 5": for a person.
std::string text_of(const CircuitSpec &circuit);

// What is done to the tags of a frame.
struct TagRewrite {
    uint8_t pop = 0;
    TagBytes push;
};

class Circuits {
  public:
    static constexpr uint32_t none = 0;
    struct Entry {
        CircuitMatch match;
        std::vector<VlanTag> tags;
        uint32_t interface;
        bool operator==(const Entry &) const = default;
    };
    // No two entries match the same.
    explicit Circuits(std::vector<Entry> entries);

    // The interface's index + 1, or none. Tags that a frame has not are {}.
    uint32_t find(const VlanTag &outer, const VlanTag &inner) const {
        if (outer.tpid == 0) return untagged_;
        const Table *table = outer_[outer.tpid == type_qinq].get();
        const uint32_t found = table ? table->at[outer.vid] : none;
        if (found & branches) return in_branch(branches_[found & ~branches], inner);
        return found != none ? found : rest_;
    }
    const std::vector<Entry> &entries() const { return entries_; }

  private:
    static constexpr uint32_t branches = 0x80000000;
    struct Table {
        uint32_t at[4096] = {};  // by VLAN: index + 1 of an interface, or `branches` and the place of a branch
    };
    struct Branch {
        uint32_t alone = none, any = none;
        std::unique_ptr<Table> inner[2];  // by TPID: type_vlan, type_qinq
    };
    uint32_t in_branch(const Branch &branch, const VlanTag &inner) const {
        if (inner.tpid != 0) {
            const Table *table = branch.inner[inner.tpid == type_qinq].get();
            if (table && table->at[inner.vid] != none) return table->at[inner.vid];
            if (branch.any != none) return branch.any;
        }
        return branch.alone != none ? branch.alone : rest_;
    }

    std::vector<Entry> entries_;
    uint32_t untagged_ = none, rest_ = none;
    std::unique_ptr<Table> outer_[2];  // by TPID
    std::vector<Branch> branches_;
};

// What an attachment whose frames are switched belongs to: two whose frames are exchanged, or a bridge domain (tables/bridges.h).
struct Domain {
    uint32_t ends[2] = {};       // interfaces
    uint16_t bridge = 0;         // 0: none, it is the two
    uint16_t group = 0;          // of the attachment in the bridge domain: split horizon, and what may be learned behind it
    uint32_t most_addresses = 0;
    bool operator==(const Domain &) const = default;
    uint32_t other(uint32_t interface) const { return ends[ends[0] == interface]; }
};

}  // namespace weft
