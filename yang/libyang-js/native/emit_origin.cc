#include "emit_origin.h"

#include "emit.h"

namespace libyang_js {

namespace {

constexpr const char *names[] = {"intended", "dynamic", "system", "learned", "default", "unknown"};

bool is_set(const lyd_node *node) { return node != nullptr && (node->flags & LYD_DEFAULT) == 0; }

}  // namespace

const char *name_of(Origin origin) { return names[static_cast<size_t>(origin)]; }

std::optional<Origin> origin_named(std::string_view name) {
    for (size_t i = 0; i < std::size(names); i++) {
        if (name == names[i]) {
            return static_cast<Origin>(i);
        }
    }
    return std::nullopt;
}

Origin Emitter::provided(const Frame &frame, const lysc_node *schema) const {
    const auto rule = options_.origins->provided.find(schema);
    return rule == options_.origins->provided.end() ? frame.provided : rule->second;
}

// None of what is not configuration.
std::optional<Origin> Emitter::origin_of(const Frame &frame, Pair node, Origin provided) const {
    const auto *schema = node.schema();
    if ((schema->flags & LYS_CONFIG_W) == 0) {
        return std::nullopt;
    }
    const bool within = options_.origins->within;
    const auto *intended = within ? node.right : node.left;
    const auto *system = within ? node.left : node.right;
    const bool configured = is_set(intended);
    if (!is_set(system)) {
        return configured ? Origin::intended : Origin::by_default;
    }
    if ((schema->nodetype & LYD_NODE_TERM) == 0) {
        return configured ? Origin::intended : provided;
    }
    if (frame.node && (schema->flags & LYS_KEY) != 0) {
        return frame.origin;
    }
    const bool same = intended != nullptr && lyd_compare_single(intended, system, 0) == LY_SUCCESS;
    return !same ? provided : configured ? Origin::intended : Origin::by_default;
}

const lyd_node *Emitter::leaf_of(Pair node) const {
    return options_.origins != nullptr && options_.origins->within ? node.left : node.leaf();
}

Tags Emitter::tags(const Frame &frame, Pair node) const {
    Tags tags;
    if (options_.defaults == Defaults::tagged) {
        const auto *schema = node.schema();
        tags.by_default = (schema->nodetype & LYD_NODE_TERM) != 0 && (schema->flags & LYS_CONFIG_W) != 0 && !is_set(node.left) &&
                          !is_set(node.right);
    }
    if (options_.origins != nullptr && options_.origins->shown) {
        const auto origin = origin_of(frame, node, provided(frame, node.schema()));
        if (origin != frame.origin) {
            tags.origin = origin;
        }
    }
    return tags;
}

}  // namespace libyang_js
