#include "emit.h"

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

bool is_data(const lyd_meta *meta) {
    const std::string_view name(meta->annotation->module->name);
    return name != "yang" && name != "ietf-netconf";
}

Emitter::Emitter(const lyd_node *parent, const lyd_node *first, const EmitOptions &options) : options_(options) {
    frames_.reserve(32);
    enter(parent, first, options.selection == nullptr);
}

void Emitter::enter(const lyd_node *parent, const lyd_node *first, bool all) {
    auto &frame = frames_.emplace_back();
    frame.parent = parent;
    frame.next = first;
    frame.all = all;
    frame.listed = !all && options_.selection->children(parent, frame.list);
}

bool Emitter::fill(std::string &out, size_t bytes, std::chrono::steady_clock::time_point until) {
    if (!started_) {
        started_ = true;
        start(out, frames_.back());
    }
    for (unsigned visits = 1; !frames_.empty(); visits++) {
        if (out.size() >= bytes || (visits % 256 == 0 && std::chrono::steady_clock::now() >= until)) {
            return true;
        }
        step(out);
    }
    return false;
}

void Emitter::step(std::string &out) {
    auto &frame = frames_.back();
    const lyd_node *node = frame.next;
    if (frame.listed) {
        node = frame.at < frame.list.size() ? frame.list[frame.at++] : nullptr;
    }
    if (node == nullptr) {
        close(out, frame);
        frames_.pop_back();
        return;
    }
    if (!frame.listed) {
        frame.next = node->next;
    }
    const lysc_node *schema = node->schema;
    if (schema == nullptr || (node->flags & LYD_DEFAULT) != 0) {
        return;
    }
    if (options_.config_only && (schema->flags & LYS_CONFIG_W) == 0) {
        return;
    }
    bool all = frame.all;
    if (!all) {
        const bool key = frame.parent != nullptr && (schema->flags & LYS_KEY) != 0 && schema->nodetype == LYS_LEAF;
        const auto pick = key ? Pick::all : options_.selection->pick(node);
        if (pick == Pick::none) {
            return;
        }
        all = pick == Pick::all;
    }
    const lyd_node *child = (schema->nodetype & LYD_NODE_INNER) != 0 ? lyd_child(node) : nullptr;
    if (child == nullptr) {
        leaf(out, frame, node);
        return;
    }
    const bool printed = open(out, frame, node);
    enter(node, child, all);
    frames_.back().empty = !printed;
}

}  // namespace libyang_js
