// The nodes of one data tree and what is kept about them. Every node goes into a client's tree, and out of it, through
// here, so that what is kept stays right; libyang's own insertions are told by `added`.
//
// Does not own the nodes (TreeData does), so that the same code works on a part of a tree or on a copy in a journal.
// Not for two threads.
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <mutex>
#include <vector>

namespace libyang_js {

class Indexes;
class Overlay;

// Where a node goes among the entries of its list, when the user orders that; all others go last.
struct Position {
    bool last = true;
    lyd_node *after = nullptr;  // with `last` false; null: first
};

struct DataTree {
    explicit DataTree(const ly_ctx *of, lyd_node *nodes = nullptr);
    ~DataTree();
    DataTree(const DataTree &) = delete;
    DataTree &operator=(const DataTree &) = delete;

    const ly_ctx *context;
    lyd_node *root;  // first of the top level, or null

    // First child of a node (null: of the top level), or null.
    lyd_node *children(const lyd_node *parent) const { return parent != nullptr ? lyd_child(parent) : root; }
    // First instance of a schema node below `parent`; the one that is the same as `instance`; or null. O(1).
    lyd_node *find(const lyd_node *parent, const lysc_node *schema) const;
    lyd_node *find(const lyd_node *parent, const lyd_node *instance) const;

    // Puts an unlinked node, complete with everything below, under `parent` (null: top level). O(node).
    void link(lyd_node *parent, lyd_node *node, Position at = {});
    // Puts an entry of a list without keys behind all others, O(1). libyang's index of siblings gives all such entries
    // one hash, so its own insertion is linear; here they stay out of the index.
    void append(lyd_node *parent, lyd_node *entry);
    // Tells of a node that libyang has put below a parent by itself. O(node).
    void added(lyd_node *node);
    // Takes a node out, with everything below. The caller owns what is returned: the node, or a copy of it when a reader
    // keeps the node. O(node).
    [[nodiscard]] lyd_node *unlink(lyd_node *node);
    // Takes a node out and frees it, or leaves it to the readers that keep it.
    void drop(lyd_node *node);

    // A reader that sees the tree as it is now, whatever is done to it later. From any thread.
    void watch(Overlay *overlay);
    void unwatch(Overlay *overlay);

    // Made when they are first asked for, O(tree), and kept from then on.
    Indexes &indexes();
    bool indexed() const { return indexes_ != nullptr; }
    // Before the tree is filled past `link`: they are made again when they are asked for.
    void drop_indexes();

  private:
    std::shared_ptr<lyd_node> take_out(lyd_node *node);

    std::unique_ptr<Indexes> indexes_;
    std::mutex watching_;
    std::vector<Overlay *> overlays_;
};

// Clears the flags of a new node and of all below, and primes canonical values; counts them.
size_t prime(lyd_node *node);

}  // namespace libyang_js
