// How a reader walks a data tree, or two of one schema that are read as one: the configuration and, beside it, state.
// Nodes that both have are met as a pair: containers, leaves, and entries with equal keys. Only reads.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "data_tree.h"
#include "overlay.h"

namespace libyang_js {

// One data tree, as it was when its overlay began.
class View {
  public:
    // Null: an empty tree; one that does not change.
    explicit View(const DataTree *tree, const Overlay *overlay = nullptr) : tree_(tree), overlay_(overlay) {}

    bool changed() const { return overlay_ != nullptr && !overlay_->empty(); }
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
    bool hides(const lyd_node *node) const { return overlay_ != nullptr && overlay_->hides(node); }
    const DataTree *tree_;
    const Overlay *overlay_;
};

// `[key='value']`, as View::find takes it. The value does not hold both kinds of quotes.
std::string key_predicate(const lysc_node *key, std::string_view value);

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

    // `overlay` is of `left`; may be null, as `right` may. `within`: what only `right` has is not met.
    PairView(const DataTree *left, const DataTree *right, const Overlay *overlay = nullptr, bool within = false)
        : left_(left, overlay), right_(right), both_(right != nullptr), within_(within) {}

    // The tree is not any more what it was.
    bool changed() const { return left_.changed(); }
    Walk top() const;
    Walk children(Pair parent) const;
    // `parent` empty: at the top level.
    Walk instances(Pair parent, const lysc_node *schema) const;
    // Empty at the end. In the order of the schema, entries of `left` before those that only `right` has.
    Pair next(Walk &walk);
    // See View::find.
    bool find(Pair parent, const lysc_node *list, const std::string &keys, Pair &found) const;
    // With the node of `right` that is the same, below a pair or, when that is empty, at the top level.
    Pair pair(Pair parent, const lyd_node *left) const;

  private:
    bool before(const lysc_node *one, const lysc_node *other);

    View left_, right_;
    bool both_, within_;
    std::unordered_map<const lysc_node *, size_t> order_;
};

}  // namespace libyang_js
