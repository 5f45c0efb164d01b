#include "index.h"
#include "siblings.h"

#include <algorithm>

namespace libyang_js {

namespace {

// The instance of a leaf below the entry of a list, through containers, or null.
const lyd_node *below(const lyd_node *entry, const lysc_node *leaf) {
    const lysc_node *above = lysc_data_parent(leaf);
    const lyd_node *parent = above == entry->schema ? entry : below(entry, above);
    lyd_node *found = nullptr;
    if (parent != nullptr) {
        find_sibling(lyd_child(parent), leaf, nullptr, 0, &found);
    }
    return found;
}

// False when a leaf of the tuple is missing: the entry takes no part then.
bool tuple_of(const Rule &rule, const lyd_node *entry, uint64_t &hash) {
    hash = reinterpret_cast<uint64_t>(entry->parent);
    for (const lysc_node *leaf : rule.leaves) {
        const lyd_node *node = below(entry, leaf);
        if (node == nullptr) {
            return false;
        }
        hash = (hash ^ reinterpret_cast<uint64_t>(lyd_get_value(node))) * 0x9e3779b97f4a7c15U;
        hash ^= hash >> 31;
    }
    hash += hash == 0 ? 1 : 0;
    return true;
}

bool same_tuple(const Rule &rule, const lyd_node *a, const lyd_node *b) {
    return a->parent == b->parent && std::all_of(rule.leaves.begin(), rule.leaves.end(), [&](const lysc_node *leaf) {
               return lyd_get_value(below(a, leaf)) == lyd_get_value(below(b, leaf));
           });
}

}  // namespace

Indexes::Indexes(lyd_node *root) {
    for (lyd_node *node = root; node != nullptr; node = node->next) {
        added(node);
    }
}

void Indexes::unique(bool adding, const Rule &rule, lyd_node *entry) {
    uint64_t hash = 0;
    if (!tuple_of(rule, entry, hash)) {
        return;
    }
    auto &groups = uniques_.try_emplace(&rule, rule.unique).first->second;
    adding ? groups.add(hash, entry) : groups.remove(hash, entry);
}

template <bool adding>
void Indexes::tell(lyd_node *node, const lyd_node *top, const NodeRules &rules, Outer &outer) {
    const lysc_node *schema = node->schema;
    if (rules.reference != nullptr) {
        auto &groups = referrers_.try_emplace(schema, 0).first->second;
        const auto value = key(lyd_get_value(node));
        adding ? groups.add(value, node) : groups.remove(value, node);
    }
    auto count = [](FlatMap &map, uint64_t of) {
        uint64_t &number = map.at(of);
        number += adding ? 1 : -1;
        if (number == 0) {
            map.erase(of);
        }
    };
    if (!rules.referrers.empty()) {
        count(targets_[schema], key(lyd_get_value(node)));
    }
    if (rules.counted) {
        count(counts_[schema], parent_key(lyd_parent(node)));
    }
    for (const Rule *rule : rules.uniques) {
        bool outside = false;
        lyd_node *entry = node;
        for (; entry->schema != rule->subject; entry = lyd_parent(entry)) {
            outside = outside || entry == top;
        }
        if (outside && std::find(outer.begin(), outer.end(), std::pair(rule, entry)) == outer.end()) {
            outer.emplace_back(rule, entry);
        }
    }
    for (auto rule = rules.rules.rbegin(); rule != rules.rules.rend() && (*rule)->kind == Rule::Kind::unique; ++rule) {
        unique(adding, **rule, node);
    }
}

template <bool adding>
void Indexes::walk(lyd_node *node, const lyd_node *top, Outer &outer) {
    if (node->schema == nullptr) {
        return;
    }
    const auto &rules = Rules::of(node->schema);
    if (!rules.indexed_below) {
        return;
    }
    tell<adding>(node, top, rules, outer);
    for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        walk<adding>(child, top, outer);
    }
}

// Entries above the node change their tuples with it; those below are told as they are met.
void Indexes::added(lyd_node *node) {
    Outer outer;
    walk<true>(node, node, outer);
    for (const auto &[rule, entry] : outer) {
        unique(true, *rule, entry);
    }
}

void Indexes::removed(lyd_node *node) {
    Outer outer;
    walk<false>(node, node, outer);
    for (const auto &[rule, entry] : outer) {
        unique(false, *rule, entry);
    }
}

std::span<lyd_node *const> Indexes::referrers(const lysc_node *leaf, const char *value) const {
    const auto found = referrers_.find(leaf);
    return found == referrers_.end() ? std::span<lyd_node *const>() : found->second.find(key(value));
}

std::vector<lyd_node *> Indexes::instance_referrers(const ly_ctx *context, const std::string &path) const {
    std::vector<lyd_node *> all;
    const char *value = nullptr;
    if (!any_instance_referrers() || lydict_insert(context, path.c_str(), 0, &value) != LY_SUCCESS) {
        return all;
    }
    for (const auto &[leaf, groups] : referrers_) {
        if (Rules::of(leaf).reference->instance_identifier) {
            const auto nodes = groups.find(key(value));
            all.insert(all.end(), nodes.begin(), nodes.end());
        }
    }
    lydict_remove(context, value);
    return all;
}

bool Indexes::any_instance_referrers() const {
    return std::any_of(referrers_.begin(), referrers_.end(), [](const auto &leaf) {
        return !leaf.second.empty() && Rules::of(leaf.first).reference->instance_identifier;
    });
}

bool Indexes::exists(const lysc_node *target, const char *value) const {
    const auto found = targets_.find(target);
    return found != targets_.end() && found->second.find(key(value)) != nullptr;
}

std::vector<lyd_node *> Indexes::same(const Rule &unique, const lyd_node *entry, size_t limit) const {
    std::vector<lyd_node *> entries;
    uint64_t hash = 0;
    const auto found = uniques_.find(&unique);
    if (found == uniques_.end() || !tuple_of(unique, entry, hash)) {
        return entries;
    }
    for (lyd_node *other : found->second.find(hash)) {
        if (entries.size() < limit && same_tuple(unique, entry, other)) {
            entries.push_back(other);
        }
    }
    return entries;
}

size_t Indexes::count(const lyd_node *parent, const lysc_node *list) const {
    const auto found = counts_.find(list);
    const uint64_t *number = found == counts_.end() ? nullptr : found->second.find(parent_key(parent));
    return number == nullptr ? 0 : static_cast<size_t>(*number);
}

std::vector<std::string> Indexes::describe() const {
    std::vector<std::string> lines;
    auto line = [&](const char *what, const lysc_node *schema, const std::string &of, size_t count) {
        char *path = lysc_path(schema, LYSC_PATH_DATA, nullptr, 0);
        lines.push_back(std::string(what) + " " + (path == nullptr ? "" : path) + " " + of + ": " + std::to_string(count));
        free(path);
    };
    auto path_of = [](const lyd_node *node) {
        char *path = node == nullptr ? nullptr : lyd_path(node, LYD_PATH_STD, nullptr, 0);
        const std::string text = path == nullptr ? "" : path;
        free(path);
        return text;
    };
    for (const auto &[leaf, groups] : referrers_) {
        groups.each([&, leaf = leaf](uint64_t value, auto nodes) {
            for (const lyd_node *node : nodes) {
                line("referrer", leaf, path_of(node) + " to " + text(value), nodes.size());
            }
        });
    }
    for (const auto &[leaf, values] : targets_) {
        for (const auto &entry : values.entries()) {
            if (entry.key != 0) {
                line("target", leaf, text(entry.key), entry.value);
            }
        }
    }
    for (const auto &[rule, groups] : uniques_) {
        groups.each([&, rule = rule](uint64_t, auto entries) {
            for (const lyd_node *entry : entries) {
                line("unique", rule->subject, std::to_string(rule->unique) + " " + path_of(entry), entries.size());
            }
        });
    }
    for (const auto &[list, numbers] : counts_) {
        for (const auto &entry : numbers.entries()) {
            if (entry.key != 0) {
                line("count", list, entry.key == 1 ? "" : path_of(reinterpret_cast<const lyd_node *>(entry.key)), entry.value);
            }
        }
    }
    std::sort(lines.begin(), lines.end());
    return lines;
}

}  // namespace libyang_js
