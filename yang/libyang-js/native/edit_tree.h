// Point operations on a data tree, each journaled: the only code here that changes the tree of a client.
//
// Keeps the tree *complete*: a node's default leaves and non-presence containers are there (flagged LYD_DEFAULT) as
// long as nothing explicit stands in their place and, in a choice, their case is the active one (RFC 7950, sections
// 7.5.1, 7.6.1, 7.7.2, 7.9.3). Parents whose children changed are remembered and completed by `settle`. Nodes that
// depend on a `when` are left to the validation.
// Not for two threads; the journal and the tree must outlive it.
#pragma once

#include <libyang/libyang.h>

#include <functional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "data_tree.h"
#include "edit_facts.h"
#include "journal.h"

namespace libyang_js {

class TreeEditor {
  public:
    TreeEditor(DataTree &tree, Journal &journal);

    // As of DataTree.
    lyd_node *children(const lyd_node *parent) const { return tree_.children(parent); }
    lyd_node *find(const lyd_node *parent, const lysc_node *schema) const { return tree_.find(parent, schema); }
    lyd_node *find(const lyd_node *parent, const lyd_node *instance) const { return tree_.find(parent, instance); }

    // Puts an unlinked node, complete with everything below, under `parent`; clears other cases and defaults that it
    // stands in for. `at` as of `move`, where the list is ordered by the user.
    void create(lyd_node *parent, lyd_node *node, bool derived, Position at = {});
    // Puts an entry of a list without keys behind all others, O(1) and not journaled.
    void append(lyd_node *parent, lyd_node *entry);
    void remove(lyd_node *node, bool derived);
    // `node` takes the place of `old`, of the same schema.
    void replace(lyd_node *old, lyd_node *node, bool derived);
    // Gives the node as it is in the tree then: a copy of it when a reader keeps the node.
    lyd_node *move(lyd_node *node, Position at, bool derived);

    // Takes away what other cases of the choices around `schema` have under `parent`.
    void choose(lyd_node *parent, const lysc_node *schema);
    // Completes what was touched since the last call.
    void settle();
    // Completes the children of one node, and with `below` of all nodes under it. `journaled` false: of a node whose
    // creation is not journaled yet.
    void complete(lyd_node *parent, bool below, bool journaled);
    // Completes the top level of all modules.
    void complete_top();
    // Creates the implied nodes of a schema (flagged default) unless there are some, and keeps them when `test`, if
    // there is one, is true for the first. True when they were created and kept.
    using Test = std::function<bool(lyd_node *)>;
    bool imply(lyd_node *parent, const lysc_node *schema, bool journaled, const Test &test = {});
    // Is this node of an active case, or of no choice at all?
    bool in_active_case(lyd_node *parent, const lysc_node *schema) const;
    void touched(lyd_node *parent);

    PlaceRef place(const lyd_node *inner);
    SchemaFacts &facts() { return facts_; }
    DataTree &tree() const { return tree_; }
    Journal &journal() const { return journal_; }
    const ly_ctx *context() const { return tree_.context; }

  private:
    void complete_schema(lyd_node *parent, const lysc_node *schema, const lysc_module *module, bool journaled);
    void journal_created(lyd_node *node, bool derived, size_t nodes);
    void complete_choice(lyd_node *parent, const lysc_node *choice, bool journaled);
    const lysc_node *explicit_case(lyd_node *parent, const lysc_node *choice) const;
    void clear(lyd_node *parent, const lysc_node *schema, bool only_defaults, bool journaled);
    void forget(lyd_node *node);
    void touch_all(lyd_node *node);

    DataTree &tree_;
    Journal &journal_;
    SchemaFacts facts_;
    std::unordered_map<const lyd_node *, PlaceRef> places_;
    std::vector<lyd_node *> touched_;
    std::unordered_set<const lyd_node *> touched_set_;
};

}  // namespace libyang_js
