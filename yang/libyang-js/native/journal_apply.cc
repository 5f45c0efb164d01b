// Doing the changes of a journal to another tree: each place is looked up once, each change costs a few point
// operations. A journal read from text is partial; for it, what follows by itself is derived here.
#include "journal_apply.h"

#include <new>

#include "node_copy.h"
#include "validate.h"

namespace libyang_js {

bool Applier::resolve(const Place *place, lyd_node *&node) {
    node = nullptr;
    if (place == nullptr) {
        return true;
    }
    if (const auto known = resolved_.find(place); known != resolved_.end()) {
        node = known->second;
        return true;
    }
    lyd_node *parent = nullptr;
    if (!resolve(place->parent.get(), parent)) {
        return false;
    }
    node = place->entry != nullptr ? tree_.find(parent, place->entry.get()) : tree_.find(parent, place->schema);
    if (node == nullptr && editor_ != nullptr && non_presence(place->schema)) {
        lyd_node *container = nullptr;
        lyd_new_inner(parent, place->schema->module, place->schema->name, 0, &container);
        node = container;
        if (node != nullptr) {
            parent == nullptr ? tree_.link(nullptr, container) : tree_.added(container);
            editor_->complete(node, true, false);
        }
    }
    if (node == nullptr) {
        return false;
    }
    resolved_[place] = node;
    in_use_.insert(node);
    return true;
}

void Applier::drop(lyd_node *node, bool derived) {
    if (in_use_.contains(node)) {
        resolved_.clear();
        in_use_.clear();
    }
    if (editor_ != nullptr) {
        editor_->remove(node, derived);
        return;
    }
    tree_.drop(node);
}

bool Applier::put(lyd_node *parent, const Journal::Change &change) {
    Position at;
    if (ordered_by_user(change.node->schema)) {
        at.last = false;
        if (change.after != nullptr && (at.after = tree_.find(parent, change.after.get())) == nullptr) {
            return false;
        }
    }
    lyd_node *copy = nullptr;
    try {
        copy = copy_node(change.node.get(), false);
    } catch (const std::bad_alloc &) {
        return false;
    }
    if (editor_ != nullptr) {
        editor_->create(parent, copy, change.derived, at);
    } else {
        tree_.link(parent, copy, at);
    }
    return true;
}

const lyd_node *Applier::locate(const Journal::Change &change) {
    lyd_node *parent = nullptr;
    return resolve(change.parent.get(), parent) ? tree_.find(parent, change.node.get()) : nullptr;
}

bool Applier::apply(const Journal::Change &change) {
    lyd_node *parent = nullptr;
    if (!resolve(change.parent.get(), parent)) {
        return false;
    }
    lyd_node *there = tree_.find(parent, change.node.get());
    const bool implied = editor_ != nullptr && there != nullptr && (there->flags & LYD_DEFAULT) != 0;
    switch (change.op) {
    case Op::create:
        if (implied) {
            drop(there, true);
        } else if (there != nullptr) {
            return false;
        }
        return put(parent, change);
    case Op::remove:
        if (there == nullptr) {
            return editor_ != nullptr && non_presence(change.node->schema);
        }
        drop(there, change.derived);
        return true;
    case Op::value:
        if (there == nullptr && editor_ == nullptr) {
            return false;
        }
        if (there != nullptr) {
            drop(there, change.derived);
        }
        // What became default comes back by itself.
        return (editor_ != nullptr && (change.node->flags & LYD_DEFAULT) != 0) || put(parent, change);
    case Op::move: {
        Position at{false, nullptr};
        if (there == nullptr || (change.after != nullptr && (at.after = tree_.find(parent, change.after.get())) == nullptr)) {
            return false;
        }
        if (in_use_.contains(there)) {
            resolved_.clear();
            in_use_.clear();
        }
        if (editor_ != nullptr) {
            editor_->move(there, at, change.derived);
        } else {
            tree_.link(parent, tree_.unlink(there), at);
        }
        return true;
    }
    }
    return false;
}

namespace {

void undo(DataTree &tree, const Journal &journal, size_t done) {
    Journal part(journal.data().context);
    part.changes().assign(journal.changes().begin(), journal.changes().begin() + static_cast<std::ptrdiff_t>(done));
    const auto back = part.reversed();
    Applier applier(tree, nullptr);
    for (const auto &change : back->changes()) {
        applier.apply(change);
    }
}

Error mismatch(const Journal::Change &change) {
    Error error;
    error.path = path_of(change.parent.get(), change.node.get());
    error.message = "the journal does not fit this tree: ";
    error.message += change.op == Op::create ? "the node is there already, or its parent is not" : "the node is not there";
    return error;
}

}  // namespace

bool apply(DataTree &tree, const Journal &journal, Errors &errors, Journal *made) {
    const auto &data = journal.data();
    Journal derived(data.context);
    TreeEditor editor(tree, derived);
    Applier applier(tree, data.partial ? &editor : nullptr);
    size_t done = 0;
    for (const auto &change : data.changes) {
        if (!applier.apply(change)) {
            errors.push_back(mismatch(change));
            break;
        }
        done++;
    }
    bool fine = done == data.changes.size();
    if (data.partial && fine) {
        editor.settle();
        fine = derive(editor, errors);
    }
    if (!fine) {
        data.partial ? undo(tree, derived, derived.size()) : undo(tree, journal, done);
    } else if (made != nullptr) {
        if (!data.partial) {
            derived.data() = data;
        }
        made->append(derived);
    }
    return fine;
}

void undo(DataTree &tree, const Journal &journal) {
    undo(tree, journal, journal.size());
}

}  // namespace libyang_js
