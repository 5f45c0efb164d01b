#include "access_journal.h"

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

class Judge {
  public:
    Judge(const Access &access, size_t limit, bool own) : places_(access), limit_(limit), own_(own) {}

    void change(const Journal::Change &change) {
        const auto above = places_.of(change.parent.get());
        const auto seen = places_.below(above, change.node.get());
        change_ = &change;
        switch (change.op) {
        case Op::create:
            return subtree(access_create, seen, change.node.get(), {});
        case Op::remove:
            return subtree(access_delete, seen, change.node.get(), {});
        case Op::move:
            return node(access_update, seen, change.node.get(), {});
        case Op::value: {
            const bool was = (change.old->flags & LYD_DEFAULT) == 0, is = (change.node->flags & LYD_DEFAULT) == 0;
            if (was || is) node(was ? is ? access_update : access_delete : access_create, seen, change.node.get(), {});
        }
        }
    }

    Errors end() {
        if (more_ > 0) {
            Error error;
            error.tag = "access-denied";
            error.message = "access is denied to " + std::to_string(more_) + (more_ == 1 ? " more node" : " more nodes");
            errors_.push_back(std::move(error));
        }
        return std::move(errors_);
    }

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
        if (errors_.size() >= limit_) {
            more_++;
            return;
        }
        Error error;
        error.tag = "access-denied";
        const bool told = seen.readable || (own_ && operation != access_delete);
        error.message = std::string("access is denied: it needs the right to ") + verb(operation) + (told ? " this node" : " a node in it");
        error.path = told ? path(above) + step(above, node) : nearest(above);
        if (error.path.empty()) error.message = std::string("access is denied: it needs the right to ") + verb(operation) + " a node";
        if (!told && !errors_.empty() && errors_.back().path == error.path) {
            // Not how many there are of what may not be seen.
            return;
        }
        errors_.push_back(std::move(error));
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
    std::string nearest(const Above &above) {
        auto readable = above;
        while (!readable.empty() && !readable.back().second) readable.pop_back();
        if (!readable.empty()) return path(readable);
        const Place *place = change_->parent.get();
        while (place != nullptr && !places_.of(place).readable) place = place->parent.get();
        return path_of(place);
    }

    Places places_;
    size_t limit_;
    bool own_;
    const Journal::Change *change_ = nullptr;
    Errors errors_;
    size_t more_ = 0;
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

Errors denied(const Access &access, const Journal &journal, size_t limit, bool own) {
    Judge judge(access, limit, own);
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
