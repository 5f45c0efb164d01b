#include "validate_findings.h"

#include <algorithm>
#include <set>

#include "validate_error.h"

namespace libyang_js {

namespace {

const char *value_of(const Rule &rule, const lyd_node *node) {
    return rule.kind == Rule::Kind::type ? lyd_get_value(node) : nullptr;
}

}  // namespace

bool Findings::before(const Finding &one, const Finding &other) {
    if (one.node != other.node) {
        return order_.before(one.node, other.node);
    }
    return std::pair(one.rule->kind, one.rule->id) < std::pair(other.rule->kind, other.rule->id);
}

// Beyond the number of groups that can be told, one for all.
Findings::Group &Findings::group(const Rule &rule, const char *value) {
    const auto known = groups_.find({&rule, value});
    return known != groups_.end() ? known->second : groups_[{&rule, groups_.size() < most ? value : nullptr}];
}

void Findings::add(const Rule &rule, const lyd_node *node, std::vector<const lyd_node *> entries) {
    auto &group = this->group(rule, value_of(rule, node));
    const auto later = [this](const Finding &one, const Finding &other) { return before(one, other); };
    Finding finding{&rule, node, std::move(entries)};
    group.count++;
    if (group.first.size() == most_of_one) {
        if (!before(finding, group.first.front())) {
            return;
        }
        std::pop_heap(group.first.begin(), group.first.end(), later);
        group.first.pop_back();
    }
    group.first.push_back(std::move(finding));
    std::push_heap(group.first.begin(), group.first.end(), later);
}

void Findings::add_more(const Rule &rule, const char *value, size_t count) {
    group(rule, value).count += count;
}

Errors Findings::errors() {
    std::vector<Finding> told;
    size_t count = 0;
    for (auto &[key, group] : groups_) {
        told.insert(told.end(), group.first.begin(), group.first.end());
        count += group.count;
    }
    std::sort(told.begin(), told.end(), [this](const Finding &one, const Finding &other) { return before(one, other); });
    told.resize(std::min(told.size(), most));
    Errors errors;
    Errors more;
    std::set<const Group *> begun;
    size_t said = told.size();
    for (const auto &finding : told) {
        errors.push_back(error_of(tree_, finding));
        const auto &group = this->group(*finding.rule, value_of(*finding.rule, finding.node));
        const size_t others = group.count - group.first.size();
        if (begun.insert(&group).second && others > 0) {
            const bool alike = groups_.contains({finding.rule, value_of(*finding.rule, finding.node)});
            more.push_back(error_of_more(errors.back(), finding, others, alike));
            said += others;
        }
    }
    errors.insert(errors.end(), more.begin(), more.end());
    if (said < count) {
        Error rest;
        rest.message = "and " + std::to_string(count - said) + " more errors";
        errors.push_back(std::move(rest));
    }
    errors.insert(errors.end(), others_.begin(), others_.end());
    return errors;
}

}  // namespace libyang_js
