#include "edit_conflicts.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "edit_parse.h"
#include "edit_path.h"
#include "edit_tree.h"
#include "error.h"

namespace libyang_js {

namespace {

class Conflicts {
  public:
    Conflicts(bool state, Errors &errors) : state_(state), errors_(errors) {}

    // `erased`: the operation of the node around them that deletes it, or null.
    void siblings(const lyd_node *first, const lysc_node *parent, const char *erased) {
        Cases cases;
        std::vector<std::pair<const lyd_node *, const lysc_node *>> opaque;
        for (const lyd_node *node = first; node != nullptr;) {
            const lysc_node *schema = node->schema;
            if (schema == nullptr) {
                opaque.emplace_back(node, schema_of(node, parent));
                node = node->next;
                continue;
            }
            const lyd_node *end = node->next;
            while (end != nullptr && end->schema == schema) {
                end = end->next;
            }
            if (end != node->next) {
                repeated(node, end);
            }
            for (; node != end; node = node->next) {
                const char *operation = operation_of(node);
                if (operation == nullptr) {
                    other_case(cases, node);
                } else {
                    allowed(node, operation, erased);
                }
                if (node->meta != nullptr) {
                    place(node);
                    if ((schema->flags & LYS_KEY) != 0 && asks_for_default(node)) {
                        attribute(node, "invalid-value", "default",
                                  "the key " + quoted(schema->name) + " has no default that it could be set back to");
                    }
                }
                if ((schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0) {
                    siblings(lyd_child(node), schema, erases(operation) ? operation : erased);
                }
            }
        }
        repeated(first, opaque);
    }

  private:
    using Cases = std::unordered_map<const lysc_node *, std::pair<const lysc_node *, const lyd_node *>>;

    void report(const lyd_node *node, std::string message) {
        errors_.push_back({"application", "bad-element", std::move(message), config_path(node), "", {{"bad-element", LYD_NAME(node)}}});
    }

    static bool erases(const char *operation) {
        return operation != nullptr && (operation[0] == 'd' || std::string_view(operation) == "remove");
    }

    void allowed(const lyd_node *node, const char *operation, const char *erased) {
        std::string message;
        if (erased != nullptr && !erases(operation)) {
            message = quoted(operation) + " inside of what \"" + erased + "\" takes away";
        } else if (erased == nullptr && erases(operation) && (node->schema->flags & LYS_KEY) != 0) {
            message = "the key " + quoted(node->schema->name) + " cannot go without its entry: the entry takes the operation " + quoted(operation);
        } else {
            return;
        }
        attribute(node, "bad-attribute", "operation", std::move(message));
    }

    void attribute(const lyd_node *node, const char *tag, const std::string &name, std::string message) {
        errors_.push_back({"application", tag, std::move(message), config_path(node), "", {{"bad-attribute", name}, {"bad-element", node->schema->name}}});
    }

    // `insert`, and the entry that it is to be before or after.
    void place(const lyd_node *node) {
        const char *insert = nullptr;
        const char *anchor = nullptr;
        for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
            if (std::string_view(meta->annotation->module->name) == "yang") {
                (std::string_view(meta->name) == "insert" ? insert : anchor) = std::string_view(meta->name) == "insert" ? lyd_get_meta_value(meta) : meta->name;
            }
        }
        if (insert == nullptr && anchor == nullptr) {
            return;
        }
        const auto name = quoted(node->schema->name);
        const bool wanted = insert != nullptr && (insert[0] == 'b' || insert[0] == 'a');
        const std::string key = node->schema->nodetype == LYS_LIST ? "key" : "value";
        if ((node->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) == 0 || !ordered_by_user(node->schema)) {
            const std::string first = insert != nullptr ? "insert" : anchor;
            attribute(node, "unknown-attribute", first, name + " is not ordered by the user, it takes no " + quoted(first));
        } else if (anchor != nullptr && !wanted) {
            attribute(node, "bad-attribute", anchor, quoted(anchor) + " goes with \"insert\" before or after, and with nothing else");
        } else if (anchor == nullptr && wanted) {
            attribute(node, "missing-attribute", key, "\"insert\" " + quoted(insert) + " of " + name + " needs the attribute " + quoted(key));
        } else if (anchor != nullptr && key != anchor) {
            attribute(node, "bad-attribute", anchor, "a place in " + name + " is named by " + quoted(key) + ", not by " + quoted(anchor));
        }
    }

    // Siblings of one schema node, `end` behind the last.
    void repeated(const lyd_node *first, const lyd_node *end) {
        const lysc_node *schema = first->schema;
        if ((schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) == 0) {
            report(first->next, quoted(schema->name) + " is given more than once");
        } else if (!state_ && !lysc_is_dup_inst_list(schema)) {
            repeated_entries(first, end);
        }
    }

    // Equal entries have equal hashes, and libyang has computed those.
    void repeated_entries(const lyd_node *first, const lyd_node *end) {
        std::vector<std::pair<uint32_t, const lyd_node *>> hashes;
        for (const lyd_node *node = first; node != end; node = node->next) {
            hashes.emplace_back(node->hash, node);
        }
        std::stable_sort(hashes.begin(), hashes.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        for (size_t i = 0; i < hashes.size(); i++) {
            for (size_t k = i + 1; k < hashes.size() && hashes[k].first == hashes[i].first; k++) {
                if (lyd_compare_single(hashes[i].second, hashes[k].second, 0) == LY_SUCCESS) {
                    const bool entry = first->schema->nodetype == LYS_LIST;
                    report(hashes[k].second, std::string(entry ? "an entry" : "a value") + " of " + quoted(first->schema->name) +
                                                 " is given more than once");
                    break;
                }
            }
        }
    }

    // Leafs without a value, to be deleted, which libyang has put behind all others.
    void repeated(const lyd_node *first, const std::vector<std::pair<const lyd_node *, const lysc_node *>> &opaque) {
        if (opaque.empty()) {
            return;
        }
        std::unordered_set<const lysc_node *> seen;
        for (const lyd_node *node = first; node != nullptr; node = node->next) {
            if (node->schema != nullptr) {
                seen.insert(node->schema);
            }
        }
        for (const auto &[node, schema] : opaque) {
            if (!seen.insert(schema).second) {
                report(node, quoted(LYD_NAME(node)) + " is given more than once");
            }
        }
    }

    void other_case(Cases &seen, const lyd_node *node) {
        for (const lysc_node *in = node->schema->parent; in != nullptr && in->nodetype == LYS_CASE; in = in->parent->parent) {
            const auto [of, first] = seen.try_emplace(in->parent, in, node).first->second;
            if (of != in) {
                report(node, quoted(node->schema->name) + " and " + quoted(first->schema->name) + " are of two cases of the choice " +
                                 quoted(in->parent->name) + ", which takes one");
                return;
            }
            if (in->parent->parent == nullptr) {
                return;
            }
        }
    }

    bool state_;
    Errors &errors_;
};

}  // namespace

void find_conflicts(const lyd_node *first, bool state, Errors &errors) {
    Conflicts(state, errors).siblings(first, nullptr, nullptr);
}

}  // namespace libyang_js
