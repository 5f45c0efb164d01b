#include "validate.h"

#include "edit_facts.h"
#include "index.h"
#include "validate_instances.h"

namespace libyang_js {

namespace {

class Validation {
  public:
    Validation(const Rules &rules, DataTree &tree)
        : rules_(rules), tree_(tree), done_(tree.context), editor_(tree, done_), affected_(tree), findings_(tree), check_(tree, findings_) {}

    bool whole(Journal &derived, Errors &errors) {
        for (uint32_t id = 0; id < rules_.count(); id++) {
            if (rules_.rule(id).kind == Rule::Kind::when) {
                affected_.add(rules_.rule(id), nullptr);
            }
        }
        complete();
        if (derive({{&derived, 0}})) {
            judge_all();
        }
        return finish(derived, errors);
    }

    bool incremental(const std::vector<Changed> &changed, Journal &derived, Errors &errors) {
        for (const auto &[journal, from] : changed) {
            affected_.take(*journal, from);
        }
        if (affected_.top_level()) {
            editor_.complete_top();
            affected_.take(done_, 0);
        }
        if (derive(changed)) {
            judge_affected();
        }
        return finish(derived, errors);
    }

    bool consequences(const std::vector<Changed> &changed, Journal &derived) {
        for (const auto &[journal, from] : changed) {
            affected_.take(*journal, from);
        }
        editor_.complete_top();
        affected_.take(done_, 0);
        if (!derive(changed)) {
            undo(tree_, done_);
            return false;
        }
        derived.append(done_);
        return true;
    }

    Errors settled() {
        for (uint32_t id = 0; id < rules_.count(); id++) {
            const Rule &rule = rules_.rule(id);
            if (rule.kind != Rule::Kind::when) {
                continue;
            }
            Instances(tree_, rule.subject, nullptr).each([](lyd_node *) { return true; }, [&](lyd_node *node) {
                if (!check_.holds(*rule.conditions.front(), node)) {
                    findings_.add(rule, node);
                }
            });
        }
        judge_all();
        return findings_.errors();
    }

  private:
    bool derive(const std::vector<Changed> &asked) { return Derivation(editor_, affected_, check_, findings_, asked).run(); }

    // Defaults, where the tree was not made by the edit layer.
    void complete() {
        editor_.complete_top();
        for (lyd_node *node = tree_.root; node != nullptr; node = node->next) {
            if ((node->schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0 && (node->schema->flags & LYS_CONFIG_W) != 0) {
                editor_.complete(node, true, true);
            }
        }
    }

    // Is there a rule at or below that takes a look at each instance?
    bool walked(const lysc_node *schema) {
        if (const auto known = walked_.find(schema); known != walked_.end()) {
            return known->second;
        }
        const auto &rules = Rules::of(schema);
        bool found = false;
        for (const Rule *rule : rules.rules) {
            found = found || (rule->kind != Rule::Kind::when && !Check::by_index(*rule));
        }
        const lysc_node *child = nullptr;
        while (!found && rules.rules_below && (child = lys_getnext(child, schema, nullptr, 0)) != nullptr) {
            found = walked(child);
        }
        return walked_[schema] = found;
    }

    void judge_all() {
        for (uint32_t id = 0; id < rules_.count(); id++) {
            if (Check::by_index(rules_.rule(id))) {
                check_.judge_all(rules_.rule(id));
            }
        }
        for (const Rule *rule : rules_.top()) {
            check_.judge(*rule, nullptr);
        }
        for (lyd_node *node = tree_.root; node != nullptr; node = node->next) {
            judge_below(node);
        }
    }

    void judge_below(lyd_node *node) {
        if (!walked(node->schema)) {
            return;
        }
        for (const Rule *rule : Rules::of(node->schema).rules) {
            if (!Check::by_index(*rule)) {
                check_.judge(*rule, node);
            }
        }
        for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
            judge_below(child);
        }
    }

    void judge_created(lyd_node *node) {
        const auto &rules = Rules::of(node->schema);
        for (const Rule *rule : rules.rules) {
            check_.judge(*rule, node);
        }
        if (rules.rules_below) {
            for (lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
                judge_created(child);
            }
        }
    }

    // Already among the instances below another node that the rule is judged on.
    bool covered(const Concern &concern) const {
        if (concern.top == nullptr) {
            return false;
        }
        for (lyd_node *above = lyd_parent(concern.top);; above = lyd_parent(above)) {
            if (affected_.checks().contains({concern.rule, above})) {
                return true;
            }
            if (above == nullptr) {
                return false;
            }
        }
    }

    void judge_affected() {
        for (lyd_node *node : affected_.created()) {
            if (in_tree(tree_, node)) {
                judge_created(node);
            }
        }
        for (const auto &concern : affected_.checks()) {
            if (!in_tree(tree_, concern.top) || affected_.in_created(concern.top) || covered(concern)) {
                continue;
            }
            if (concern.rule->subject == nullptr) {
                check_.judge(*concern.rule, nullptr);
                continue;
            }
            const auto old = [&](lyd_node *node) { return !affected_.created().contains(node); };
            Instances(tree_, concern.rule->subject, concern.top).each(old, [&](lyd_node *node) { check_.judge(*concern.rule, node); });
        }
        for (const auto &[rule, value] : affected_.lost_values()) {
            check_.judge_lost(*rule, value);
        }
    }

    bool finish(Journal &derived, Errors &errors) {
        if (findings_.empty()) {
            derived.append(done_);
            return true;
        }
        auto found = findings_.errors();
        errors.insert(errors.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
        undo(tree_, done_);
        return false;
    }

    const Rules &rules_;
    DataTree &tree_;
    Journal done_;
    TreeEditor editor_;
    Affected affected_;
    Findings findings_;
    Check check_;
    std::unordered_map<const lysc_node *, bool> walked_;
};

}  // namespace

bool validate(const Rules &rules, DataTree &tree, Journal &derived, Errors &errors) {
    return Validation(rules, tree).whole(derived, errors);
}

bool validate(const Rules &rules, DataTree &tree, const std::vector<Changed> &changed, Journal &derived, Errors &errors) {
    return Validation(rules, tree).incremental(changed, derived, errors);
}

bool derive(const Rules &rules, DataTree &tree, const std::vector<Changed> &changed, Journal &derived) {
    return Validation(rules, tree).consequences(changed, derived);
}

Errors check(const Rules &rules, DataTree &tree) {
    return Validation(rules, tree).settled();
}

bool derive(TreeEditor &editor, Errors &errors) {
    Affected affected(editor.tree());
    Findings findings(editor.tree());
    Check check(editor.tree(), findings);
    // The tree may have been empty.
    editor.complete_top();
    affected.add_top_conditions();
    affected.take(editor.journal(), 0);
    if (Derivation(editor, affected, check, findings, {}).run() && findings.empty()) {
        return true;
    }
    auto found = findings.errors();
    errors.insert(errors.end(), std::make_move_iterator(found.begin()), std::make_move_iterator(found.end()));
    return false;
}

}  // namespace libyang_js
