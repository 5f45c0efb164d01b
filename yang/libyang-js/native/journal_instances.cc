#include "journal_instances.h"

namespace libyang_js {

const Instance *Instances::of(const Instance *parent, const lysc_node *schema, const NodeCopy &node) {
    const bool many = (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
    const size_t key = (std::hash<const void *>()(parent) * 1000003U) ^ std::hash<const void *>()(schema) ^
                       (many ? node->hash * size_t{2654435761U} : 0);
    const auto [from, to] = index_.equal_range(key);
    for (auto at = from; at != to; ++at) {
        const Instance *known = at->second;
        if (known->parent == parent && known->schema == schema &&
            (!many || lyd_compare_single(known->node.get(), node.get(), 0) == LY_SUCCESS)) {
            return known;
        }
    }
    instances_.push_back({parent, schema, many ? node : nullptr, instances_.size()});
    index_.emplace(key, &instances_.back());
    return &instances_.back();
}

const Instance *Instances::of(const PlaceRef &place) {
    if (place == nullptr) {
        return nullptr;
    }
    if (const auto known = places_.find(place); known != places_.end()) {
        return known->second;
    }
    const auto *instance = of(of(place->parent), place->schema, place->entry);
    places_[place] = instance;
    return instance;
}

}  // namespace libyang_js
