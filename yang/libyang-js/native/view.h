// How a reader walks a data tree, or two of one schema that are read as one: the configuration and, beside it, state.
// Nodes that both have are met as a pair: containers, leaves, and entries with equal keys. Only reads.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <unordered_map>
#include <vector>

#include "data_tree.h"

namespace libyang_js {

// Where a walk over siblings stands.
struct Siblings {
    const lyd_node *next = nullptr;
    const lysc_node *only = nullptr;  // the walk ends where another schema begins; null: with the last sibling
};

// One data tree.
class View {
  public:
    // Null: an empty tree.
    explicit View(const DataTree *tree) : tree_(tree) {}

    // `parent` null: the top level.
    Siblings children(const lyd_node *parent) const;
    Siblings instances(const lyd_node *parent, const lysc_node *schema) const;
    // The node that comes next, null at the end.
    const lyd_node *peek(Siblings &siblings) const;
    const lyd_node *take(Siblings &siblings) const;
    // Null when there is none. The same entry in another tree; entries without keys are never the same.
    const lyd_node *find(const lyd_node *parent, const lyd_node *instance) const;
    // `keys`: predicates for all keys of the list. False when they cannot be looked up.
    bool find(const lyd_node *parent, const lysc_node *list, const std::string &keys, const lyd_node *&found) const;

  private:
    const lyd_node *first(const lyd_node *parent) const;
    const DataTree *tree_;
};

// A node of either tree or of both.
struct Pair {
    const lyd_node *left = nullptr;
    const lyd_node *right = nullptr;
    explicit operator bool() const { return left || right; }
    bool operator==(const Pair &other) const { return left == other.left && right == other.right; }
    const lyd_node *node() const { return left ? left : right; }
    const lysc_node *schema() const { return node()->schema; }
    // Of a leaf, the one whose value counts: what `right` says and is no default comes first.
    const lyd_node *leaf() const;
};

class PairView {
  public:
    struct Walk {
        Siblings left, right;
        Pair parent;
        bool top = false;
    };

    PairView(const DataTree *left, const DataTree *right) : left_(left), right_(right), both_(right != nullptr) {}

    bool both() const { return both_; }
    Walk top() const;
    Walk children(Pair parent) const;
    // `parent` empty: at the top level.
    Walk instances(Pair parent, const lysc_node *schema) const;
    // Empty at the end. In the order of the schema, entries of `left` before those that only `right` has.
    Pair next(Walk &walk);
    // See View::find.
    bool find(Pair parent, const lysc_node *list, const std::string &keys, Pair &found) const;

  private:
    bool before(const lysc_node *one, const lysc_node *other);

    View left_, right_;
    bool both_;
    std::unordered_map<const lysc_node *, size_t> order_;
};

}  // namespace libyang_js
