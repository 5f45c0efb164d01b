#include "value_text.h"

#include <libyang/plugins_types.h>

#include <cstring>

namespace libyang_js {

namespace {

bool plain(const lysc_type *type) {
    switch (type->basetype) {
    case LY_TYPE_UINT8:
    case LY_TYPE_UINT16:
    case LY_TYPE_UINT32:
    case LY_TYPE_UINT64:
    case LY_TYPE_INT8:
    case LY_TYPE_INT16:
    case LY_TYPE_INT32:
    case LY_TYPE_INT64:
    case LY_TYPE_DEC64:
    case LY_TYPE_BOOL:
    case LY_TYPE_ENUM:
    case LY_TYPE_EMPTY:
        return true;
    default:
        return type->plugin->print == lyplg_type_print_simple;
    }
}

bool primed(const lyd_value &value) {
    if (value._canonical == nullptr) {
        return false;
    }
    return value.realtype->basetype != LY_TYPE_UNION || primed(value.subvalue->value);
}

void prime_one(const lyd_node *node, const ly_ctx *context) {
    if (node->schema == nullptr) {
        return;
    }
    if ((node->schema->nodetype & LYD_NODE_TERM) != 0) {
        const auto &value = reinterpret_cast<const lyd_node_term *>(node)->value;
        if (value._canonical == nullptr) {
            lyd_value_get_canonical(context, &value);
        }
        for (const auto *inner = &value; inner->realtype->basetype == LY_TYPE_UNION;) {
            inner = &inner->subvalue->value;
            lyd_value_get_canonical(context, inner);
        }
    } else if ((node->schema->nodetype & LYD_NODE_ANY) != 0) {
        const auto *any = reinterpret_cast<const lyd_node_any *>(node);
        if (any->value_type == LYD_ANYDATA_DATATREE) {
            prime_siblings(any->value.tree);
        }
    }
    for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
        lyd_value_get_canonical(context, &meta->value);
    }
}

}  // namespace

void prime_siblings(lyd_node *siblings) {
    for (lyd_node *top = siblings; top != nullptr; top = top->next) {
        const ly_ctx *context = LYD_CTX(top);
        lyd_node *node;
        LYD_TREE_DFS_BEGIN(top, node) {
            prime_one(node, context);
            LYD_TREE_DFS_END(top, node);
        }
    }
}

ValueText::ValueText(const ly_ctx *context, const lyd_value &value, LY_VALUE_FORMAT format, ly_set *modules)
    : context_(context) {
    const lyd_value *from = &value;
    if (value._canonical != nullptr && (format == LY_VALUE_CANON || plain(value.realtype))) {
        text_ = value._canonical;
        size_ = std::strlen(text_);
        return;
    }
    if (!primed(value) && value.realtype->plugin->duplicate(context, &value, &copy_) == LY_SUCCESS) {
        copied_ = true;
        from = &copy_;
    }
    ly_bool dynamic = 0;
    const auto print = value.realtype->plugin->print;
    text_ = static_cast<const char *>(print(context, from, format, modules, &dynamic, nullptr));
    size_ = text_ == nullptr ? 0 : std::strlen(text_);
    dynamic_ = dynamic != 0;
}

ValueText::~ValueText() {
    if (dynamic_) {
        free(const_cast<char *>(text_));
    }
    if (copied_) {
        copy_.realtype->plugin->free(context_, &copy_);
    }
}

}  // namespace libyang_js
