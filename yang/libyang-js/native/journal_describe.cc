// A journal in words: paths, and lines for people.
#include "journal.h"
#include "xpath_literal.h"

namespace libyang_js {

namespace {

std::string value_of(const lyd_node *node) {
    if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
        return lyd_get_value(node);
    }
    return (node->schema->nodetype & LYD_NODE_ANY) != 0 ? "…" : "";
}

// A leaf's value, and whether somebody set it.
std::string told(const lyd_node *node) {
    return value_of(node) + ((node->flags & LYD_DEFAULT) != 0 ? " (default)" : "");
}

class Lines {
  public:
    explicit Lines(size_t limit) : limit_(limit) {}

    void add(std::string line) {
        if (!full()) {
            lines.push_back(std::move(line));
        }
    }
    bool full() const { return lines.size() >= limit_; }

    // A node that came, with the explicit ones below it.
    void created(const std::string &path, const lyd_node *node) {
        if (full()) {
            return;
        }
        const bool value = (node->schema->nodetype & (LYS_LEAF | LYD_NODE_ANY)) != 0;
        if (!(node->schema->nodetype == LYS_CONTAINER && (node->schema->flags & LYS_PRESENCE) == 0)) {
            add("+ " + path + (value ? " = " + value_of(node) : ""));
        }
        for (const lyd_node *child = lyd_child_no_keys(node); child != nullptr && !full(); child = child->next) {
            if ((child->flags & LYD_DEFAULT) == 0) {
                created(path + step_of(child->schema, node->schema, child), child);
            }
        }
    }

    std::vector<std::string> lines;

  private:
    size_t limit_;
};

// A container that is there for the sake of what is in it, and has nothing in it.
bool says_nothing(const lyd_node *node) {
    if (node->schema->nodetype != LYS_CONTAINER || (node->schema->flags & LYS_PRESENCE) != 0) {
        return false;
    }
    for (const lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        if ((child->flags & LYD_DEFAULT) == 0 && !says_nothing(child)) {
            return false;
        }
    }
    return true;
}

bool at_or_under(const lysc_node *node, const lysc_node *top) {
    while (node != nullptr && node != top) {
        node = node->parent;
    }
    return node != nullptr;
}

}  // namespace

std::string step_of(const lysc_node *schema, const lysc_node *above, const lyd_node *node) {
    std::string text = "/";
    if (above == nullptr || above->module != schema->module) {
        text += std::string(schema->module->name) + ":";
    }
    text += schema->name;
    if (node != nullptr && schema->nodetype == LYS_LEAFLIST) {
        text += "[.=" + xpath_literal(lyd_get_value(node)) + "]";
    } else if (node != nullptr && schema->nodetype == LYS_LIST) {
        for (const lyd_node *key = lyd_child(node); key != nullptr && lysc_is_key(key->schema); key = key->next) {
            text += std::string("[") + key->schema->name + "=" + xpath_literal(lyd_get_value(key)) + "]";
        }
    }
    return text;
}

std::string path_of(const Place *place) {
    if (place == nullptr) {
        return "";
    }
    const Place *parent = place->parent.get();
    return path_of(parent) + step_of(place->schema, parent == nullptr ? nullptr : parent->schema, place->entry.get());
}

std::string path_of(const Place *parent, const lyd_node *node) {
    return path_of(parent) + step_of(node->schema, parent == nullptr ? nullptr : parent->schema, node);
}

std::vector<std::string> Journal::describe(size_t limit) const {
    Lines out(limit);
    for (const auto &change : data_->changes) {
        if (out.full()) {
            break;
        }
        const bool was_default = change.op == Op::remove && (change.node->flags & LYD_DEFAULT) != 0;
        const bool is_default = change.op == Op::create && (change.node->flags & LYD_DEFAULT) != 0;
        if (change.derived && (was_default || is_default)) {
            continue;
        }
        const auto path = path_of(change.parent.get(), change.node.get());
        switch (change.op) {
        case Op::create:
            out.created(path, change.node.get());
            break;
        case Op::remove:
            if (!says_nothing(change.node.get())) {
                out.add("- " + path);
            }
            break;
        case Op::value:
            out.add("~ " + path + " " + told(change.old.get()) + " → " + told(change.node.get()));
            break;
        case Op::move:
            out.add("~ " + path + " → " +
                    (change.after == nullptr ? "first" : "after " + step_of(change.after->schema, change.after->schema, change.after.get()).substr(1)));
            break;
        }
    }
    return std::move(out.lines);
}

bool Journal::touches(const std::string &schema_path) const {
    const lysc_node *wanted = lys_find_path(data_->context, nullptr, schema_path.c_str(), 0);
    for (const lysc_node *schema : data_->schemas) {
        if (wanted != nullptr && (at_or_under(schema, wanted) || at_or_under(wanted, schema))) {
            return true;
        }
    }
    return false;
}

}  // namespace libyang_js
