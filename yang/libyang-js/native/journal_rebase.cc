#include "journal_rebase.h"
#include "journal.h"

#include "journal_apply.h"
#include "journal_diff.h"
#include "journal_net.h"

namespace libyang_js {

using Change = Journal::Change;

namespace {

// Calls for each choice around a node below the same parent, with the case that the node is of.
template <class Visit>
void each_choice(const lysc_node *schema, Visit visit) {
    for (const lysc_node *in = schema->parent; in != nullptr && in->nodetype == LYS_CASE; in = in->parent->parent) {
        visit(in->parent, in);
        if (in->parent->parent == nullptr) {
            return;
        }
    }
}

const lysc_node *case_of(const lysc_node *schema, const lysc_node *choice) {
    const lysc_node *found = nullptr;
    each_choice(schema, [&](const lysc_node *of, const lysc_node *in) { found = of == choice ? in : found; });
    return found;
}

}  // namespace

Rebase::Rebase(const ly_ctx *context, const std::vector<Change> &made, const std::vector<Change> &over) : context_(context) {
    find_first(made, made_first_);
    find_first(over, over_first_);
    for (const auto &change : over) {
        const Instance *parent = instances_.of(change.parent);
        const Instance *instance = instances_.of(parent, change.node->schema, change.node);
        auto &touch = touched_[instance];
        (change.op == Op::move ? touch.move : touch.change) = &change;
        for (const Instance *above = parent; above != nullptr; above = above->parent) {
            touched_[above].below.push_back(&change);
        }
        if (change.op == Op::create) {
            each_choice(change.node->schema,
                        [&](const lysc_node *choice, const lysc_node *) { cases_[{parent, choice}].push_back(&change); });
        }
        if (ordered_by_user(change.node->schema)) {
            auto &order = orders_[{parent, change.node->schema}];
            if (change.op == Op::move || change.op == Op::remove) {
                if (!order.knows(instance)) {
                    order.know(instance, name(parent, change.old_after));
                }
                order.remove(instance);
            }
            if (change.op == Op::move || change.op == Op::create) {
                order.insert(instance, name(parent, change.after));
            }
        }
    }
    for (const auto &change : made) {
        add(change);
    }
}

const Instance *Rebase::name(const Instance *parent, const NodeCopy &node) {
    return node == nullptr ? nullptr : instances_.of(parent, node->schema, node);
}

// The neighbours that the entries touched by a journal had before it.
void Rebase::find_first(const std::vector<Change> &changes, std::map<At, ListOrder> &orders) {
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) {
        if (!ordered_by_user(change->node->schema)) {
            continue;
        }
        const Instance *parent = instances_.of(change->parent);
        const Instance *instance = name(parent, change->node);
        auto &order = orders[{parent, change->node->schema}];
        if (change->op != Op::remove) {
            if (!order.knows(instance)) {
                order.know(instance, name(parent, change->after));
            }
            order.remove(instance);
        }
        if (change->op != Op::create) {
            order.insert(instance, name(parent, change->old_after));
        }
    }
}

const Rebase::Touch *Rebase::touch(const Instance *instance) const {
    const auto found = touched_.find(instance);
    return found == touched_.end() ? nullptr : &found->second;
}

void Rebase::conflict(const Change &change, const Change &other, const char *what) {
    Error error;
    error.type = "application";
    error.path = path_of(change.parent.get(), change.node.get());
    const auto where = path_of(other.parent.get(), other.node.get());
    error.message = std::string("conflicts with a change made in the meantime: ") + (where == error.path ? "the node" : where) + " " + what;
    conflicts.push_back(std::move(error));
}

void Rebase::put(Change change) {
    changes.push_back(std::move(change));
}

// The entry that `anchor` stands for now: itself, or when `over` took it away the one before it. With `at_the_time` the one
// that is now where it was, also when it was moved or its own change was left out.
NodeCopy Rebase::surviving(const Instance *parent, const NodeCopy &anchor, bool at_the_time) {
    const Instance *entry = name(parent, anchor);
    if (const auto left = left_.find(entry); at_the_time && left != left_.end()) {
        entry = left->second;
    }
    auto gone_from = [&](std::map<At, ListOrder> &orders, bool gone) {
        auto &first = orders[{parent, entry->schema}];
        if (!gone || !first.knows(entry)) {
            return false;
        }
        entry = static_cast<const Instance *>(first.before(entry));
        return true;
    };
    bool in_first = false;  // the entry is one of the state that both journals began with
    while (entry != nullptr) {
        const Touch *other = touch(entry);
        const bool removed = other != nullptr && other->change != nullptr && other->change->op == Op::remove;
        const bool moved = other != nullptr && other->move != nullptr && (at_the_time || in_first);
        if (!gone_from(over_first_, removed || moved) && !gone_from(made_first_, in_first && gone_.contains(entry))) {
            break;
        }
        in_first = true;
    }
    return entry == nullptr ? nullptr : entry->node;
}

ListOrder &Rebase::order_of(const Instance *instance) {
    return orders_[{instance->parent, instance->schema}];
}

// Finds out what an entry stands behind, when the change says what that was in this journal's own state.
void Rebase::find_place(const Instance *instance, const Change &change) {
    auto &order = order_of(instance);
    if (order.knows(instance)) {
        return;
    }
    const Instance *before = name(instance->parent, surviving(instance->parent, change.old_after, true));
    while (const auto *behind = static_cast<const Instance *>(order.behind(before))) {
        before = behind;
    }
    order.know(instance, before);
}

// The neighbours of an entry as they are when the change is made, and what it makes of the order.
void Rebase::reorder(const Instance *instance, Change &change) {
    if (!ordered_by_user(change.node->schema)) {
        return;
    }
    auto &order = order_of(instance);
    if (change.op == Op::remove || change.op == Op::move) {
        find_place(instance, change);
        const auto *before = static_cast<const Instance *>(order.before(instance));
        change.old_after = before == nullptr ? nullptr : before->node;
        gone_.insert(instance);
        order.remove(instance);
    }
    if (change.op == Op::create || change.op == Op::move) {
        const Instance *meant = name(instance->parent, surviving(instance->parent, change.after, true));
        change.after = surviving(instance->parent, change.after, false);
        const Instance *before = name(instance->parent, change.after);
        left_.erase(instance);
        if (meant != before) {
            left_[instance] = meant;
        }
        order.insert(instance, before);
    }
}

// A change that is left out: what later ones of this journal say of neighbours counts it in.
void Rebase::leave(const Instance *instance, const Change &change) {
    if (!ordered_by_user(change.node->schema)) {
        return;
    }
    const Touch *other = touch(instance);
    const bool gone = other != nullptr && other->change != nullptr && other->change->op == Op::remove;
    if (change.op != Op::create && !gone) {
        find_place(instance, change);
    }
    if (change.op != Op::remove) {
        left_[instance] = name(instance->parent, surviving(instance->parent, change.after, true));
    }
}

// Takes away what `over` has by default in other cases of the choices around a node. False when the node must give way.
bool Rebase::choose(const Instance *parent, const Change &change) {
    std::vector<const Change *> others;
    each_choice(change.node->schema, [&](const lysc_node *choice, const lysc_node *in) {
        const auto found = cases_.find({parent, choice});
        if (found == cases_.end()) {
            return;
        }
        for (const Change *other : found->second) {
            if (case_of(other->node->schema, choice) != in) {
                others.push_back(other);
            }
        }
    });
    for (const Change *other : others) {
        if (change.derived || by_default(change.node.get())) {
            return false;
        }
        if (!other->derived) {
            conflict(change, *other, "is of another case of the choice");
            return false;
        }
    }
    for (const Change *other : others) {
        put({Op::remove, true, other->parent, other->node, {}, {}, other->after, other->nodes});
        for (auto &[at, creations] : cases_) {
            std::erase(creations, other);
        }
    }
    return true;
}

bool Rebase::create(const Instance *instance, const Change &change, const Change *other) {
    if (other != nullptr && other->op != Op::remove) {
        if (!change.derived) {
            merge(change.parent, other->node, change.node, change.derived, *other);
        }
        return false;
    }
    if (!choose(instance->parent, change)) {
        return false;
    }
    Change made = change;
    reorder(instance, made);
    put(std::move(made));
    return true;
}

// Both made the node: what this journal has more is added.
void Rebase::merge(const PlaceRef &place, const NodeCopy &there, const NodeCopy &wanted, bool derived, const Change &other) {
    std::vector<Change> more;
    difference(place, there, wanted, derived, more);
    for (const auto &part : more) {
        if (part.op == Op::value && !by_default(part.node.get())) {
            by_default(part.old.get()) ? put(part) : conflict(part, part, "has another value");
        } else if (part.op == Op::create && !by_default(part.node.get())) {
            bool apart = false;
            each_choice(part.node->schema, [&](const lysc_node *choice, const lysc_node *in) {
                for (const auto &gone : more) {
                    const lysc_node *chosen = gone.op == Op::remove && gone.parent == part.parent && !by_default(gone.node.get())
                                                  ? case_of(gone.node->schema, choice)
                                                  : nullptr;
                    apart = apart || (chosen != nullptr && chosen != in);
                }
            });
            if (apart) {
                conflict(part, other, "has another case of the choice");
                continue;
            }
            Change made = part;
            reorder(instances_.of(instances_.of(part.parent), part.node->schema, part.node), made);
            put(std::move(made));
        }
    }
}

void Rebase::value(const Instance *instance, const Change &change, const Change *other) {
    if (other == nullptr) {
        put(change);
        return;
    }
    const bool removed = other->op == Op::remove;
    if (change.derived || (!removed && equal_nodes(other->node.get(), change.node.get()))) {
        return;
    }
    if (!other->derived) {
        conflict(change, *other, removed ? "was removed" : "has another value");
    } else if (removed) {
        create(instance, {Op::create, false, change.parent, change.node}, nullptr);
    } else {
        put({Op::value, false, change.parent, change.node, other->node, {}, {}, 2});
    }
}

bool Rebase::remove(const Instance *instance, const Change &change, const Touch *other) {
    Change gone = change;
    if (other != nullptr && other->change != nullptr) {
        if (other->change->op == Op::remove || change.derived) {
            return false;
        }
        if (!other->change->derived) {
            conflict(change, *other->change, "was changed");
            return false;
        }
        gone.node = other->change->node;
    } else if (other != nullptr && !other->below.empty()) {
        for (const Change *below : other->below) {
            if (!below->derived && !change.derived) {
                conflict(change, *below, "was changed, and is to be removed with its parent");
                return false;
            }
        }
        if (change.derived) {
            return false;
        }
        gone.node = copy_of(change.node.get());
        DataTree copy(context_, gone.node.get());
        Applier applier(copy, nullptr);
        for (const Change *below : other->below) {
            PlaceRef place = below->parent;
            while (instances_.of(place) != instance) {
                place = place->parent;
            }
            applier.know(place.get(), copy.root);
            applier.apply(*below);
        }
        gone.nodes = count_nodes(gone.node.get());
    }
    reorder(instance, gone);
    put(std::move(gone));
    return true;
}

bool Rebase::move(const Instance *instance, const Change &change, const Touch *other) {
    if (other != nullptr && (other->move != nullptr || (other->change != nullptr && other->change->op == Op::remove))) {
        const Change &theirs = other->move != nullptr ? *other->move : *other->change;
        const bool same = other->move != nullptr && (theirs.after == nullptr) == (change.after == nullptr) &&
                          (theirs.after == nullptr || lyd_compare_single(theirs.after.get(), change.after.get(), 0) == LY_SUCCESS);
        if (change.derived || same) {
            return false;
        }
        if (!theirs.derived || other->move == nullptr) {
            conflict(change, theirs, other->move != nullptr ? "was moved elsewhere" : "was removed");
            return false;
        }
    }
    Change moved = change;
    moved.after = surviving(instance->parent, change.after, false);
    if (name(instance->parent, moved.after) == instance) {
        return false;
    }
    reorder(instance, moved);
    put(std::move(moved));
    return true;
}

void Rebase::add(const Change &change) {
    const Instance *instance = instances_.of(instances_.of(change.parent), change.node->schema, change.node);
    for (const Instance *above = instance->parent; above != nullptr; above = above->parent) {
        const Touch *gone = touch(above);
        if (gone != nullptr && gone->change != nullptr && gone->change->op == Op::remove) {
            if (!change.derived && change.op != Op::remove) {
                conflict(change, *gone->change, "was removed");
            }
            return;
        }
    }
    const Touch *other = touch(instance);
    bool made = true;
    switch (change.op) {
    case Op::create:
        made = create(instance, change, other == nullptr ? nullptr : other->change);
        break;
    case Op::remove:
        made = remove(instance, change, other);
        break;
    case Op::value:
        value(instance, change, other == nullptr ? nullptr : other->change);
        break;
    case Op::move:
        made = move(instance, change, other);
        break;
    }
    if (!made) {
        leave(instance, change);
    }
}

std::unique_ptr<Journal> Journal::rebased(const Journal &over, Errors &conflicts) const {
    auto netted = [&](const Journal &journal) {
        Net net(data_->context);
        for (const auto &change : journal.changes()) {
            net.add(change);
        }
        return net.changes();
    };
    const auto theirs = netted(over);
    const auto made = netted(*this);
    Rebase rebase(data_->context, made, theirs);
    auto journal = std::make_unique<Journal>(data_->context);
    journal->data_->changes = std::move(rebase.changes);
    journal->data_->partial = data_->partial;
    journal->data_->recount();
    conflicts = std::move(rebase.conflicts);
    return journal;
}

}  // namespace libyang_js
