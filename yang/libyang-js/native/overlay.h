// What a reader has to know of the changes that are made to a tree after it began, so that it goes on seeing the tree as
// it was then: nodes that were added are hidden from it, and nodes that were taken out are kept for it, each with its
// place among its siblings. So a print of any length holds up no writer: between two of its turns the tree may change.
//
// A changed value is a leaf taken out and another added. Costs O(depth) for each change, and keeps what was taken out
// until the reader ends. Told by the writer, read by the reader; the tree's gate lets one of them in at a time.
#pragma once

#include <libyang/libyang.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace libyang_js {

// Where a walk over siblings stands: before `next`, and behind the first `passed` of the nodes that were taken out there.
struct Siblings {
    bool active = false;
    bool all = true;                  // visits every sibling; else ends behind the run of `only`
    const lyd_node *parent = nullptr;
    const lyd_node *next = nullptr;
    size_t passed = 0;
    const lysc_node *only = nullptr;  // null: nodes of any schema
};

class Overlay {
  public:
    using Nodes = std::vector<const lyd_node *>;
    using Each = std::function<void(const std::function<void(Siblings &)> &)>;

    // `each` calls back with every walk that the reader is in.
    void follow(Each each) { each_ = std::move(each); }

    // The writer's side. `node` was added; is about to be taken out (true: the reader keeps it); was taken out and is kept.
    void added(const lyd_node *node);
    bool leaving(const lyd_node *node);
    void keep(std::shared_ptr<lyd_node> node) { kept_.push_back(std::move(node)); }

    // The reader's side.
    bool empty() const { return added_.empty() && from_.empty(); }
    bool hides(const lyd_node *node) const { return !added_.empty() && added_.contains(node); }
    // What was taken out before `next`, or, when that is null, at the end of `parent`.
    const Nodes &gone_before(const lyd_node *parent, const lyd_node *next) const;
    // What was taken out below a parent, in any order.
    const Nodes &gone_from(const lyd_node *parent) const;

  private:
    static uintptr_t place(const lyd_node *parent, const lyd_node *next) {
        return next != nullptr ? reinterpret_cast<uintptr_t>(next) : reinterpret_cast<uintptr_t>(parent) | 1;
    }

    Each each_;
    std::unordered_set<const lyd_node *> added_;
    std::unordered_map<uintptr_t, Nodes> before_;
    std::unordered_map<const lyd_node *, Nodes> from_;
    std::vector<std::shared_ptr<lyd_node>> kept_;
};

}  // namespace libyang_js
