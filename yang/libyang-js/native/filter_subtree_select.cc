// A subtree filter over one data tree (RFC 6241, section 6.2.5). Sibling sets that apply to the same node are worked
// on together, so that the nodes are marked once and in document order. An entry whose keys are all given is looked
// up by libyang's hash.
#include <algorithm>
#include <unordered_map>

#include "filter_marks.h"
#include "filter_subtree.h"
#include "xpath_eval.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

struct Spent {};

class Selector {
  public:
    Selector(const lyd_node *root, size_t ids, Budget &budget, Marks &marks)
        : root_(root), budget_(budget), marks_(marks), states_(ids) {}

    using Sets = std::vector<const FilterNode *>;

    // Marks what the branches at the top pick, each for itself.
    void apply_top(const FilterNode &top) {
        std::vector<Candidate> found;
        for (const auto &match : top.matches) matching(nullptr, *match, found);
        for (const auto &other : top.others) instances(nullptr, *other, found);
        mark(nullptr, found);
    }

  private:
    struct Candidate {
        const lyd_node *node;
        const FilterNode *by;
    };
    struct State {
        std::unordered_map<const lysc_node *, std::vector<const lysc_node *>> children;
        std::unordered_map<const lysc_node *, std::string> canonical;
    };

    // Marks what the sibling sets pick of a node and below; false when that is nothing.
    bool apply(const lyd_node *parent, const Sets &sets) {
        std::vector<Candidate> found;
        bool active = false;
        for (const FilterNode *set : sets) {
            const size_t before = found.size();
            bool holds = true;
            for (const auto &match : set->matches) {
                holds = matching(parent, *match, found);
                if (!holds) break;
            }
            if (!holds) {
                found.resize(before);
                continue;
            }
            if (set->others.empty()) {
                marks_.add(parent);
                return true;
            }
            active = true;
            for (const auto &other : set->others) instances(parent, *other, found);
        }
        return active && mark(parent, found);
    }

    bool mark(const lyd_node *parent, std::vector<Candidate> &found) {
        order(parent, found);
        bool any = false;
        Sets inner;
        for (size_t i = 0; i < found.size();) {
            const lyd_node *node = found[i].node;
            bool whole = false;
            inner.clear();
            for (; i < found.size() && found[i].node == node; i++) {
                if (found[i].by->part == FilterNode::Part::containment) {
                    inner.push_back(found[i].by);
                } else {
                    whole = true;
                }
            }
            if (whole) {
                marks_.add(node);
                any = true;
            } else if (node->schema->nodetype & LYD_NODE_INNER) {
                any |= apply(node, inner);
            }
        }
        return any;
    }

    // The instances that have the content asked for; false when there is none.
    bool matching(const lyd_node *parent, const FilterNode &match, std::vector<Candidate> &out) {
        const size_t from = out.size();
        instances(parent, match, out);
        auto differs = [&](const Candidate &candidate) { return !equals(candidate.node, match); };
        out.erase(std::remove_if(out.begin() + static_cast<ptrdiff_t>(from), out.end(), differs), out.end());
        return out.size() > from;
    }

    void spend(uint64_t nodes = 1) {
        if (!budget_.spend(nodes)) throw Spent();
    }

    void take(const lyd_node *node, const FilterNode &filter, std::vector<Candidate> &out) {
        spend();
        for (const auto &attribute : filter.attributes) {
            bool found = false;
            for (const lyd_meta *meta = node->meta; meta && !found; meta = meta->next) {
                found = attribute.name == meta->name && attribute.ns == meta->annotation->module->ns &&
                        attribute.value == lyd_get_meta_value(meta);
            }
            if (!found) return;
        }
        out.push_back({node, &filter});
    }

    // The children of a node that an element of the filter names, in document order.
    void instances(const lyd_node *parent, const FilterNode &filter, std::vector<Candidate> &out) {
        spend();
        if (!parent) {
            for (const lyd_node *node = root_; node; node = node->next) {
                if (node->schema && filter.fits(node->schema)) take(node, filter, out);
            }
            return;
        }
        const auto &schemas = children(parent->schema, filter);
        if (schemas.size() > 1) {
            for (const lyd_node *node = lyd_child(parent); node; node = node->next) {
                spend();
                if (node->schema && filter.fits(node->schema)) take(node, filter, out);
            }
            return;
        }
        if (schemas.empty() || !lyd_child(parent)) return;
        const lysc_node *schema = schemas[0];
        lyd_node *found = nullptr;
        std::string keys;
        xpath::Quiet quiet;
        if (schema->nodetype == LYS_LIST && filter.part == FilterNode::Part::containment) {
            const int known = key_predicates(schema, filter, keys);
            if (known == 0) return;
            if (known > 0) {
                const LY_ERR result = lyd_find_sibling_val(lyd_child(parent), schema, keys.c_str(), keys.size(), &found);
                if (result == LY_SUCCESS && found) take(found, filter, out);
                if (result == LY_SUCCESS || result == LY_ENOTFOUND) return;
            }
        }
        lyd_find_sibling_val(lyd_child(parent), schema, nullptr, 0, &found);
        for (const lyd_node *node = found; node && node->schema == schema; node = node->next) take(node, filter, out);
    }

    const std::vector<const lysc_node *> &children(const lysc_node *parent, const FilterNode &filter) {
        const auto [found, fresh] = states_[filter.id].children.try_emplace(parent);
        if (fresh) {
            for (const lysc_node *child : xpath::data_children(parent)) {
                if (filter.fits(child)) found->second.push_back(child);
            }
        }
        return found->second;
    }

    // 1: the entry is named by all its keys; 0: by a value that no key can have; -1: it is not.
    int key_predicates(const lysc_node *list, const FilterNode &filter, std::string &out) {
        if (list->flags & LYS_KEYLESS) return -1;
        for (const lysc_node *key = lysc_node_child(list); key && (key->flags & LYS_KEY); key = key->next) {
            const FilterNode *given = nullptr;
            for (const auto &match : filter.matches) {
                if (!given && match->fits(key)) given = match.get();
            }
            if (!given) return -1;
            const std::string &value = canonical(key, *given);
            const char quote = value.find('\'') == std::string::npos ? '\'' : '"';
            if (value.find(quote) != std::string::npos) return -1;
            out.append("[").append(key->name).append("=").append(1, quote).append(value).append(1, quote).append("]");
        }
        return 1;
    }

    // The text of a content match under the type of a leaf.
    const std::string &canonical(const lysc_node *leaf, const FilterNode &match) {
        const auto [found, fresh] = states_[match.id].canonical.try_emplace(leaf);
        if (!fresh) return found->second;
        found->second = match_text(leaf, match);
        return found->second;
    }

    bool equals(const lyd_node *node, const FilterNode &match) {
        if (!(node->schema->nodetype & LYD_NODE_TERM)) return false;
        std::string scratch;
        const std::string_view value = xpath::canonical_value(node, scratch);
        return value == match.text || value == canonical(node->schema, match);
    }

    // Document order; candidates of one node stand together.
    void order(const lyd_node *parent, std::vector<Candidate> &found) {
        bool ordered = true;
        for (size_t i = 1; i < found.size() && ordered; i++) ordered = found[i].by == found[0].by;
        if (ordered) return;
        if (found.size() <= 16) {
            order_few(parent, found);
            return;
        }
        std::unordered_map<const lyd_node *, size_t> places;
        for (const Candidate &candidate : found) places.try_emplace(candidate.node, 0);
        size_t left = places.size();
        for (const lyd_node *node = parent ? lyd_child(parent) : root_; node && left; node = node->next) {
            spend();
            const auto place = places.find(node);
            if (place == places.end()) continue;
            place->second = places.size() - left--;
        }
        std::stable_sort(found.begin(), found.end(), [&](const Candidate &a, const Candidate &b) {
            return places.find(a.node)->second < places.find(b.node)->second;
        });
    }

    void order_few(const lyd_node *parent, std::vector<Candidate> &found) {
        size_t done = 0;
        for (const lyd_node *node = parent ? lyd_child(parent) : root_; node && done < found.size(); node = node->next) {
            spend();
            for (size_t i = done; i < found.size(); i++) {
                if (found[i].node == node) std::swap(found[done++], found[i]);
            }
        }
    }

    const lyd_node *root_;
    Budget &budget_;
    Marks &marks_;
    std::vector<State> states_;
};

}  // namespace

std::unique_ptr<Selection> SubtreeFilter::select(const lyd_node *root, Budget &budget, Errors &errors) const {
    auto marks = std::make_unique<Marks>();
    // An empty filter selects nothing.
    if (top_->others.empty() && top_->matches.empty()) return marks;
    try {
        Selector(root, ids_, budget, *marks).apply_top(*top_);
        return marks;
    } catch (const Spent &) {
        Error error;
        error.tag = "resource-denied";
        error.message = "The subtree filter passed " + budget.passed() + "; name the entries that are wanted by their keys";
        errors.push_back(std::move(error));
        return nullptr;
    }
}

}  // namespace libyang_js
