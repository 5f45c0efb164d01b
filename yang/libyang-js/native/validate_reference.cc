// Leafrefs, instance-identifiers and unions of them (RFC 7950, sections 9.9, 9.12 and 9.13).
#include <libyang/plugins_types.h>

#include "index.h"
#include "ly_error.h"
#include "siblings.h"
#include "validate_check.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

// A value of some type, stored for as long as it is looked at.
class Stored {
  public:
    Stored(const ly_ctx *context, const lysc_type *type, const lyd_value_union &from) : context_(context) {
        const xpath::Quiet quiet;
        ly_err_item *error = nullptr;
        status_ = type->plugin->store(context, type, from.original, from.orig_len, 0, from.format, from.prefix_data, from.hints,
                                      from.ctx_node, &value_, nullptr, &error);
        ly_err_free(error);
    }
    ~Stored() {
        if (fits()) {
            value_.realtype->plugin->free(context_, &value_);
        }
    }
    Stored(const Stored &) = delete;
    Stored &operator=(const Stored &) = delete;

    bool fits() const { return status_ == LY_SUCCESS || status_ == LY_EINCOMPLETE; }
    // Whether it is valid depends on other data.
    bool incomplete() const { return status_ == LY_EINCOMPLETE; }
    const lyd_value &value() const { return value_; }

  private:
    const ly_ctx *context_;
    lyd_value value_ = {};
    LY_ERR status_;
};

const lyd_value &value_of(const lyd_node *leaf) {
    return reinterpret_cast<const lyd_node_term *>(leaf)->value;
}

}  // namespace

bool Check::refers(const Rule &rule, lyd_node *leaf) {
    if (rule.is_union) {
        return fits_union(rule, leaf);
    }
    if (rule.instance_identifier) {
        return instance_exists(value_of(leaf));
    }
    return target_exists(rule.references->front(), leaf, lyd_get_value(leaf));
}

// The first type that takes the value decides, among those whose references lead somewhere.
bool Check::fits_union(const Rule &rule, lyd_node *leaf) {
    const auto *type = reinterpret_cast<const lysc_type_union *>(
        leaf->schema->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf *>(leaf->schema)->type
                                           : reinterpret_cast<const lysc_node_leaflist *>(leaf->schema)->type);
    const lysc_type *const *members = type->types;
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(members, i) {
        const Stored stored(tree_.context, members[i], *value_of(leaf).subvalue);
        if (!stored.fits()) {
            continue;
        }
        if (!stored.incomplete()) {
            return true;
        }
        if (members[i]->basetype == LY_TYPE_INST) {
            if (instance_exists(stored.value())) {
                return true;
            }
            continue;
        }
        for (const auto &reference : *rule.references) {
            if (reference.type == reinterpret_cast<const lysc_type_leafref *>(members[i]) &&
                target_exists(reference, leaf, lyd_value_get_canonical(tree_.context, &stored.value()))) {
                return true;
            }
        }
    }
    return false;
}

bool Check::target_exists(const Reference &reference, const lyd_node *leaf, const char *value) {
    if (!reference.required()) {
        return true;
    }
    if (reference.simple && reference.target != nullptr) {
        const bool somewhere = tree_.indexes().exists(reference.target, value);
        if (!somewhere || reference.apart == nullptr) {
            return somewhere;
        }
    }
    xpath::Value targets;
    Errors errors;
    if (!reference.path->evaluate(tree_.root, leaf, budget_, targets, errors)) {
        for (auto &error : errors) {
            findings_.add(std::move(error));
        }
        return true;
    }
    for (const auto &item : targets.nodes.items) {
        const lyd_node *node = item.node();
        if (node != nullptr && (node->schema->nodetype & LYD_NODE_TERM) != 0 && lyd_get_value(node) == value) {
            return true;
        }
    }
    return false;
}

bool Check::instance_exists(const lyd_value &value) const {
    const xpath::Quiet quiet;
    lyd_node *found = nullptr;
    return tree_.root != nullptr && find_target(value.target, tree_.root, &found) == LY_SUCCESS && found != nullptr;
}

void Check::judge_lost(const Rule &rule, const char *value) {
    if (by_index(rule)) {
        if (!tree_.indexes().exists(rule.references->front().target, value)) {
            missing(rule, value);
        }
        return;
    }
    for (lyd_node *leaf : tree_.indexes().referrers(rule.subject, value)) {
        judge(rule, leaf);
    }
}

// No instance of the target has the value, so all who refer to it are wrong.
void Check::missing(const Rule &rule, const char *value) {
    if (!told_.insert({&rule, value}).second) {
        return;
    }
    const auto referrers = tree_.indexes().referrers(rule.subject, value);
    const size_t first = std::min(referrers.size(), Findings::most_of_one);
    for (size_t i = 0; i < first; i++) {
        findings_.add(rule, referrers[i]);
    }
    if (referrers.size() > first) {
        findings_.add_more(rule, value, referrers.size() - first);
    }
}

}  // namespace libyang_js
