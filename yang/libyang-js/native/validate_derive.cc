#include "validate_derive.h"

#include <algorithm>

#include "journal_apply.h"
#include "validate_instances.h"

namespace libyang_js {

namespace {

// Of one condition in one place. It is judged again after each change that it depends on, so a chain of some length is
// no contradiction.
constexpr int most_judgements = 64;

}  // namespace

bool Derivation::run() {
    size_t taken = tree_.journal().size();
    Concern concern;
    while (affected_.next_condition(concern)) {
        if (!in_tree(tree_.tree(), concern.top)) {
            continue;
        }
        if (++judged_[concern] > most_judgements) {
            Error error;
            error.message = "the when condition \"" + concern.rule->conditions.front()->expression->text() + "\" of \"" +
                            concern.rule->subject->name + "\" contradicts itself or others: no state satisfies them all";
            findings_.add(std::move(error));
            return false;
        }
        judge(concern);
        if (tree_.journal().size() == taken) {
            continue;
        }
        tree_.settle();
        check_.changed();
        if (affected_.top_level()) {
            tree_.complete_top();
        }
        affected_.take(tree_.journal(), taken);
        taken = tree_.journal().size();
    }
    refuse();
    return true;
}

// What the client asked for and what cannot exist in the end: an error for each condition that is false.
void Derivation::refuse() {
    for (lyd_node *node : refused_) {
        if (!in_tree(tree_.tree(), node)) {
            continue;
        }
        for (const Rule *rule : Rules::of(node->schema).rules) {
            if (rule->kind == Rule::Kind::when && !check_.holds(*rule->conditions.front(), node)) {
                findings_.add(*rule, node);
            }
        }
    }
}

void Derivation::judge(const Concern &concern) {
    const Rule &rule = *concern.rule;
    const auto all = [](lyd_node *) { return true; };
    last_ = nullptr;
    if (concern.top != nullptr && concern.top->schema == rule.subject) {
        instance(rule, concern.top);
        return;
    }
    const auto parent = [&](lyd_node *parent) {
        bool any = false;
        lyd_node *node = tree_.find(parent, rule.subject);
        while (node != nullptr && node->schema == rule.subject) {
            lyd_node *next = node->next;
            any = true;
            instance(rule, node);
            node = next;
        }
        if (!any) {
            absent(rule, parent);
        }
    };
    if (const lysc_node *above = lysc_data_parent(rule.subject)) {
        Instances(tree_.tree(), above, concern.top).each(all, parent);
    } else {
        parent(nullptr);
    }
}

bool Derivation::holds(const Condition &condition, const lyd_node *node) {
    if (!condition.on_parent) {
        return check_.holds(condition, node);
    }
    if (last_ != &condition || last_parent_ != lyd_parent(node)) {
        last_ = &condition;
        last_parent_ = lyd_parent(node);
        last_result_ = check_.holds(condition, node);
    }
    return last_result_;
}

void Derivation::instance(const Rule &rule, lyd_node *node) {
    if (holds(*rule.conditions.front(), node)) {
        return;
    }
    if (!asked_for(node)) {
        affected_.ignore_absence(node);
        tree_.remove(node, true);
        check_.changed();
    } else {
        refused_.insert(node);
    }
}

void Derivation::absent(const Rule &rule, lyd_node *parent) {
    const lysc_node *schema = rule.subject;
    if (!tree_.in_active_case(parent, schema)) {
        return;
    }
    const auto &rules = Rules::of(schema).rules;
    check_.changed();
    tree_.imply(parent, schema, true, [&](lyd_node *made) {
        return std::all_of(rules.begin(), rules.end(), [&](const Rule *each) {
            return each->kind != Rule::Kind::when || check_.holds(*each->conditions.front(), made);
        });
    });
}

// Did the client create or change this node, or something that it came with?
bool Derivation::asked_for(const lyd_node *node) {
    if ((node->flags & LYD_DEFAULT) != 0) {
        return false;
    }
    if (!known_) {
        known_ = true;
        Applier finder(tree_.tree(), nullptr);
        for (const auto &[journal, from] : asked_) {
            for (size_t i = from; i < journal->size(); i++) {
                const auto &change = journal->changes()[i];
                if (!change.derived && (change.op == Op::create || change.op == Op::value)) {
                    if (const lyd_node *there = finder.locate(change)) {
                        asked_nodes_.insert(there);
                    }
                }
            }
        }
    }
    for (; node != nullptr; node = lyd_parent(node)) {
        if (asked_nodes_.contains(node)) {
            return true;
        }
    }
    return false;
}

}  // namespace libyang_js
