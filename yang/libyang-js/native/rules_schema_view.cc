#include <functional>

#include "rules_operands.h"
#include "xpath_eval.h"

namespace libyang_js {

const std::vector<const lysc_node *> SchemaView::none_;

SchemaView::SchemaView(const ly_ctx *context, const References &references) : references_(references) {
    uint32_t index = 0;
    std::function<void(const lysc_node *, const lysc_module *)> visit = [&](const lysc_node *parent, const lysc_module *module) {
        for (const lysc_node *child = nullptr; (child = lys_getnext(child, parent, module, 0));) {
            if (!(child->flags & LYS_CONFIG_W) || (child->nodetype & (LYS_RPC | LYS_ACTION | LYS_NOTIF))) continue;
            children_[parent].push_back(child);
            if (child->nodetype & LYD_NODE_INNER) visit(child, nullptr);
        }
    };
    while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
        if (module->implemented && module->compiled) visit(nullptr, module->compiled);
    }
}

const std::vector<const lysc_node *> &SchemaView::children(const lysc_node *parent) const {
    const auto found = children_.find(parent);
    return found == children_.end() ? none_ : found->second;
}

const std::vector<Reference> *SchemaView::references(const lysc_node *leaf) const {
    const auto found = references_.find(leaf);
    return found == references_.end() ? nullptr : &found->second;
}

bool SchemaView::instance_identifier(const lysc_node *leaf, bool required) {
    auto is = [&](const lysc_type *type) {
        return type->basetype == LY_TYPE_INST &&
               (!required || reinterpret_cast<const lysc_type_instanceid *>(type)->require_instance);
    };
    std::function<bool(const lysc_type *)> may_be = [&](const lysc_type *type) {
        // A leafref has the values of the leaf it refers to; whether their instances exist is asked there.
        if (type->basetype == LY_TYPE_LEAFREF && !required) {
            return may_be(reinterpret_cast<const lysc_type_leafref *>(type)->realtype);
        }
        if (type->basetype != LY_TYPE_UNION) return is(type);
        auto *members = reinterpret_cast<const lysc_type_union *>(type)->types;
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(members, i) {
            if (may_be(members[i])) return true;
        }
        return false;
    };
    return may_be(leaf->nodetype == LYS_LEAF ? reinterpret_cast<const lysc_node_leaf *>(leaf)->type
                                             : reinterpret_cast<const lysc_node_leaflist *>(leaf)->type);
}

}  // namespace libyang_js
