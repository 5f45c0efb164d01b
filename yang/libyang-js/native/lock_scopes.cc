#include "lock_scopes.h"

#include <algorithm>
#include <unordered_set>

#include "addon.h"
#include "ly_error.h"
#include "xpath.h"
#include "xpath_reach.h"

namespace libyang_js {

namespace {

[[noreturn]] void refuse(const char *tag, const char *app_tag, std::string message) {
    Error error;
    error.type = "protocol";
    error.tag = tag;
    error.app_tag = app_tag;
    error.message = std::move(message);
    throw Failure{{error}};
}

// What tells an instance from others of its schema node.
std::string identity(const lysc_node *schema, const lyd_node *node) {
    return (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) == 0 ? std::string() : step_of(schema, schema, node);
}

std::vector<const lyd_node *> select(const DataTree &tree, const ScopedText &expression, Budget &budget) {
    xpath::Names names;
    names.prefixes = expression.namespaces;
    names.prefixes.erase("");
    Errors errors;
    const auto compiled = xpath::Expression::compile(tree.context, expression.text, names, errors);
    if (compiled && xpath::result_type(*compiled) != xpath::Type::nodes) {
        refuse("invalid-value", "not-a-node-set",
               "the expression " + expression.text + " gives a " + xpath::name_of(xpath::result_type(*compiled)) +
                   "; to be locked, nodes must be selected");
    }
    std::vector<const lyd_node *> nodes;
    if (compiled) {
        nodes = xpath::find(tree.context, tree.root, expression.text, names.prefixes, budget, errors);
    }
    if (!errors.empty()) {
        for (auto &error : errors) {
            error.tag = compiled ? error.tag : "invalid-value";
        }
        throw Failure{std::move(errors)};
    }
    return nodes;
}

}  // namespace

// Looks up the places of a journal; one place is shared by many changes.
class LockScopes::Finder {
  public:
    struct Found {
        Node *node;     // null: nothing at or below the place is locked
        Node *deepest;  // the last one on the way there
    };

    explicit Finder(const LockScopes &scopes) : scopes_(scopes) {}

    Found of(const Place *place) {
        if (place == nullptr) {
            auto *top = const_cast<Node *>(&scopes_.top_);
            return {top, top};
        }
        if (const auto known = places_.find(place); known != places_.end()) {
            return known->second;
        }
        const auto found = below(of(place->parent.get()), place->schema, place->entry.get());
        places_.emplace(place, found);
        return found;
    }
    Found of(const Journal::Change &change) { return below(of(change.parent.get()), change.node->schema, change.node.get()); }

  private:
    static Found below(Found at, const lysc_node *schema, const lyd_node *node) {
        Node *next = at.node == nullptr ? nullptr : step(at.node, schema, node);
        return {next, next == nullptr ? at.deepest : next};
    }

    const LockScopes &scopes_;
    std::unordered_map<const Place *, Found> places_;
};

LockScopes::Granted LockScopes::lock(const DataTree &tree, uint32_t id, uint32_t owner, const std::vector<ScopedText> &expressions,
                                     Budget &budget) {
    std::vector<const lyd_node *> nodes;
    std::unordered_set<const lyd_node *> seen;
    for (const auto &expression : expressions) {
        for (const lyd_node *node : select(tree, expression, budget)) {
            if (seen.insert(node).second) {
                nodes.push_back(node);
            }
        }
    }
    clear_errors(tree.context);
    if (nodes.empty()) {
        refuse("operation-failed", "no-matches", "the expressions select nothing of running: there is nothing to lock");
    }
    if (nodes.size() > most_nodes) {
        refuse("resource-denied", "",
               std::to_string(nodes.size()) + " nodes are selected, and one lock holds " + std::to_string(most_nodes) +
                   " at most; select a node above them: all below it is locked with it");
    }
    Granted granted;
    auto &lock = locks_[id];
    lock.owner = owner;
    for (const lyd_node *node : nodes) {
        Node *at = place(node);
        const Node *other = foreign_above(at, owner);
        if (other == nullptr) {
            other = foreign_below(at, owner);
        }
        if (other != nullptr) {
            granted.conflict = conflict(other, owner);
            release(id);
            return granted;
        }
        at->locks.push_back(id);
        lock.nodes.push_back(at);
    }
    granted.paths = paths(id);
    return granted;
}

void LockScopes::release(uint32_t id) {
    const auto found = locks_.find(id);
    if (found == locks_.end()) {
        return;
    }
    for (Node *node : found->second.nodes) {
        std::erase(node->locks, id);
    }
    locks_.erase(found);
    tidy(top_);
}

std::vector<LockScopes::Conflict> LockScopes::touched(const Journal &changes, uint32_t owner, size_t limit) const {
    std::vector<Conflict> conflicts;
    if (locks_.empty()) {
        return conflicts;
    }
    Finder finder(*this);
    std::unordered_set<const Node *> told;
    for (const auto &change : changes.changes()) {
        const auto found = finder.of(change);
        const Node *locked = foreign_above(found.deepest, owner);
        if (locked == nullptr && found.node != nullptr && change.op == Op::remove) {
            locked = foreign_below(found.node, owner);
        }
        if (locked == nullptr || !told.insert(locked).second) {
            continue;
        }
        conflicts.push_back(conflict(locked, owner));
        if (conflicts.size() == limit) {
            break;
        }
    }
    return conflicts;
}

void LockScopes::follow(const Journal &changes) {
    if (locks_.empty()) {
        return;
    }
    Finder finder(*this);
    std::unordered_set<const Node *> gone;
    for (const auto &change : changes.changes()) {
        if (change.op == Op::remove) {
            if (Node *node = finder.of(change).node) {
                unlock(*node, gone);
            }
        }
    }
    if (gone.empty()) {
        return;
    }
    for (auto &[id, lock] : locks_) {
        std::erase_if(lock.nodes, [&](const Node *node) { return gone.contains(node); });
    }
    tidy(top_);
}

std::vector<std::string> LockScopes::paths(uint32_t id) const {
    std::vector<std::string> paths;
    if (const auto found = locks_.find(id); found != locks_.end()) {
        for (const Node *node : found->second.nodes) {
            paths.push_back(path(node));
        }
    }
    return paths;
}

LockScopes::Node *LockScopes::place(const lyd_node *node) {
    Node *above = node->parent == nullptr ? &top_ : place(lyd_parent(node));
    auto [at, added] = above->children.try_emplace({node->schema, identity(node->schema, node)});
    if (added) {
        at->second = std::make_unique<Node>();
        at->second->parent = above;
        at->second->key = &at->first;
    }
    return at->second.get();
}

LockScopes::Node *LockScopes::step(const Node *at, const lysc_node *schema, const lyd_node *node) {
    // Most changes are of nodes of which no instance is on the way to a lock: they are not put into words.
    const auto first = at->children.lower_bound({schema, std::string()});
    if (first == at->children.end() || first->first.first != schema) {
        return nullptr;
    }
    const auto found = at->children.find({schema, identity(schema, node)});
    return found == at->children.end() ? nullptr : found->second.get();
}

bool LockScopes::foreign(const Node *node, uint32_t owner) const {
    return std::any_of(node->locks.begin(), node->locks.end(), [&](uint32_t id) { return locks_.at(id).owner != owner; });
}

const LockScopes::Node *LockScopes::foreign_above(const Node *node, uint32_t owner) const {
    while (node != nullptr && !foreign(node, owner)) {
        node = node->parent;
    }
    return node;
}

const LockScopes::Node *LockScopes::foreign_below(const Node *node, uint32_t owner) const {
    for (const auto &[key, child] : node->children) {
        if (foreign(child.get(), owner)) {
            return child.get();
        }
        if (const Node *below = foreign_below(child.get(), owner)) {
            return below;
        }
    }
    return nullptr;
}

LockScopes::Conflict LockScopes::conflict(const Node *node, uint32_t owner) const {
    const auto other = std::find_if(node->locks.begin(), node->locks.end(), [&](uint32_t id) { return locks_.at(id).owner != owner; });
    return {path(node), locks_.at(*other).owner};
}

void LockScopes::unlock(Node &node, std::unordered_set<const Node *> &gone) {
    if (!node.locks.empty()) {
        node.locks.clear();
        gone.insert(&node);
    }
    for (auto &[key, child] : node.children) {
        unlock(*child, gone);
    }
}

// Nodes that lead to no lock any more go.
void LockScopes::tidy(Node &node) {
    std::erase_if(node.children, [](auto &entry) {
        tidy(*entry.second);
        return entry.second->locks.empty() && entry.second->children.empty();
    });
}

std::string LockScopes::path(const Node *node) {
    if (node->key == nullptr) {
        return "";
    }
    const auto &[schema, identity] = *node->key;
    const Node *above = node->parent;
    const auto *outer = above->key == nullptr ? nullptr : above->key->first;
    const auto predicates = identity.find('[');
    return path(above) + step_of(schema, outer, nullptr) + (predicates == std::string::npos ? "" : identity.substr(predicates));
}

}  // namespace libyang_js
