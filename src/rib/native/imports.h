// Route leaking: which routes of one VRF are routes of another one too. What is imported is derived by each transaction that changes
// the one or the other (finish_import.cc): a route of the VRF that imports, with a next hop of the kind `leaked`, which stands for
// one of the other VRF's next hops and leads where that does.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "address.h"

namespace weft::rib {

// Routes within a prefix, of lengths from `least` to `most`.
struct ImportFilter {
    Family family;
    Prefix prefix;
    uint8_t least, most;
    bool operator==(const ImportFilter &) const = default;
    bool takes(const Prefix &route, Family of) const {
        return of == family && route.length >= least && route.length <= most && contains(prefix, route.address) && route.length >= prefix.length;
    }
};

struct Import {
    uint32_t from;
    std::vector<ImportFilter> filters;
    bool operator==(const Import &) const = default;
};

// What VRFs import, with the changes of a transaction on top.
class Imports {
  public:
    using All = std::map<uint32_t, std::vector<Import>>;  // by the VRF that imports

    void set(uint32_t vrf, std::vector<Import> imports) {
        if (!draft_) draft_ = all_;
        if (imports.empty())
            draft_->erase(vrf);
        else
            (*draft_)[vrf] = std::move(imports);
    }
    bool changed() const { return draft_ && *draft_ != all_; }
    // Without the changes, and with them.
    const All &before() const { return all_; }
    const All &after() const { return draft_ ? *draft_ : all_; }
    void adopt() {
        if (draft_) all_ = std::move(*draft_);
        draft_.reset();
    }
    void abandon() { draft_.reset(); }

  private:
    All all_;
    std::optional<All> draft_;
};

// Protocol and preference of leaked routes: a VRF's own come before them.
constexpr const char *leaked_protocol = "leaked";
constexpr uint32_t leaked_preference = 200;

}  // namespace weft::rib
