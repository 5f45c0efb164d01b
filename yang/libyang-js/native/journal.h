// Inside of a journal: an ordered list of changes, each told by the place of its parent and by copies of the nodes.
//
// A place names an inner node by its ancestors and, for a list entry, by a copy with just its keys; one place is
// shared by all changes below it and is looked up once when a journal is applied. Copies never change after they were
// made (canonical values primed), so that a journal and its reverse share them, also between threads.
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "edit.h"

namespace libyang_js {

using NodeCopy = std::shared_ptr<lyd_node>;

// Takes over an unlinked node.
NodeCopy own(lyd_node *node);
NodeCopy copy_of(const lyd_node *node);           // with everything below and the flags
NodeCopy instance_of(const lyd_node *node);       // a list entry with its keys only, any other node alone

struct Place {
    std::shared_ptr<const Place> parent;  // null: top level
    const lysc_node *schema;
    NodeCopy entry;  // of a list only
};
using PlaceRef = std::shared_ptr<const Place>;

enum class Op : uint8_t {
    create,  // `node`, with everything below
    remove,  // `node`, with everything below
    value,   // `node` took the place of `old`: a leaf's value or its being default, or the content of an anydata
    move,    // `node`, an entry ordered by the user
};

struct Journal::Change {
    Op op;
    bool derived;
    PlaceRef parent;  // null: top level
    NodeCopy node;
    NodeCopy old = {};
    // The entry before this one, for lists ordered by the user; null: it is the first.
    NodeCopy after = {};      // create, move
    NodeCopy old_after = {};  // remove, move
    uint32_t nodes = 1;       // in the copies
};

struct Journal::Data {
    const ly_ctx *context;
    std::vector<Change> changes;
    size_t explicit_changes = 0;
    size_t bytes = 0;
    // Read from text: what follows by itself (defaults) is not in it and has to be derived while it is applied.
    bool partial = false;
    // Of the nodes that the changes are about.
    std::unordered_set<const lysc_node *> schemas = {};

    void add(Change change, size_t nodes);
    void recount();  // after `changes` was set
};

// Data path of a node of a journal.
std::string path_of(const Place *place);
std::string path_of(const Place *parent, const lyd_node *node);
// One step of a data path; the module is named unless the node `above` is of the same.
std::string step_of(const lysc_node *schema, const lysc_node *above, const lyd_node *node);
// Of a node with everything below.
uint32_t count_nodes(const lyd_node *node);
bool ordered_by_user(const lysc_node *schema);
// The entry before this one in its list, or null.
lyd_node *entry_before(const lyd_node *node);

inline bool by_default(const lyd_node *node) {
    return (node->flags & LYD_DEFAULT) != 0;
}

}  // namespace libyang_js
