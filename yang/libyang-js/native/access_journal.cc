#include "access_journal.h"

#include <algorithm>
#include <optional>

#include "edit_facts.h"
#include "node_copy.h"

namespace libyang_js {

namespace {

struct Seen {
    const Access::Grant *grant;
    bool readable;  // with all above
};

// The grants of places, each worked out once.
class Places {
  public:
    explicit Places(const Access &access) : access_(access) {}

    Seen of(const Place *place) {
        if (place == nullptr) return {access_.top(), true};
        const auto known = known_.find(place);
        if (known != known_.end()) return known->second;
        const Seen above = of(place->parent.get());
        const Seen seen = place->entry ? below(above, place->entry.get()) : below(above, place->schema);
        known_.emplace(place, seen);
        return seen;
    }
    Seen below(const Seen &above, const lyd_node *node) const {
        const auto *grant = access_.of(above.grant, node);
        return {grant, above.readable && grant->may(access_read)};
    }

  private:
    // Containers have no keys.
    static Seen below(const Seen &above, const lysc_node *schema) {
        const auto *grant = above.grant->children.find(schema)->second.plain;
        return {grant, above.readable && grant->may(access_read)};
    }

    const Access &access_;
    std::unordered_map<const Place *, Seen> known_;
};

const char *verb(AccessOperation operation) {
    return operation == access_create ? "create" : operation == access_delete ? "delete" : "update";
}

constexpr const char *denied_to_this = "access is denied to this node";
constexpr const char *denied_to_one_in_it = "access is denied to a node in it";

class Judge {
  public:
    Judge(const Access &access, size_t limit, Asked asked) : places_(access), denials_(limit), asked_(asked) {}

    void change(const Journal::Change &change) {
        const auto above = places_.of(change.parent.get());
        const auto seen = places_.below(above, change.node.get());
        change_ = &change;
        told_ = false;
        veiled_.reset();
        switch (change.op) {
        case Op::create:
            subtree(access_create, seen, change.node.get(), {});
            break;
        case Op::remove:
            subtree(access_delete, seen, change.node.get(), {});
            break;
        case Op::move:
            node(access_update, seen, change.node.get(), {});
            break;
        case Op::value: {
            const bool was = (change.old->flags & LYD_DEFAULT) == 0, is = (change.node->flags & LYD_DEFAULT) == 0;
            if (was || is) node(was ? is ? access_update : access_delete : access_create, seen, change.node.get(), {});
        }
        }
        // Beside an error that may be told it would say nothing but that there is something.
        if (veiled_ && !told_ && std::find(veils_.begin(), veils_.end(), veiled_->path) == veils_.end()) {
            veils_.push_back(veiled_->path);
            denials_.add(std::move(*veiled_));
        }
    }

    Errors end() { return denials_.end(); }

  private:
    using Above = std::vector<std::pair<const lyd_node *, bool>>;  // below the change's own parent, and if it may be read

    void subtree(AccessOperation operation, const Seen &seen, const lyd_node *top, const Above &above) {
        if ((top->flags & LYD_DEFAULT) != 0 || seen.grant->writable) return;
        if (!non_presence(top->schema)) node(operation, seen, top, above);
        const lyd_node *child = lyd_child(top);
        if (child == nullptr || (top->schema->nodetype & (LYS_CONTAINER | LYS_LIST)) == 0) return;
        auto inside = above;
        inside.emplace_back(top, seen.readable);
        for (; child != nullptr; child = child->next) subtree(operation, places_.below(seen, child), child, inside);
    }

    void node(AccessOperation operation, const Seen &seen, const lyd_node *node, const Above &above) {
        if (seen.grant->may(operation)) return;
        if (!seen.readable) {
            if (!veiled_) veiled_ = veiled(operation, node, above);
            return;
        }
        told_ = true;
        denials_.add(operation, path(above) + step(above, node));
    }

    // See types.ts, Access.denied.
    Error veiled(AccessOperation operation, const lyd_node *node, const Above &above) {
        Error error;
        error.tag = "access-denied";
        // The first node on the way that may not be read: a place, one of `above`, or the node itself.
        const Place *hidden = change_->parent.get(), *place = nullptr;
        for (; hidden != nullptr && !places_.of(hidden).readable; hidden = hidden->parent.get()) place = hidden;
        auto readable = above;
        while (!readable.empty() && !readable.back().second) {
            node = readable.back().first;
            readable.pop_back();
        }
        const bool name = asked_ == Asked::own && operation != access_delete;
        if (place != nullptr) {
            error.path = path_of(name ? place : place->parent.get());
        } else {
            error.path = path(readable) + (name ? step(readable, node) : "");
        }
        error.message = error.path.empty() ? "access is denied" : name ? denied_to_this : denied_to_one_in_it;
        return error;
    }

    std::string step(const Above &above, const lyd_node *node) const {
        const auto *place = change_->parent.get();
        const lysc_node *schema = above.empty() ? place != nullptr ? place->schema : nullptr : above.back().first->schema;
        return step_of(node->schema, schema, node);
    }
    std::string path(const Above &above) const {
        auto text = path_of(change_->parent.get());
        const lysc_node *schema = change_->parent ? change_->parent->schema : nullptr;
        for (const auto &[node, readable] : above) {
            text += step_of(node->schema, schema, node);
            schema = node->schema;
        }
        return text;
    }
    Places places_;
    Denials denials_;
    Asked asked_;
    const Journal::Change *change_ = nullptr;
    bool told_ = false;            // of this change
    std::optional<Error> veiled_;  // of this change, where the user may not read
    std::vector<std::string> veils_;
};

// Takes out of a copy what may not be read below a node.
void prune_below(const Access &access, const Access::Grant *grant, lyd_node *node) {
    if (grant->all) return;
    for (lyd_node *child = lyd_child(node), *next = nullptr; child != nullptr; child = next) {
        next = child->next;
        const auto *below = access.read(grant, child);
        if (below == nullptr) {
            lyd_free_tree(child);
        } else if ((child->schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0) {
            prune_below(access, below, child);
        }
    }
}

void prune_siblings(const Access &access, const Access::Grant *grant, DataTree &tree, lyd_node *first) {
    for (lyd_node *node = first, *next = nullptr; node != nullptr; node = next) {
        next = node->next;
        const auto *below = access.read(grant, node);
        if (below == nullptr) {
            tree.drop(node);
        } else if (!below->all && (node->schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0) {
            prune_siblings(access, below, tree, lyd_child(node));
        }
    }
}

}  // namespace

void Denials::add(AccessOperation operation, std::string path) {
    Error error;
    error.tag = "access-denied";
    error.message = std::string("access is denied: it needs the right to ") + verb(operation) + " this node";
    error.path = std::move(path);
    add(std::move(error));
}

void Denials::add(Error error) {
    if (errors_.size() < limit_) {
        errors_.push_back(std::move(error));
    } else {
        more_++;
    }
}

Errors Denials::end() {
    if (more_ > 0) {
        Error error;
        error.tag = "access-denied";
        error.message = "access is denied to " + std::to_string(more_) + (more_ == 1 ? " more node" : " more nodes");
        errors_.push_back(std::move(error));
    }
    return std::move(errors_);
}

Errors denied(const Access &access, const Journal &journal, size_t limit, Asked asked) {
    Judge judge(access, limit, asked);
    for (const auto &change : journal.changes()) {
        if (!change.derived) judge.change(change);
    }
    return judge.end();
}

std::unique_ptr<Journal> visible(const Access &access, const Journal &journal) {
    Places places(access);
    auto out = std::make_unique<Journal>(access.context());
    for (auto change : journal.changes()) {
        const auto above = places.of(change.parent.get());
        const auto seen = places.below(above, change.node.get());
        if (!seen.readable) continue;
        for (auto *before : {&change.after, &change.old_after}) {
            if (*before && !places.below(above, before->get()).readable) before->reset();
        }
        if ((change.op == Op::create || change.op == Op::remove) && !seen.grant->all) {
            lyd_node *copy = copy_node(change.node.get(), false);
            prune_below(access, seen.grant, copy);
            change.node = own(copy);
            change.nodes = count_nodes(copy);
        }
        out->data().changes.push_back(std::move(change));
    }
    out->data().partial = journal.data().partial;
    out->data().recount();
    return out;
}

void prune(const Access &access, DataTree &tree) { prune_siblings(access, access.top(), tree, tree.root); }

}  // namespace libyang_js
