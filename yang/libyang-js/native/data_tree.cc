#include "data_tree.h"

#include <algorithm>
#include <new>

#include "index.h"
#include "overlay.h"
#include "siblings.h"

namespace libyang_js {

DataTree::DataTree(const ly_ctx *of, lyd_node *nodes) : context(of), root(nodes) {}

DataTree::~DataTree() = default;

Indexes &DataTree::indexes() {
    if (indexes_ == nullptr) {
        indexes_ = std::make_unique<Indexes>(root);
    }
    return *indexes_;
}

void DataTree::drop_indexes() {
    indexes_.reset();
}

void DataTree::added(lyd_node *node) {
    if (indexes_ != nullptr) {
        indexes_->added(node);
    }
    std::scoped_lock lock(watching_);
    for (auto *overlay : overlays_) {
        overlay->added(node);
    }
}

lyd_node *DataTree::find(const lyd_node *parent, const lysc_node *schema) const {
    lyd_node *found = nullptr;
    find_sibling(children(parent), schema, nullptr, 0, &found);
    return found;
}

lyd_node *DataTree::find(const lyd_node *parent, const lyd_node *instance) const {
    if ((instance->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) == 0) {
        return find(parent, instance->schema);
    }
    lyd_node *found = nullptr;
    find_sibling(children(parent), instance, &found);
    return found;
}

void DataTree::link(lyd_node *parent, lyd_node *node, Position at) {
    if (!at.last && at.after != nullptr) {
        lyd_insert_after(at.after, node);
    } else if (lyd_node *instance = at.last ? nullptr : find(parent, node->schema); instance != nullptr) {
        lyd_insert_before(instance, node);
    } else if (parent != nullptr) {
        lyd_insert_child(parent, node);
    } else {
        lyd_insert_sibling(root, node, &root);
    }
    if (parent == nullptr) {
        while (root->prev->next != nullptr) {
            root = root->prev;
        }
    }
    added(node);
}

void DataTree::append(lyd_node *parent, lyd_node *entry) {
    auto *inner = reinterpret_cast<lyd_node_inner *>(parent);
    entry->parent = inner;
    entry->next = nullptr;
    if (inner->child == nullptr) {
        inner->child = entry;
        entry->prev = entry;
    } else {
        entry->prev = inner->child->prev;
        entry->prev->next = entry;
        inner->child->prev = entry;
    }
    for (lyd_node *above = parent; above != nullptr && (above->flags & LYD_DEFAULT) != 0; above = lyd_parent(above)) {
        above->flags &= ~static_cast<uint32_t>(LYD_DEFAULT);
    }
    added(entry);
}

// Null unless a reader keeps the node.
std::shared_ptr<lyd_node> DataTree::take_out(lyd_node *node) {
    if (indexes_ != nullptr) {
        indexes_->removed(node);
    }
    std::scoped_lock lock(watching_);
    std::vector<Overlay *> keepers;
    for (auto *overlay : overlays_) {
        if (overlay->leaving(node)) {
            keepers.push_back(overlay);
        }
    }
    if (node == root) {
        root = node->next;
    }
    lyd_unlink_tree(node);
    if (keepers.empty()) {
        return nullptr;
    }
    std::shared_ptr<lyd_node> kept(node, lyd_free_tree);
    for (auto *overlay : keepers) {
        overlay->keep(kept);
    }
    return kept;
}

lyd_node *DataTree::unlink(lyd_node *node) {
    const auto kept = take_out(node);
    if (kept == nullptr) {
        return node;
    }
    lyd_node *copy = nullptr;
    if (lyd_dup_single(node, nullptr, LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS, &copy) != LY_SUCCESS) {
        throw std::bad_alloc();
    }
    return copy;
}

void DataTree::drop(lyd_node *node) {
    if (take_out(node) == nullptr) {
        lyd_free_tree(node);
    }
}

void DataTree::watch(Overlay *overlay) {
    std::scoped_lock lock(watching_);
    overlays_.push_back(overlay);
}

void DataTree::unwatch(Overlay *overlay) {
    std::scoped_lock lock(watching_);
    overlays_.erase(std::remove(overlays_.begin(), overlays_.end(), overlay), overlays_.end());
}

size_t prime(lyd_node *node) {
    size_t count = 1;
    node->flags &= LYD_DEFAULT;
    if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
        lyd_get_value(node);
    } else if ((node->schema->nodetype & LYD_NODE_INNER) != 0) {
        for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
            count += prime(child);
        }
    }
    return count;
}

}  // namespace libyang_js
