#include "node_copy.h"

#include <libyang/plugins_types.h>

#include <cstdlib>
#include <new>

namespace libyang_js {

namespace {

template <class Node>
Node *like(const lyd_node *node) {
    auto *copy = static_cast<Node *>(calloc(1, sizeof(Node)));
    if (copy == nullptr) {
        throw std::bad_alloc();
    }
    copy->schema = node->schema;
    copy->hash = node->hash;
    copy->flags = node->flags;
    copy->prev = &copy->node;
    return copy;
}

lyd_node *by_libyang(const lyd_node *node, bool metadata) {
    lyd_node *copy = nullptr;
    const uint32_t how = LYD_DUP_RECURSIVE | LYD_DUP_WITH_FLAGS | (metadata ? 0 : LYD_DUP_NO_META);
    if (lyd_dup_single(node, nullptr, how, &copy) != LY_SUCCESS) {
        throw std::bad_alloc();
    }
    return copy;
}

void link_last(lyd_node_inner *parent, lyd_node *node) {
    node->parent = parent;
    if (parent->child == nullptr) {
        parent->child = node;
        return;
    }
    node->prev = parent->child->prev;
    node->prev->next = node;
    parent->child->prev = node;
}

// Entries without keys have one hash all: an index of them would be a list that is searched from its start.
bool indexable(const lyd_node *child) {
    return child->schema != nullptr && !lysc_is_key(child->schema) &&
           !(child->schema->nodetype == LYS_LIST && (child->schema->flags & LYS_KEYLESS) != 0);
}

void copy_children(const lyd_node_inner *from, lyd_node_inner *to, bool metadata) {
    for (const lyd_node *child = from->child; child != nullptr; child = child->next) {
        lyd_node *copy = copy_node(child, metadata);
        // libyang makes the index of all siblings when it inserts one itself.
        if (child->next == nullptr && from->children_ht != nullptr && indexable(child)) {
            if (lyd_insert_child(&to->node, copy) != LY_SUCCESS) {
                lyd_free_tree(copy);
                throw std::bad_alloc();
            }
        } else {
            link_last(to, copy);
        }
    }
}

}  // namespace

lyd_node *copy_node(const lyd_node *node, bool metadata) {
    if (node->schema == nullptr || (node->flags & LYD_EXT) != 0 ||
        (node->schema->nodetype & (LYD_NODE_TERM | LYS_CONTAINER | LYS_LIST)) == 0) {
        return by_libyang(node, metadata);
    }
    lyd_node *copy;
    if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
        auto *term = like<lyd_node_term>(node);
        const auto &value = reinterpret_cast<const lyd_node_term *>(node)->value;
        if (value.realtype->plugin->duplicate(node->schema->module->ctx, &value, &term->value) != LY_SUCCESS) {
            free(term);
            throw std::bad_alloc();
        }
        copy = &term->node;
    } else {
        auto *inner = like<lyd_node_inner>(node);
        copy = &inner->node;
        try {
            copy_children(reinterpret_cast<const lyd_node_inner *>(node), inner, metadata);
        } catch (...) {
            lyd_free_tree(copy);
            throw;
        }
    }
    for (const lyd_meta *meta = metadata ? node->meta : nullptr; meta != nullptr; meta = meta->next) {
        if (lyd_dup_meta_single(meta, copy, nullptr) != LY_SUCCESS) {
            lyd_free_tree(copy);
            throw std::bad_alloc();
        }
    }
    return copy;
}

}  // namespace libyang_js
