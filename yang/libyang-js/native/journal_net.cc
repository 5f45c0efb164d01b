// Netting: what was done to one node, several times, as one change; what cancels out is gone. Changes below a node
// that is new, or gone in the end, become part of that node's copy. O(journal).
//
// Two things stay as they are: an inner node that was removed and made again differently is a removal and a creation,
// and of the order of a list that the user orders only what undoes the step before it is taken out, because an entry's
// place is told by its neighbour at that time.
#include <algorithm>
#include <unordered_map>

#include "journal_apply.h"

namespace libyang_js {

namespace {

using Change = Journal::Change;
constexpr size_t none = SIZE_MAX;

// A node that has a change, or has one below it.
struct Slot {
    Slot *parent;
    const lysc_node *schema;
    NodeCopy instance;
    size_t gone = none;     // index of the change that removes what was there before
    size_t change = none;   // index of the change after that
    bool mutable_copy = false;
    std::vector<Slot *> below;
    std::vector<size_t> ordered;  // changes of the lists ordered by the user in it
};

bool equal_nodes(const lyd_node *a, const lyd_node *b) {
    return lyd_compare_single(a, b, LYD_COMPARE_FULL_RECURSION | LYD_COMPARE_DEFAULTS) == LY_SUCCESS;
}

bool equal_anchors(const NodeCopy &a, const NodeCopy &b) {
    return a == b || (a != nullptr && b != nullptr && lyd_compare_single(a.get(), b.get(), 0) == LY_SUCCESS);
}

class Net {
  public:
    explicit Net(const ly_ctx *context) : context_(context), top_{nullptr, nullptr, nullptr, none, none, false, {}, {}} {}
    void add(Change change);
    std::vector<Change> take();

  private:
    Slot *slot(Slot *parent, const lysc_node *schema, const NodeCopy &instance);
    Slot *slot(const Place *place);
    bool fold_into_created(Slot *parent, const Change &change);
    void restore_below(Slot *slot, Change &removal);
    void collect(Slot *slot, std::vector<size_t> &indices);
    bool add_ordered(Slot *parent, Change &change);
    size_t put(Change change);
    void drop(size_t &index);

    const ly_ctx *context_;
    Slot top_;
    std::vector<std::unique_ptr<Slot>> slots_;
    std::unordered_multimap<size_t, Slot *> index_;
    std::unordered_map<const Place *, Slot *> places_;
    std::vector<Change> out_;
    std::vector<bool> live_;
};

Slot *Net::slot(Slot *parent, const lysc_node *schema, const NodeCopy &instance) {
    const bool many = (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
    const size_t key = std::hash<const void *>()(parent) * 1000003U + std::hash<const void *>()(schema) +
                       (many ? instance->hash * 2654435761U : 0);
    const auto [from, to] = index_.equal_range(key);
    for (auto at = from; at != to; ++at) {
        Slot *known = at->second;
        if (known->parent == parent && known->schema == schema &&
            (!many || lyd_compare_single(known->instance.get(), instance.get(), 0) == LY_SUCCESS)) {
            return known;
        }
    }
    slots_.push_back(std::make_unique<Slot>(Slot{parent, schema, instance, none, none, false, {}, {}}));
    Slot *made = slots_.back().get();
    index_.emplace(key, made);
    parent->below.push_back(made);
    return made;
}

Slot *Net::slot(const Place *place) {
    if (place == nullptr) {
        return &top_;
    }
    auto &known = places_[place];
    if (known == nullptr) {
        Slot *parent = slot(place->parent.get());
        return places_[place] = slot(parent, place->schema, place->entry);
    }
    return known;
}

size_t Net::put(Change change) {
    out_.push_back(std::move(change));
    live_.push_back(true);
    return out_.size() - 1;
}

void Net::drop(size_t &index) {
    if (index != none) {
        live_[index] = false;
        index = none;
    }
}

bool Net::fold_into_created(Slot *parent, const Change &change) {
    Slot *created = parent;
    while (created != nullptr && (created->change == none || out_[created->change].op != Op::create)) {
        created = created->parent;
    }
    if (created == nullptr) {
        return false;
    }
    auto &creation = out_[created->change];
    if (!created->mutable_copy) {
        creation.node = copy_of(creation.node.get());
        created->mutable_copy = true;
    }
    const Place *place = change.parent.get();
    while (place != nullptr && slot(place) != created) {
        place = place->parent.get();
    }
    DataTree part(context_, creation.node.get());
    Applier applier(part, nullptr);
    applier.know(place, part.root);
    creation.derived = creation.derived && change.derived;
    return applier.apply(change);
}

void Net::collect(Slot *slot, std::vector<size_t> &indices) {
    for (Slot *below : slot->below) {
        for (size_t *index : {&below->gone, &below->change}) {
            if (*index != none) {
                indices.push_back(*index);
                *index = none;
            }
        }
        collect(below, indices);
    }
    indices.insert(indices.end(), slot->ordered.begin(), slot->ordered.end());
    slot->ordered.clear();
}

// A node is removed whose inside was changed before: the copy becomes what it was at first.
void Net::restore_below(Slot *slot, Change &removal) {
    std::vector<size_t> indices;
    collect(slot, indices);
    if (indices.empty()) {
        return;
    }
    std::sort(indices.begin(), indices.end());
    Journal part(context_);
    for (size_t index : indices) {
        part.changes().push_back(out_[index]);
        live_[index] = false;
    }
    removal.node = copy_of(removal.node.get());
    DataTree copy(context_, removal.node.get());
    const auto back = part.reversed();
    Applier applier(copy, nullptr);
    for (const auto &change : back->changes()) {
        for (const Place *place = change.parent.get(); place != nullptr; place = place->parent.get()) {
            if (this->slot(place) == slot) {
                applier.know(place, copy.root);
            }
        }
        applier.apply(change);
        removal.derived = removal.derived && change.derived;
    }
}

bool Net::add_ordered(Slot *parent, Change &change) {
    if (!ordered_by_user(change.node->schema)) {
        return false;
    }
    for (auto at = parent->ordered.rbegin(); at != parent->ordered.rend(); ++at) {
        const auto &last = out_[*at];
        if (last.node->schema != change.node->schema) {
            continue;
        }
        const bool inverse = (last.op == Op::create && change.op == Op::remove) ||
                             (last.op == Op::remove && change.op == Op::create) ||
                             (last.op == Op::move && change.op == Op::move);
        if (inverse && equal_nodes(last.node.get(), change.node.get()) && equal_anchors(last.after, change.old_after) &&
            equal_anchors(last.old_after, change.after)) {
            live_[*at] = false;
            parent->ordered.erase(std::next(at).base());
            return true;
        }
        break;
    }
    if (change.op == Op::remove && change.node->schema->nodetype == LYS_LIST) {
        restore_below(slot(parent, change.node->schema, change.node), change);
    }
    parent->ordered.push_back(put(std::move(change)));
    return true;
}

void Net::add(Change change) {
    Slot *parent = slot(change.parent.get());
    if (fold_into_created(parent, change)) {
        return;
    }
    if (add_ordered(parent, change)) {
        return;
    }
    Slot *node = slot(parent, change.node->schema, change.node);
    switch (change.op) {
    case Op::create:
        node->mutable_copy = false;
        if (node->gone != none && equal_nodes(out_[node->gone].node.get(), change.node.get())) {
            drop(node->gone);
        } else if (node->gone != none && (change.node->schema->nodetype & LYD_NODE_INNER) == 0) {
            change.op = Op::value;
            change.old = out_[node->gone].node;
            change.derived = change.derived && out_[node->gone].derived;
            drop(node->gone);
            node->change = put(std::move(change));
        } else {
            node->change = put(std::move(change));
        }
        break;
    case Op::remove:
        if (node->change != none && out_[node->change].op == Op::create) {
            drop(node->change);
        } else {
            if (node->change != none) {
                change.node = out_[node->change].old;
                change.derived = change.derived && out_[node->change].derived;
                drop(node->change);
            }
            restore_below(node, change);
            node->gone = put(std::move(change));
        }
        break;
    case Op::value:
        if (node->change == none) {
            node->change = put(std::move(change));
        } else {
            auto &before = out_[node->change];
            before.node = change.node;
            before.derived = before.derived && change.derived;
            if (before.op == Op::value && equal_nodes(before.old.get(), before.node.get())) {
                drop(node->change);
            }
        }
        break;
    case Op::move:
        break;
    }
}

std::vector<Change> Net::take() {
    std::vector<Change> changes;
    for (size_t i = 0; i < out_.size(); i++) {
        if (live_[i]) {
            changes.push_back(std::move(out_[i]));
        }
    }
    return changes;
}

}  // namespace

void Journal::net() {
    if (data_->changes.size() < 2) {
        return;
    }
    Net net(data_->context);
    for (auto &change : data_->changes) {
        net.add(std::move(change));
    }
    const size_t before = data_->changes.size();
    data_->changes = net.take();
    data_->bytes = data_->bytes * data_->changes.size() / before;
    data_->recount();
}

}  // namespace libyang_js
