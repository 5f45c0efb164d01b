#include "filter_match.h"

#include <algorithm>

#include "xpath_eval.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

// A filter node's attributes are those of the data node too.
bool attributed(const lyd_node *node, const FilterNode &filter) {
    for (const auto &attribute : filter.attributes) {
        bool found = false;
        for (const lyd_meta *meta = node->meta; meta && !found; meta = meta->next) {
            found = attribute.name == meta->name && attribute.ns == meta->annotation->module->ns &&
                    attribute.value == lyd_get_meta_value(meta);
        }
        if (!found) return false;
    }
    return true;
}

}  // namespace

Matcher::Matcher(const ly_ctx *context, const FilterNode &top, PairView &view, Budget *budget, const Access *access)
    : context_(context), top_(top), view_(view), budget_(budget), access_(access) {}

const Matcher::Plan &Matcher::top() { return plan(nullptr, {&top_}); }

const Matcher::Plan &Matcher::plan(const lysc_node *parent, const Sets &sets) {
    const auto [found, fresh] = plans_.try_emplace({parent, sets});
    if (!fresh) return found->second;
    for (const lysc_node *child : parent ? xpath::data_children(parent) : xpath::top_level(context_)) {
        Run run{child, {}};
        for (const FilterNode *set : sets) {
            for (const auto &match : set->matches) {
                if (!set->silent && match->fits(child)) run.filters.push_back(match.get());
            }
            for (const auto &other : set->others) {
                if (other->fits(child)) run.filters.push_back(other.get());
            }
        }
        if (!run.filters.empty()) found->second.push_back(std::move(run));
    }
    return found->second;
}

bool Matcher::lookup(Pair parent, const Run &run, std::vector<Pair> &out) {
    out.clear();
    if (run.schema->nodetype != LYS_LIST || (run.schema->flags & LYS_KEYLESS)) return false;
    if ((run.schema->flags & LYS_ORDBY_USER) && run.filters.size() > 1) return false;
    for (const FilterNode *filter : run.filters) {
        std::string keys;
        if (filter->part != FilterNode::Part::containment || !keys_of(run.schema, *filter, keys)) return false;
        spend();
        Pair found;
        if (!view_.find(parent, run.schema, keys, found)) return false;
        if (found && std::find(out.begin(), out.end(), found) == out.end()) out.push_back(found);
    }
    return true;
}

Pick Matcher::judge(Pair node, const Run &run, const Plan *&plan, const Access::Grant *grant) {
    spend();
    inner_.clear();
    for (const FilterNode *filter : run.filters) {
        if (!attributed(node.node(), *filter)) continue;
        switch (filter->part) {
        case FilterNode::Part::selection:
            return Pick::all;
        case FilterNode::Part::match:
            if (equals(node.leaf(), *filter)) return Pick::all;
            break;
        case FilterNode::Part::containment:
            inner_.push_back(filter);
        }
    }
    if (inner_.empty() || !(run.schema->nodetype & LYD_NODE_INNER)) return Pick::none;
    return enter(node, inner_, plan, grant);
}

Pick Matcher::enter(Pair node, const Sets &sets, const Plan *&plan, const Access::Grant *grant) {
    active_.clear();
    for (const FilterNode *set : sets) {
        bool all = true;
        for (const auto &match : set->matches) {
            all = holds(node, *match, grant);
            if (!all) break;
        }
        if (!all) continue;
        if (set->others.empty()) return Pick::all;
        active_.push_back(set);
    }
    if (active_.empty()) return Pick::none;
    plan = &this->plan(node.schema(), active_);
    return Pick::descend;
}

bool Matcher::holds(Pair node, const FilterNode &match, const Access::Grant *grant) {
    for (const lysc_node *schema : children(node.schema(), match)) {
        auto walk = view_.instances(node, schema);
        for (Pair one = view_.next(walk); one; one = view_.next(walk)) {
            spend();
            if (grant && !access_->read(grant, one.node())) continue;
            if (attributed(one.node(), match) && equals(one.leaf(), match)) return true;
        }
    }
    return false;
}

bool Matcher::equals(const lyd_node *leaf, const FilterNode &match) {
    if (!(leaf->schema->nodetype & LYD_NODE_TERM)) return false;
    std::string scratch;
    const std::string_view value = xpath::canonical_value(leaf, scratch);
    return value == match.text || value == text(leaf->schema, match);
}

// False when some key is not given.
bool Matcher::keys_of(const lysc_node *list, const FilterNode &filter, std::string &out) {
    for (const lysc_node *key = lysc_node_child(list); key && (key->flags & LYS_KEY); key = key->next) {
        const FilterNode *given = nullptr;
        for (const auto &match : filter.matches) {
            if (!given && match->fits(key)) given = match.get();
        }
        if (!given) return false;
        const std::string &value = text(key, *given);
        if (value.find('\'') != std::string::npos && value.find('"') != std::string::npos) return false;
        out += key_predicate(key, value);
    }
    return true;
}

const std::vector<const lysc_node *> &Matcher::children(const lysc_node *parent, const FilterNode &filter) {
    const auto [found, fresh] = states_[&filter].children.try_emplace(parent);
    if (fresh) {
        for (const lysc_node *child : xpath::data_children(parent)) {
            if (filter.fits(child)) found->second.push_back(child);
        }
    }
    return found->second;
}

const std::string &Matcher::text(const lysc_node *leaf, const FilterNode &match) {
    const auto [found, fresh] = states_[&match].texts.try_emplace(leaf);
    if (fresh) found->second = match_text(leaf, match);
    return found->second;
}

}  // namespace libyang_js
