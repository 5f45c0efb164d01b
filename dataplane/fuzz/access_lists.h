// Access lists from the octets of an input, and what a list says of a packet: by looking at its entries one after another, with no
// more of the engine's than the entries themselves (tables/acl_rule.h). What layer 4 is of fragments and of chains of extension
// headers is as nodes/acl.h promises.
#pragma once

#include "packets.h"

namespace weft::fuzz {

inline constexpr unsigned list_count = 4;

// Lists l0 … l3; the even ones are mostly of IPv4.
std::string list_name(Reader &in);
AclSpec access_list(Reader &in);

struct Judgement {
    enum class Kind : uint8_t { pass, drop, reject, tiny_fragment, header_chain } kind;
    std::string entry;     // that decided; empty: the rest
    bool counted = false;  // there is one
};

// `packet`: from its IP header on, as long as it says.
Judgement judge(const AclSpec &list, const Bytes &packet, const Offload &offload);

}  // namespace weft::fuzz
