#include "journal_diff.h"

#include <algorithm>
#include <unordered_map>

#include "journal_order.h"

namespace libyang_js {

namespace {

using Change = Journal::Change;

class Difference {
  public:
    Difference(const NodeCopy &from, const NodeCopy &to, bool derived, std::vector<Change> &changes)
        : from_(from), to_(to), derived_(derived), changes_(changes) {}
    void nodes(const PlaceRef &place, const lyd_node *from, const lyd_node *to);
    // `from`, `to`: the first of siblings, or null.
    void siblings(const PlaceRef &place, const lyd_node *from, const lyd_node *to);

  private:
    void ordered(const PlaceRef &place, const lyd_node *from, const lyd_node *to, const lysc_node *schema);

    // A node of a copy, which keeps the whole copy.
    static NodeCopy part(const NodeCopy &of, const lyd_node *node) {
        return node == nullptr ? nullptr : NodeCopy(of, const_cast<lyd_node *>(node));
    }
    void create(const PlaceRef &place, const lyd_node *node, NodeCopy after = {}) {
        changes_.push_back({Op::create, derived_, place, part(to_, node), {}, std::move(after), {}, count_nodes(node)});
    }
    void remove(const PlaceRef &place, const lyd_node *node, NodeCopy old_after = {}) {
        changes_.push_back({Op::remove, derived_, place, part(from_, node), {}, {}, std::move(old_after), count_nodes(node)});
    }

    const NodeCopy &from_;
    const NodeCopy &to_;
    bool derived_;
    std::vector<Change> &changes_;
};

lyd_node *first_of(const lyd_node *siblings, const lysc_node *schema) {
    lyd_node *found = nullptr;
    if (siblings != nullptr) {
        lyd_find_sibling_val(siblings, schema, nullptr, 0, &found);
    }
    return found;
}

// The same instance among other siblings. In an order, a value by default is not one that was given.
lyd_node *counterpart(const lyd_node *siblings, const lyd_node *of) {
    if ((of->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) == 0) {
        return first_of(siblings, of->schema);
    }
    lyd_node *found = nullptr;
    if (siblings != nullptr) {
        lyd_find_sibling_first(siblings, of, &found);
    }
    const bool anew = found != nullptr && of->schema->nodetype == LYS_LEAFLIST && ordered_by_user(of->schema) &&
                      ((found->flags ^ of->flags) & LYD_DEFAULT) != 0;
    return anew ? nullptr : found;
}

void Difference::nodes(const PlaceRef &place, const lyd_node *from, const lyd_node *to) {
    if ((from->schema->nodetype & LYD_NODE_INNER) != 0) {
        siblings(place_below(place, to), lyd_child(from), lyd_child(to));
    } else if (!equal_nodes(from, to)) {
        changes_.push_back({Op::value, derived_, place, part(to_, to), part(from_, from), {}, {}, 2});
    }
}

// What goes, goes before what comes: another case of a choice may take its place.
void Difference::siblings(const PlaceRef &place, const lyd_node *from, const lyd_node *to) {
    for (const lyd_node *child = from; child != nullptr; child = child->next) {
        if (lysc_is_key(child->schema)) {
            continue;
        }
        if (!ordered_by_user(child->schema)) {
            if (counterpart(to, child) == nullptr) {
                remove(place, child);
            }
        } else if (entry_before(child) == nullptr) {
            ordered(place, from, to, child->schema);
        }
    }
    for (const lyd_node *child = to; child != nullptr; child = child->next) {
        if (lysc_is_key(child->schema)) {
            continue;
        }
        if (!ordered_by_user(child->schema)) {
            const lyd_node *old = counterpart(from, child);
            old != nullptr ? nodes(place, old, child) : create(place, child);
        } else if (entry_before(child) == nullptr && first_of(from, child->schema) == nullptr) {
            ordered(place, from, to, child->schema);
        }
    }
}

// Members of a longest rising subsequence.
std::vector<bool> longest_rising(const std::vector<size_t> &numbers) {
    std::vector<size_t> ends;  // by length, the index of the least number that a subsequence can end with
    std::vector<size_t> previous(numbers.size(), SIZE_MAX);
    for (size_t i = 0; i < numbers.size(); i++) {
        const auto at = std::lower_bound(ends.begin(), ends.end(), i, [&](size_t a, size_t b) { return numbers[a] < numbers[b]; });
        previous[i] = at == ends.begin() ? SIZE_MAX : *(at - 1);
        at == ends.end() ? ends.push_back(i) : void(*at = i);
    }
    std::vector<bool> member(numbers.size());
    for (size_t i = ends.empty() ? SIZE_MAX : ends.back(); i != SIZE_MAX; i = previous[i]) {
        member[i] = true;
    }
    return member;
}

void Difference::ordered(const PlaceRef &place, const lyd_node *from, const lyd_node *to, const lysc_node *schema) {
    ListOrder order;  // of the nodes of `from`, and of those of `to` that are new
    std::unordered_map<const lyd_node *, size_t> old_places;
    for (const lyd_node *entry = first_of(from, schema); entry != nullptr && entry->schema == schema; entry = entry->next) {
        order.know(entry, entry_before(entry));
        old_places.emplace(entry, old_places.size());
    }
    auto copy_of_entry = [&](ListOrder::Entry entry) {
        const auto *node = static_cast<const lyd_node *>(entry);
        return part(old_places.contains(node) ? from_ : to_, node);
    };
    for (const lyd_node *entry = first_of(from, schema); entry != nullptr && entry->schema == schema; entry = entry->next) {
        if (counterpart(to, entry) == nullptr) {
            remove(place, entry, copy_of_entry(order.before(entry)));
            order.remove(entry);
        }
    }
    std::vector<size_t> kept;
    for (const lyd_node *entry = first_of(to, schema); entry != nullptr && entry->schema == schema; entry = entry->next) {
        if (const lyd_node *old = counterpart(from, entry)) {
            kept.push_back(old_places[old]);
        }
    }
    const auto stays = longest_rising(kept);
    size_t number = 0;
    const lyd_node *before = nullptr;
    for (const lyd_node *entry = first_of(to, schema); entry != nullptr && entry->schema == schema; entry = entry->next) {
        const lyd_node *old = counterpart(from, entry);
        if (old == nullptr) {
            create(place, entry, copy_of_entry(before));
            order.insert(entry, before);
            before = entry;
            continue;
        }
        if (!stays[number++] && order.before(old) != before) {
            changes_.push_back({Op::move, derived_, place, part(to_, entry), {}, copy_of_entry(before), copy_of_entry(order.before(old)), 1});
            order.remove(old);
            order.insert(old, before);
        }
        nodes(place, old, entry);
        before = old;
    }
}

}  // namespace

bool equal_nodes(const lyd_node *a, const lyd_node *b) {
    return lyd_compare_single(a, b, LYD_COMPARE_FULL_RECURSION | LYD_COMPARE_DEFAULTS) == LY_SUCCESS;
}

PlaceRef place_below(const PlaceRef &parent, const lyd_node *node) {
    auto place = std::make_shared<Place>();
    place->parent = parent;
    place->schema = node->schema;
    place->entry = node->schema->nodetype == LYS_LIST ? instance_of(node) : nullptr;
    return place;
}

void difference(const PlaceRef &place, const NodeCopy &from, const NodeCopy &to, bool derived, std::vector<Change> &changes) {
    Difference(from, to, derived, changes).nodes(place, from.get(), to.get());
}

std::unique_ptr<Journal> difference(const std::shared_ptr<TreeData> &from, const std::shared_ptr<TreeData> &to) {
    auto journal = std::make_unique<Journal>(from->context);
    Difference(NodeCopy(from, from->root), NodeCopy(to, to->root), false, journal->changes()).siblings(nullptr, from->root, to->root);
    journal->data().recount();
    return journal;
}

}  // namespace libyang_js
