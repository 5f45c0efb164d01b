// Which nodes are printed for what they are themselves: configuration or state, defaults by the mode asked for (RFC 6243,
// section 3), configuration of the origins asked for.
#include "edit_defaults.h"
#include "edit_facts.h"
#include "emit.h"

namespace libyang_js {

namespace {

constexpr uint16_t leaves = LYD_NODE_TERM | LYD_NODE_ANY;

bool implied(const lyd_node *node) { return node == nullptr || (node->flags & LYD_DEFAULT) != 0; }

}  // namespace

// Frame: of the parent.
bool Emitter::hidden(Frame &frame, Pair node) {
    const auto *schema = node.schema();
    if (is_hole(schema)) {
        return false;
    }
    const bool config = (schema->flags & LYS_CONFIG_W) != 0;
    const bool term = (schema->nodetype & leaves) != 0;
    if (config ? options_.state_only && term : options_.config_only) {
        return true;
    }
    if (implied(node.left) && implied(node.right)) {
        // The flag of a container is of now; it is printed when there is something in it.
        const bool certain = !(view_.changed() && non_presence(schema));
        const bool shown = options_.defaults == Defaults::all || options_.defaults == Defaults::tagged;
        if (certain && !shown) {
            return true;
        }
        // Of what exists in both trees the first one alone knows its defaults.
        if (config && node.left == nullptr && (!frame.node || frame.node.left != nullptr)) {
            return true;
        }
    } else if (options_.defaults == Defaults::trim && term && is_default(frame, node)) {
        return true;
    }
    if (options_.origins != nullptr && options_.origins->filters() && config && term) {
        const auto origin = origin_of(frame, node, provided(frame, schema));
        return !options_.origins->wants(*origin);
    }
    return false;
}

// Does it hold what it would hold if nobody had set it? A leaf-list does as a whole.
bool Emitter::is_default(Frame &frame, Pair node) {
    const auto *schema = node.schema();
    if (schema->nodetype == LYS_LEAF) {
        return holds_default(leaf_of(node));
    }
    if (frame.weighed == schema) {
        return frame.weighs_nothing;
    }
    frame.weighed = schema;
    const auto values = default_values(schema);
    size_t at = 0;
    bool same = !values.empty();
    auto walk = view_.instances(frame.node, schema);
    for (Pair one = view_.next(walk); one && same; one = view_.next(walk), at++) {
        const bool ordered = (schema->flags & LYS_ORDBY_USER) != 0;
        same = at < values.size() && (ordered ? same_value(leaf_of(one), values[at]) : holds_default(leaf_of(one)));
    }
    return frame.weighs_nothing = same && at == values.size();
}

// Is the node of a sparse frame itself asked for, whatever is in it?
bool Emitter::is_selected(const Frame &frame) const {
    const bool filtered = options_.origins != nullptr && options_.origins->filters() && !options_.state_only;
    if (!filtered || non_presence(frame.schema()) || !frame.origin || !options_.origins->wants(*frame.origin)) {
        return false;
    }
    // Of an entry that is on the way to something, the last that is named is no key.
    return frame.way == Frame::Way::all ||
           (frame.way == Frame::Way::listed && (frame.list.empty() || lysc_is_key(frame.list.back()->schema)));
}

}  // namespace libyang_js
