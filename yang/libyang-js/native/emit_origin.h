// Where a node of <operational> comes from (RFC 8342, section 5.3.4): what the tree of intended has was configured, what
// only the other one has was provided by the system, unless a rule says otherwise of its schema node; a default that
// nobody set is one. State has no origin. That of a container without presence only spares its content the attribute: it
// is that of now, where a tree changes while it is printed.
#pragma once

#include <libyang/libyang.h>

#include <cstdint>
#include <optional>
#include <string_view>
#include <unordered_map>

namespace libyang_js {

// The identities of ietf-origin.
enum class Origin : uint8_t { intended, dynamic, system, learned, by_default, unknown };

struct Origins {
    bool shown = false;
    bool within = false;  // the second tree is intended, and the first has all in use; else the first is intended
    uint32_t wanted = UINT32_MAX;  // bits: configuration of other origins is not selected
    std::unordered_map<const lysc_node *, Origin> provided;

    bool filters() const { return wanted != UINT32_MAX; }
    bool wants(Origin origin) const { return (wanted >> static_cast<unsigned>(origin) & 1) != 0; }
};

const char *name_of(Origin origin);
std::optional<Origin> origin_named(std::string_view name);

}  // namespace libyang_js
