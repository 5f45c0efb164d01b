#include "edit_tree.h"

namespace libyang_js {

namespace {

void add_flags(lyd_node *first, const lyd_node *end) {
    for (lyd_node *node = first; node != end; node = lyd_parent(node)) {
        node->flags |= LYD_DEFAULT;
    }
}

// The first ancestor-or-self that is not flagged default: insertion of a node takes the flag from those below it.
const lyd_node *default_end(const lyd_node *node) {
    while (node != nullptr && (node->flags & LYD_DEFAULT) != 0) {
        node = lyd_parent(node);
    }
    return node;
}

lyd_node *new_term(lyd_node *parent, const lysc_node *schema, const lyd_value *value) {
    lyd_node *node = nullptr;
    const char *text = lyd_value_get_canonical(schema->module->ctx, value);
    if (text == nullptr || lyd_new_term(parent, schema->module, schema->name, text, 0, &node) != LY_SUCCESS) {
        return nullptr;
    }
    node->flags = LYD_DEFAULT;
    return node;
}

}  // namespace

TreeEditor::TreeEditor(DataTree &tree, Journal &journal) : tree_(tree), journal_(journal) {}

PlaceRef TreeEditor::place(const lyd_node *inner) {
    if (inner == nullptr) {
        return nullptr;
    }
    auto &known = places_[inner];
    if (known == nullptr) {
        auto place = std::make_shared<Place>();
        place->schema = inner->schema;
        if (inner->schema->nodetype == LYS_LIST) {
            place->entry = instance_of(inner);
        }
        places_[inner] = place;
        place->parent = this->place(lyd_parent(inner));
        return place;
    }
    return known;
}

void TreeEditor::touched(lyd_node *parent) {
    for (; parent != nullptr; parent = lyd_parent(parent)) {
        if (!touched_set_.insert(parent).second) {
            return;
        }
        touched_.push_back(parent);
        if (!non_presence(parent->schema)) {
            return;
        }
    }
}

void TreeEditor::forget(lyd_node *node) {
    if ((node->schema->nodetype & LYD_NODE_INNER) == 0 || (places_.empty() && touched_set_.empty())) {
        return;
    }
    places_.erase(node);
    touched_set_.erase(node);
    for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        forget(child);
    }
}

void TreeEditor::choose(lyd_node *parent, const lysc_node *schema) {
    for (const lysc_node *in = schema->parent; in != nullptr && in->nodetype == LYS_CASE; in = in->parent->parent) {
        for (const lysc_node *other = lysc_node_child(in->parent); other != nullptr; other = other->next) {
            const lysc_node *child = nullptr;
            while (other != in && (child = lys_getnext(child, other, nullptr, 0)) != nullptr) {
                clear(parent, child, false, true);
            }
        }
        if (in->parent->parent == nullptr) {
            break;
        }
    }
}

void TreeEditor::clear(lyd_node *parent, const lysc_node *schema, bool only_defaults, bool journaled) {
    lyd_node *node = find(parent, schema);
    while (node != nullptr && node->schema == schema) {
        // Of a leaf-list, all values are defaults or none (RFC 7950, section 7.7.2).
        if (only_defaults && (node->flags & LYD_DEFAULT) == 0) {
            return;
        }
        lyd_node *next = node->next;
        if (journaled) {
            remove(node, true);
        } else {
            tree_.drop(node);
        }
        node = next;
    }
}

void TreeEditor::create(lyd_node *parent, lyd_node *node, bool derived, Position at) {
    const lysc_node *schema = node->schema;
    if (schema->parent != nullptr && schema->parent->nodetype == LYS_CASE) {
        choose(parent, schema);
    }
    if ((schema->nodetype & (LYS_LEAF | LYS_LEAFLIST | LYS_CONTAINER)) != 0) {
        clear(parent, schema, true, true);
    }
    tree_.link(parent, node, at);
    if ((schema->nodetype & LYD_NODE_INNER) != 0) {
        complete(node, true, false);
    }
    journal_created(node, derived, prime(node));
    touched(parent);
}

void TreeEditor::append(lyd_node *parent, lyd_node *entry) {
    tree_.append(parent, entry);
    prime(entry);
}

void TreeEditor::journal_created(lyd_node *node, bool derived, size_t nodes) {
    NodeCopy after;
    if (ordered_by_user(node->schema)) {
        const auto *before = entry_before(node);
        after = before == nullptr ? nullptr : instance_of(before);
    }
    journal_.data().add({Op::create, derived, place(lyd_parent(node)), copy_of(node), {}, std::move(after), {}}, nodes);
}

void TreeEditor::remove(lyd_node *node, bool derived) {
    lyd_node *parent = lyd_parent(node);
    NodeCopy after;
    if (ordered_by_user(node->schema)) {
        const auto *before = entry_before(node);
        after = before == nullptr ? nullptr : instance_of(before);
    }
    auto at = place(parent);
    forget(node);
    node = tree_.unlink(node);
    const size_t count = prime(node);
    journal_.data().add({Op::remove, derived, std::move(at), own(node), {}, {}, std::move(after)}, count);
    touched(parent);
}

void TreeEditor::replace(lyd_node *old, lyd_node *node, bool derived) {
    lyd_node *parent = lyd_parent(old);
    const bool was_default = (old->flags & LYD_DEFAULT) != 0;
    if (was_default && node->schema->parent != nullptr && node->schema->parent->nodetype == LYS_CASE) {
        choose(parent, node->schema);
    }
    old = tree_.unlink(old);
    tree_.link(parent, node, {});
    const size_t count = prime(node) + prime(old);
    journal_.data().add({Op::value, derived, place(parent), copy_of(node), own(old), {}, {}}, count);
    touched(parent);
}

lyd_node *TreeEditor::move(lyd_node *node, Position at, bool derived) {
    lyd_node *before = entry_before(node);
    lyd_node *parent = lyd_parent(node);
    if (at.last) {
        lyd_node *end = node;
        while (end->next != nullptr && end->next->schema == node->schema) {
            end = end->next;
        }
        at.after = end == node ? before : end;
    }
    if (at.after == before || at.after == node) {
        return node;
    }
    NodeCopy old_after = before == nullptr ? nullptr : instance_of(before);
    if (lyd_node *moved = tree_.unlink(node); moved != node) {
        forget(node);
        touch_all(moved);
        node = moved;
    }
    tree_.link(parent, node, {false, at.after});
    NodeCopy after = at.after == nullptr ? nullptr : instance_of(at.after);
    journal_.data().add(
        {Op::move, derived, place(parent), instance_of(node), {}, std::move(after), std::move(old_after)}, 1);
    return node;
}

// For a copy, of which it is not known what was touched before.
void TreeEditor::touch_all(lyd_node *node) {
    if ((node->schema->nodetype & LYD_NODE_INNER) == 0) {
        return;
    }
    if (touched_set_.insert(node).second) {
        touched_.push_back(node);
    }
    for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        touch_all(child);
    }
}

void TreeEditor::settle() {
    auto touched = std::move(touched_);
    touched_.clear();
    for (lyd_node *parent : touched) {
        if (touched_set_.contains(parent)) {
            complete(parent, false, true);
        }
    }
    touched_.clear();
    touched_set_.clear();
}

void TreeEditor::complete(lyd_node *parent, bool below, bool journaled) {
    const auto facts = facts_.of(parent->schema);
    if (facts.implied) {
        complete_schema(parent, parent->schema, nullptr, journaled);
    }
    if (!below || !facts.implied_below) {
        return;
    }
    for (lyd_node *child = lyd_child(parent); child != nullptr; child = child->next) {
        if ((child->schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0) {
            complete(child, true, journaled);
        }
    }
}

void TreeEditor::complete_top() {
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(tree_.context, &index)) {
        if (module->implemented && module->compiled != nullptr) {
            complete_schema(nullptr, nullptr, module->compiled, true);
        }
    }
}

void TreeEditor::complete_schema(lyd_node *parent, const lysc_node *schema, const lysc_module *module, bool journaled) {
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, schema, module, LYS_GETNEXT_WITHCHOICE)) != nullptr) {
        if ((child->flags & LYS_CONFIG_W) == 0) {
            continue;
        }
        if (child->nodetype == LYS_CHOICE) {
            complete_choice(parent, child, journaled);
        } else if (!has_when(child)) {
            imply(parent, child, journaled);
        }
    }
}

const lysc_node *TreeEditor::explicit_case(lyd_node *parent, const lysc_node *choice) const {
    for (const lysc_node *in = lysc_node_child(choice); in != nullptr; in = in->next) {
        const lysc_node *child = nullptr;
        while ((child = lys_getnext(child, in, nullptr, 0)) != nullptr) {
            const lyd_node *node = find(parent, child);
            if (node != nullptr && (node->flags & LYD_DEFAULT) == 0) {
                return in;
            }
        }
    }
    return nullptr;
}

void TreeEditor::complete_choice(lyd_node *parent, const lysc_node *choice, bool journaled) {
    if (!facts_.implied_in(choice)) {
        return;
    }
    const lysc_node *chosen = explicit_case(parent, choice);
    if (chosen == nullptr) {
        const auto *preset = reinterpret_cast<const lysc_node_choice *>(choice)->dflt;
        chosen = preset == nullptr ? nullptr : &preset->node;
    }
    for (const lysc_node *in = lysc_node_child(choice); in != nullptr; in = in->next) {
        const lysc_node *child = nullptr;
        while (in != chosen && (child = lys_getnext(child, in, nullptr, 0)) != nullptr) {
            clear(parent, child, true, journaled);
        }
    }
    if (chosen != nullptr) {
        complete_schema(parent, chosen, nullptr, journaled);
    }
}

bool TreeEditor::in_active_case(lyd_node *parent, const lysc_node *schema) const {
    for (const lysc_node *in = schema->parent; in != nullptr && in->nodetype == LYS_CASE; in = in->parent->parent) {
        const lysc_node *chosen = explicit_case(parent, in->parent);
        const auto *preset = reinterpret_cast<const lysc_node_choice *>(in->parent)->dflt;
        if (chosen != in && (chosen != nullptr || preset == nullptr || &preset->node != in)) {
            return false;
        }
        if (in->parent->parent == nullptr) {
            break;
        }
    }
    return true;
}

bool TreeEditor::imply(lyd_node *parent, const lysc_node *schema, bool journaled, const Test &test) {
    const auto *leaf = reinterpret_cast<const lysc_node_leaf *>(schema);
    const auto *leaf_list = reinterpret_cast<const lysc_node_leaflist *>(schema);
    const bool implied = non_presence(schema) || (schema->nodetype == LYS_LEAF && leaf->dflt != nullptr) ||
                         (schema->nodetype == LYS_LEAFLIST && leaf_list->dflts != nullptr);
    if (!implied || find(parent, schema) != nullptr) {
        return false;
    }
    const lyd_node *end = default_end(parent);
    std::vector<lyd_node *> made;
    auto add = [&](lyd_node *node) {
        if (node == nullptr) {
            return;
        }
        parent == nullptr ? tree_.link(nullptr, node) : tree_.added(node);
        made.push_back(node);
    };
    if (schema->nodetype == LYS_CONTAINER) {
        lyd_node *container = nullptr;
        lyd_new_inner(parent, schema->module, schema->name, 0, &container);
        add(container);
        if (container != nullptr) {
            complete(container, true, false);
        }
    } else if (schema->nodetype == LYS_LEAF) {
        add(new_term(parent, schema, leaf->dflt));
    } else {
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(leaf_list->dflts, i) {
            add(new_term(parent, schema, leaf_list->dflts[i]));
        }
    }
    add_flags(parent, end);
    if (made.empty()) {
        return false;
    }
    if (test && !test(made.front())) {
        for (lyd_node *node : made) {
            tree_.drop(node);
        }
        return false;
    }
    for (lyd_node *node : made) {
        const size_t count = prime(node);
        if (journaled) {
            journal_created(node, true, count);
        }
    }
    return true;
}

}  // namespace libyang_js
