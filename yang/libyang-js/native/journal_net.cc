#include "journal_net.h"

#include <algorithm>

#include "journal_apply.h"
#include "journal_diff.h"
#include "journal_net_list.h"

namespace libyang_js {

using Change = Journal::Change;

Net::Slot *Net::slot(Slot *parent, const PlaceRef &place, const lysc_node *schema, const NodeCopy &node) {
    const Instance *instance = instances_.of(parent->instance, schema, node);
    if (instance->index < slots_.size()) {
        return &slots_[instance->index];
    }
    Slot &made = slots_.emplace_back();
    made.instance = instance;
    made.parent = parent;
    made.place = place;
    made.named = node;
    parent->below.push_back(&made);
    return &made;
}

Net::Slot *Net::slot(const PlaceRef &place) {
    if (place == nullptr) {
        return &top_;
    }
    if (const auto known = places_.find(place); known != places_.end()) {
        return known->second;
    }
    Slot *found = slot(slot(place->parent), place->parent, place->schema, place->entry);
    places_.emplace(place, found);
    return found;
}

void Net::add(const Change &change) {
    number_++;
    Slot *parent = slot(change.parent);
    for (Slot *above = parent; above != nullptr; above = above->parent) {
        if (above->whole && above->after != nullptr) {
            fold(*above, change);
            return;
        }
    }
    Slot *node = slot(parent, change.parent, change.node->schema, change.node);
    if (ordered_by_user(change.node->schema)) {
        order(parent, node, change);
    }
    if (change.op != Op::move) {
        note(*node, change);
    }
}

// A change below a node that these changes created: the copy of that node takes it in.
void Net::fold(Slot &created, const Change &change) {
    if (!created.own_copy) {
        created.after = copy_of(created.after.get());
        created.own_copy = true;
    }
    PlaceRef place = change.parent;
    while (slot(place) != &created) {
        place = place->parent;
    }
    DataTree copy(context_, created.after.get());
    Applier applier(copy, nullptr);
    applier.know(place.get(), copy.root);
    applier.apply(change);
    created.derived = created.derived && change.derived;
    created.last = number_;
}

void Net::order(Slot *parent, Slot *entry, const Change &change) {
    auto anchor = [&](const NodeCopy &node) {
        return node == nullptr ? nullptr : slot(parent, change.parent, node->schema, node);
    };
    auto list = std::find_if(parent->lists.begin(), parent->lists.end(),
                             [&](const auto &known) { return known.first == change.node->schema; });
    if (list == parent->lists.end()) {
        parent->lists.emplace_back(change.node->schema, std::vector<Step>());
        list = parent->lists.end() - 1;
    }
    list->second.push_back({change.op, change.derived, entry, anchor(change.after), anchor(change.old_after)});
    entry->last = number_;
}

void Net::note(Slot &slot, const Change &change) {
    slot.derived = slot.derived && change.derived;
    slot.last = number_;
    slot.own_copy = false;
    switch (change.op) {
    case Op::create:
        slot.after = change.node;
        break;
    case Op::remove:
        if (!slot.whole) {
            slot.before = restored(slot, change.node);
        }
        slot.removed = slot.removed == 0 ? number_ : slot.removed;
        slot.after = nullptr;
        break;
    case Op::value:
        slot.before = slot.whole ? slot.before : change.old;
        slot.after = change.node;
        break;
    case Op::move:
        break;
    }
    slot.whole = slot.before != nullptr || slot.after != nullptr;
    if (!slot.whole) {
        slot.derived = true;
        slot.removed = 0;
    }
}

// A node is removed whose inside was changed before: the copy becomes what it was at first.
NodeCopy Net::restored(Slot &slot, const NodeCopy &gone) {
    std::vector<Placed> out;
    emit_below(slot, out);
    for (const auto &placed : out) {
        slot.derived = slot.derived && placed.change.derived;
    }
    for (Slot *below : slot.below) {
        forget(*below);
    }
    slot.lists.clear();
    if (out.empty()) {
        return gone;
    }
    Journal part(context_);
    part.changes() = in_order(std::move(out));
    const auto back = part.reversed();
    NodeCopy first = copy_of(gone.get());
    DataTree copy(context_, first.get());
    Applier applier(copy, nullptr);
    for (const auto &change : back->changes()) {
        for (PlaceRef place = change.parent; place != nullptr; place = place->parent) {
            if (this->slot(place) == &slot) {
                applier.know(place.get(), copy.root);
                break;
            }
        }
        applier.apply(change);
    }
    return first;
}

void Net::forget(Slot &slot) {
    slot.whole = false;
    slot.before = slot.after = nullptr;
    slot.derived = true;
    slot.removed = 0;
    slot.lists.clear();
    for (Slot *below : slot.below) {
        forget(*below);
    }
}

void Net::emit(const Slot &slot, std::vector<Placed> &out) {
    if (!slot.whole) {
        emit_below(slot, out);
        return;
    }
    if (slot.before != nullptr && slot.after != nullptr) {
        if (!NetList::comes_anew(slot)) {
            std::vector<Change> changes;
            difference(slot.place, slot.before, slot.after, slot.derived, changes);
            for (auto &change : changes) {
                out.push_back({slot.last, std::move(change)});
            }
        }
    } else if (ordered_by_user(slot.instance->schema)) {
        return;  // told with its list
    } else if (slot.after != nullptr) {
        out.push_back({slot.last, {Op::create, slot.derived, slot.place, slot.after, {}, {}, {}, count_nodes(slot.after.get())}});
    } else {
        out.push_back({slot.removed, {Op::remove, slot.derived, slot.place, slot.before, {}, {}, {}, count_nodes(slot.before.get())}});
    }
}

void Net::emit_below(const Slot &slot, std::vector<Placed> &out) {
    for (const auto &[schema, steps] : slot.lists) {
        NetList(steps).emit(out);
    }
    for (const Slot *below : slot.below) {
        emit(*below, out);
    }
}

// What goes has the place of its first removal and what comes that of its last change, so that in a choice the old case
// has gone before another comes.
std::vector<Change> Net::in_order(std::vector<Placed> out) {
    std::stable_sort(out.begin(), out.end(), [](const auto &a, const auto &b) { return a.number < b.number; });
    std::vector<Change> changes;
    changes.reserve(out.size());
    for (auto &placed : out) {
        changes.push_back(std::move(placed.change));
    }
    return changes;
}

std::vector<Change> Net::changes() const {
    std::vector<Placed> out;
    emit_below(top_, out);
    return in_order(std::move(out));
}

void Journal::net() {
    if (data_->changes.size() < 2) {
        return;
    }
    Net net(data_->context);
    for (const auto &change : data_->changes) {
        net.add(change);
    }
    data_->changes = net.changes();
    data_->recount();
}

}  // namespace libyang_js
