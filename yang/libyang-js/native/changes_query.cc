#include "changes_query.h"
#include "siblings.h"

#include <algorithm>
#include <cstring>
#include <string_view>

namespace libyang_js {

namespace {

constexpr int walked = 16;  // children that are looked at one by one before the index is asked

// `name` or `module:name` under a node (null: top level); a name alone may be of any module, the parent's first.
const lysc_node *child_named(const ly_ctx *context, const lysc_node *parent, std::string_view step) {
    if (const auto colon = step.find(':'); colon != std::string_view::npos) {
        const auto *module = ly_ctx_get_module_implemented(context, std::string(step.substr(0, colon)).c_str());
        return module == nullptr ? nullptr
                                 : lys_find_child(parent, module, step.data() + colon + 1, step.size() - colon - 1, 0, 0);
    }
    if (parent == nullptr) {
        return nullptr;
    }
    if (const auto *own = lys_find_child(parent, parent->module, step.data(), step.size(), 0, 0)) {
        return own;
    }
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, parent, nullptr, 0)) != nullptr && step != child->name) {
    }
    return child;
}

std::vector<std::string_view> steps_of(std::string_view path) {
    std::vector<std::string_view> steps;
    while (!path.empty()) {
        const auto end = std::min(path.find('/'), path.size());
        if (end > 0) {
            steps.push_back(path.substr(0, end));
        }
        path.remove_prefix(std::min(end + 1, path.size()));
    }
    return steps;
}

Error misfit(const std::string &message) {
    Error error;
    error.tag = "invalid-value";
    error.message = message;
    return error;
}

void add_cell(EntryBatch::Column &column, const lyd_node *node) {
    if (node != nullptr && (node->schema->nodetype & LYD_NODE_TERM) != 0) {
        column.bytes += lyd_get_value(node);
    }
    column.present.push_back(node != nullptr ? 1 : 0);
    column.offsets.push_back(static_cast<uint32_t>(column.bytes.size()));
}

}  // namespace

const lyd_node *first_instance(const lyd_node *parent, const lyd_node *root, const lysc_node *schema) {
    const lyd_node *first = parent != nullptr ? lyd_child(parent) : root;
    int count = 0;
    for (const lyd_node *node = first; node != nullptr; node = node->next) {
        if (node->schema == schema) {
            return node;
        }
        if (++count == walked) {
            lyd_node *found = nullptr;
            find_sibling(first, schema, nullptr, 0, &found);
            return found;
        }
    }
    return nullptr;
}

bool EntryQuery::compile_column(const std::string &text, Column &column, Errors &errors) const {
    const lysc_node *node = list();
    const auto *context = node->module->ctx;
    for (const auto step : steps_of(text)) {
        if (step == "..") {
            column.up++;
            node = node == nullptr || !column.down.empty() ? nullptr : lysc_data_parent(node);
        } else {
            node = child_named(context, node, step);
            column.down.push_back(node);
        }
        if (node == nullptr) {
            errors.push_back(misfit("no leaf " + text + " at the list " + list()->name));
            return false;
        }
    }
    const bool presence = node->nodetype == LYS_CONTAINER && (node->flags & LYS_PRESENCE) != 0;
    const bool through_list = std::any_of(column.down.begin(), column.down.end(), [](const lysc_node *step) {
        return (step->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
    });
    if (column.down.empty() || through_list || (node->nodetype != LYS_LEAF && !presence)) {
        errors.push_back(misfit("the column " + text + " of the list " + list()->name + " is not a leaf"));
        return false;
    }
    return true;
}

bool EntryQuery::compile(const ly_ctx *context, const lysc_node *entry, const ListQuery &query, Errors &errors) {
    const bool absolute = query.list.starts_with('/');
    const lysc_node *node = absolute ? nullptr : entry;
    for (const auto step : steps_of(query.list)) {
        node = child_named(context, node, step);
        if (node == nullptr) {
            errors.push_back(misfit("no node " + std::string(step) + " on the way to the list " + query.list));
            return false;
        }
        chain_.push_back(node);
    }
    if (absolute && entry != nullptr) {
        const auto at = std::find(chain_.begin(), chain_.end(), entry);
        chain_.erase(chain_.begin(), at == chain_.end() ? at : at + 1);
    }
    if (chain_.empty() || list()->nodetype != LYS_LIST) {
        errors.push_back(misfit(query.list + " is not a list" + (entry == nullptr ? "" : std::string(" in ") + entry->name)));
        return false;
    }
    for (const auto &text : query.columns) {
        columns_.emplace_back();
        if (!compile_column(text, columns_.back(), errors)) {
            return false;
        }
    }
    for (const auto &child : query.children) {
        children_.emplace_back();
        if (!children_.back().compile(context, list(), child, errors)) {
            return false;
        }
    }
    return true;
}

std::unique_ptr<EntryBatch> EntryQuery::batch() const {
    auto batch = std::make_unique<EntryBatch>();
    batch->columns.resize(columns_.size());
    for (const auto &child : children_) {
        batch->children.emplace_back();
        batch->children.back().batch = child.batch();
    }
    return batch;
}

void EntryQuery::finish_row(EntryBatch &batch, const lyd_node *entry) const {
    for (size_t i = 0; i < children_.size(); i++) {
        auto &child = batch.children[i];
        if (entry != nullptr) {
            children_[i].add_below(*child.batch, entry, 0);
        }
        child.starts.push_back(static_cast<uint32_t>(child.batch->rows()));
    }
}

void EntryQuery::add_below(EntryBatch &batch, const lyd_node *parent, size_t level) const {
    const lysc_node *schema = chain_[level];
    for (const lyd_node *node = first_instance(parent, nullptr, schema); node != nullptr && node->schema == schema;
         node = node->next) {
        level + 1 == chain_.size() ? add(batch, node, 0) : add_below(batch, node, level + 1);
    }
}

void EntryQuery::add(EntryBatch &batch, const lyd_node *entry, uint8_t op) const {
    batch.ops.push_back(op);
    for (size_t i = 0; i < columns_.size(); i++) {
        const lyd_node *node = entry;
        for (unsigned up = 0; up < columns_[i].up && node != nullptr; up++) {
            node = lyd_parent(node);
        }
        for (const auto *schema : columns_[i].down) {
            node = node == nullptr ? nullptr : first_instance(node, nullptr, schema);
        }
        add_cell(batch.columns[i], node);
    }
    finish_row(batch, entry);
}

void EntryQuery::add_deleted(EntryBatch &batch, const Instance *entry) const {
    batch.ops.push_back(2);
    for (size_t i = 0; i < columns_.size(); i++) {
        const Instance *instance = entry;
        for (unsigned up = 0; up < columns_[i].up && instance != nullptr; up++) {
            instance = instance->parent;
        }
        const auto &down = columns_[i].down;
        const bool key = instance != nullptr && instance->node != nullptr && down.size() == 1 && lysc_is_key(down[0]);
        add_cell(batch.columns[i], key ? first_instance(instance->node.get(), nullptr, down[0]) : nullptr);
    }
    finish_row(batch, nullptr);
}

}  // namespace libyang_js
