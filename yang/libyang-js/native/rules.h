// What a compiled schema demands of configuration (RFC 7950: 7.21.5 when, 7.5.3 must, 9.9 leafref, 9.13
// instance-identifier, 7.6.5 and 7.9.4 mandatory, 7.7.5 and 7.7.6 min- and max-elements, 7.8.3 unique), and which data
// each demand looks at: an index from operand to dependants, so that a change leads to what is to be judged again.
//
// Made once for a context, after its last module is loaded; never changed after that, and shared by all threads. What
// belongs to a schema node is reached through its `priv` pointer, so asking for it costs one load. Of operations,
// notifications and state nothing is known: their nodes have no rules and no dependants.
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "xpath.h"

namespace libyang_js {

// A `when` statement, shared by all nodes that it stands over.
struct Condition {
    const lysc_when *when = nullptr;
    const lysc_node *holder = nullptr;  // the data node, choice or case that it was compiled into
    bool on_parent = false;             // its context is the parent (null: the root) of the node it decides on, not the node
    std::unique_ptr<xpath::Expression> expression;
};

// One leafref of a type: the type itself, or a member of a union (of a union …).
struct Reference {
    const lysc_type_leafref *type = nullptr;
    std::unique_ptr<xpath::Expression> path;  // its context is the referring node
    const lysc_node *target = nullptr;        // null when the path ends at several schema nodes or none
    // No predicates, no deref(): each instance of `target` that has the value will do, if it is in the same entry of `apart`.
    bool simple = false;
    const lysc_node *apart = nullptr;  // the innermost list that the path stays in an entry of; null: none
    bool required() const { return type->require_instance != 0; }
};

struct Rule {
    enum class Kind : uint8_t {
        when,       // `subject` may exist
        must,
        type,       // a leafref with require-instance, an instance-identifier, a union of such
        mandatory,  // `schema`, a leaf, choice or anydata, is there
        elements,   // of `schema`, a list or leaf-list, there are `least` to `most`
        unique,     // no other entry of `subject`, a list, beside this one has the same values
    };
    Kind kind = Kind::must;
    uint32_t id = 0;  // dense, from 0 and in schema order; Rules::count() is their number
    // Its instances are what the rule is judged on. Of mandatory and elements the parent in the data (a non-presence
    // container stands for itself, as it is always there when its parent is); null: the top level.
    const lysc_node *subject = nullptr;
    const lysc_node *schema = nullptr;  // what the statement speaks of; but for mandatory and elements the subject
    // when: above that of every other `when` that the truth of this one can depend on.
    uint32_t rank = 0;
    // when: of one entry. mandatory, elements: all that decide on `schema`; nothing is missing where one is false.
    std::vector<const Condition *> conditions;
    // mandatory, elements with a least number: the innermost case that `schema` stands in below `subject`; nothing is
    // missing unless some node of that case is there. Null when it stands in none.
    const lysc_node *in_case = nullptr;
    // must; its context is the subject.
    const lysc_must *must = nullptr;
    std::unique_ptr<xpath::Expression> expression;
    // type
    const std::vector<Reference> *references = nullptr;  // all leafrefs of the type, in the order of the union; null: none
    bool instance_identifier = false;  // the type is one with require-instance, or a union with such a member
    bool is_union = false;
    // elements
    uint32_t least = 0;
    uint32_t most = 0;  // UINT32_MAX: no bound
    // unique: the leaves, which may stand in containers below the entry
    std::vector<const lysc_node *> leaves;
    uint32_t unique = 0;  // its place among the unique statements of the list
};

// An instance of some schema node, the operand, is created, removed, changed in value or moved. Which rules are to be
// judged again, and on what?
//
// With `reference` null: go up from the operand to the instance of `anchor` (which is the operand or above it; null: the
// root). All instances of the rule's subject at or below that one are concerned; of a `when` also the instances of the
// subject's parent, unless the anchor is the subject itself: a node that is not there may come to be.
//
// With `reference`: go up to the instance of `anchor`, take all instances of `target`, a leaf, at or below it, with their
// values before and after the change; of each value the referrers through the leafref `reference` (a node); of each
// referrer the instance of `reference_anchor` (at or above it; null: the root). All instances of the subject at or below
// these are concerned.
struct Dependant {
    const Rule *rule = nullptr;
    const lysc_node *anchor = nullptr;
    const lysc_node *reference = nullptr;
    const lysc_node *target = nullptr;
    const lysc_node *reference_anchor = nullptr;
    // Creation and removal always count. With `content` a change of value does too; with `order` a move of an entry of
    // a user-ordered list or leaf-list: of the operand, or of an entry that it is in and that is below the anchor.
    bool content = false;
    bool order = false;

    bool operator==(const Dependant &other) const = default;
};

// What is known of one data node of the configuration.
struct NodeRules {
    std::vector<const Rule *> rules;  // with this subject, in the order of their kinds
    std::vector<Dependant> dependants;
    bool rules_below = false;       // some node under this one is a subject
    bool dependants_below = false;  // some node under this one has dependants
    bool order_below = false;       // this node or one under it has dependants with `order`
    // For the indexes
    const Rule *reference = nullptr;           // its rule of kind `type`, if any: the values of the leaf are referrers
    std::vector<const Rule *> referrers;       // rules of kind `type` with a leafref that ends here
    std::vector<const Rule *> uniques;         // unique statements that this leaf is a part of
    bool counted = false;                      // a list or leaf-list with min- or max-elements, or in a count() of a rule
    bool indexed_below = false;                // this node or one under it has any of these four
};

class Rules {
  public:
    explicit Rules(const ly_ctx *context);  // throws Failure when a must, when or path cannot be compiled
    ~Rules();
    Rules(const Rules &) = delete;
    Rules &operator=(const Rules &) = delete;

    // Of a data node of the context, in any thread; a node of which nothing is known has empty ones.
    static const NodeRules &of(const lysc_node *schema);
    // Rules about the top level: mandatory and elements whose subject is null.
    const std::vector<const Rule *> &top() const { return top_; }
    const Rule &rule(uint32_t id) const { return *rules_[id]; }
    uint32_t count() const { return static_cast<uint32_t>(rules_.size()); }
    // Some leaf of the configuration may be an instance-identifier that requires its instance.
    bool instance_identifiers() const { return instance_identifiers_; }

    // For tests: one line for each dependant of an operand, in words.
    static std::vector<std::string> describe(const lysc_node *operand);

  private:
    friend class RulesBuilder;
    const ly_ctx *context_;
    std::unordered_map<const lysc_node *, std::vector<Reference>> leafrefs_;
    std::vector<std::unique_ptr<Rule>> rules_;
    std::vector<std::unique_ptr<Condition>> conditions_;
    std::vector<std::unique_ptr<NodeRules>> nodes_;
    std::vector<const Rule *> top_;
    bool instance_identifiers_ = false;
};

}  // namespace libyang_js
