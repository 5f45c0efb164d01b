// Which schema nodes an XPath expression of a schema looks at: the expression is evaluated over the schema tree in place
// of data, predicates taken as true. Beside each schema node reached it keeps how far its instance and the context node
// are bound to have ancestors in common; that is what leads from a change back to the contexts concerned. Where an
// expression is too clever, it errs on the side of too much.
#pragma once

#include <functional>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "rules.h"
#include "xpath_expression.h"

namespace libyang_js {

// What a rule looks at. Its fields mean what those of Dependant mean.
struct Operand {
    const lysc_node *schema = nullptr;  // null: the root
    const lysc_node *anchor = nullptr;
    const lysc_node *reference = nullptr;
    const lysc_node *target = nullptr;
    const lysc_node *reference_anchor = nullptr;
    bool operator==(const Operand &other) const = default;
};

struct OperandHash {
    size_t operator()(const Operand &operand) const;
};

// Operands, each once, in the order in which they were met.
class OperandSet {
  public:
    void add(const Operand &operand) {
        if (known_.insert(operand).second) items_.push_back(operand);
    }
    void add(const OperandSet &others) {
        for (const Operand &operand : others) add(operand);
    }
    bool empty() const { return items_.empty(); }
    std::vector<Operand>::const_iterator begin() const { return items_.begin(); }
    std::vector<Operand>::const_iterator end() const { return items_.end(); }

  private:
    std::vector<Operand> items_;
    std::unordered_set<Operand, OperandHash> known_;
};

// How an operand is used beyond its being there.
struct Use {
    bool content = false;
    bool order = false;
};

// The parts of the schema that an analysis needs to know; made once for all.
class SchemaView {
  public:
    using References = std::unordered_map<const lysc_node *, std::vector<Reference>>;
    // `references` is filled later.
    SchemaView(const ly_ctx *context, const References &references);
    // Data nodes of the configuration at the top level (null) or under a node, in schema order.
    const std::vector<const lysc_node *> &children(const lysc_node *parent) const;
    // The leafrefs of a leaf's or leaf-list's type; null when there are none.
    const std::vector<Reference> *references(const lysc_node *leaf) const;
    // Can the type's values be instance-identifiers?
    static bool instance_identifier(const lysc_node *leaf, bool required);

  private:
    const References &references_;
    std::unordered_map<const lysc_node *, std::vector<const lysc_node *>> children_;
    static const std::vector<const lysc_node *> none_;
};

class OperandAnalysis {
  public:
    using Report = std::function<void(const Operand &, Use)>;
    // `report` is told each operand, some of them several times. `counted`, if any: lists that are counted as a whole.
    OperandAnalysis(const SchemaView &schema, const Operand &current, Report report,
                    std::function<void(const lysc_node *)> counted = {});

    // The nodes that an expression selects, from the context node; those it looks at otherwise are reported.
    OperandSet run(const xpath::Expr &expr) { return of(expr, current_set_); }
    void touch(const OperandSet &operands, Use use);

  private:
    OperandSet of(const xpath::Expr &expr, const OperandSet &context);
    void operand(const xpath::Expr &expr, const OperandSet &context, Use use);
    OperandSet function(const xpath::Expr &expr, const OperandSet &context);
    OperandSet path(const xpath::Expr &expr, const OperandSet &context);
    OperandSet step(const xpath::Step &step, const OperandSet &from);
    void walk(const xpath::Step &step, const Operand &from, OperandSet &out);
    void children(const xpath::Step &step, const Operand &from, bool deep, OperandSet &out);
    void predicates(const std::vector<xpath::Predicate> &predicates, const OperandSet &context);
    OperandSet narrowed(const xpath::Step &step, const OperandSet &found);
    bool same_values(const lysc_node *referrer, const lysc_node *target) const;
    OperandSet deref(const OperandSet &leaves);
    Operand up(const Operand &from);
    void everything(const Operand &inner, Use use);

    const SchemaView &schema_;
    OperandSet current_set_;
    Report report_;
    std::function<void(const lysc_node *)> counted_;
    unsigned derefs_ = 0;
};

}  // namespace libyang_js
