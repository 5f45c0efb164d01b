// Indexes over the configuration of one data tree, so that its validation costs what a change can affect: who refers to
// a value (leafrefs, instance-identifiers), which values a leafref may take, which entries share a unique tuple
// (RFC 7950, section 7.8.3), how long a list is.
//
// Which schema nodes are indexed is said by NodeRules. A tree owns its indexes and keeps them right (data_tree.h); they
// are made when they are first asked for. A node costs one look at its schema; a referrer, a target's value and a
// unique entry 8 to 32 bytes each. Values are told by their canonical text as libyang's dictionary holds it (what
// `lyd_get_value` returns), so that equal ones have one address. Not for two threads.
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "index_groups.h"
#include "rules.h"

namespace libyang_js {

class Indexes {
  public:
    // Of the nodes with this first top-level sibling (or null). O(nodes that have indexed ones below them).
    explicit Indexes(lyd_node *root);
    Indexes(const Indexes &) = delete;
    Indexes &operator=(const Indexes &) = delete;

    // A node is in the tree now, or is about to leave it, with everything below.
    void added(lyd_node *node);
    void removed(lyd_node *node);

    // Instances of a leaf or leaf-list that has a NodeRules::reference and this value, whether a member of its type that
    // refers holds it or not. Each span is valid until the tree changes; its order follows that of creation. O(1).
    std::span<lyd_node *const> referrers(const lysc_node *leaf, const char *value) const;
    // Every value that instances of the leaf have, in no order: visit(value, span of instances).
    template <class Visit>
    void each_value(const lysc_node *leaf, Visit visit) const {
        if (const auto found = referrers_.find(leaf); found != referrers_.end()) {
            found->second.each([&](uint64_t key, std::span<lyd_node *const> nodes) { visit(text(key), nodes); });
        }
    }
    // Leaves of a type with an instance-identifier whose value is this data path, in libyang's canonical spelling.
    std::vector<lyd_node *> instance_referrers(const ly_ctx *context, const std::string &path) const;
    // Some leaf of such a type is there.
    bool any_instance_referrers() const;

    // Is there, anywhere in the tree, an instance with this value of a leaf or leaf-list that a leafref ends at? O(1).
    bool exists(const lysc_node *target, const char *value) const;

    // Entries of the same list as `entry` with the same values of all leaves of the unique statement, itself included,
    // at most `limit`; none when it lacks one of the leaves. O(result).
    std::vector<lyd_node *> same(const Rule &unique, const lyd_node *entry, size_t limit) const;
    // All sets of two or more entries that are the same: visit(span). O(entries of the lists).
    template <class Visit>
    void each_duplicate(const Rule &unique, Visit visit) const {
        if (const auto found = uniques_.find(&unique); found != uniques_.end()) {
            found->second.each([&](uint64_t, std::span<lyd_node *const> entries) {
                if (entries.size() > 1) {
                    visit(entries);
                }
            });
        }
    }

    // Number of instances, below `parent` (null: top level), of a list or leaf-list with NodeRules::counted. O(1).
    size_t count(const lyd_node *parent, const lysc_node *list) const;

    // For tests: what is held, a line a fact, sorted.
    std::vector<std::string> describe() const;

  private:
    using Outer = std::vector<std::pair<const Rule *, lyd_node *>>;
    static uint64_t key(const void *pointer) { return reinterpret_cast<uint64_t>(pointer); }
    static const char *text(uint64_t key) { return reinterpret_cast<const char *>(key); }
    // Of the top level, which has no node.
    static uint64_t parent_key(const lyd_node *parent) { return parent == nullptr ? 1 : key(parent); }
    template <bool adding>
    void walk(lyd_node *node, const lyd_node *top, Outer &outer);
    template <bool adding>
    void tell(lyd_node *node, const lyd_node *top, const NodeRules &rules, Outer &outer);
    void unique(bool adding, const Rule &rule, lyd_node *entry);

    std::unordered_map<const lysc_node *, Groups> referrers_;
    std::unordered_map<const lysc_node *, FlatMap> targets_;
    std::unordered_map<const Rule *, Groups> uniques_;
    std::unordered_map<const lysc_node *, FlatMap> counts_;
};

}  // namespace libyang_js
