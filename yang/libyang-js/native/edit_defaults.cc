#include "edit_defaults.h"

#include <libyang/plugins_types.h>

#include <algorithm>

namespace libyang_js {

std::vector<const lyd_value *> default_values(const lysc_node *schema) {
    std::vector<const lyd_value *> values;
    if (schema->nodetype == LYS_LEAF) {
        if (const auto *preset = reinterpret_cast<const lysc_node_leaf *>(schema)->dflt; preset != nullptr) {
            values.push_back(preset);
        }
    } else if (schema->nodetype == LYS_LEAFLIST) {
        auto *const *presets = reinterpret_cast<const lysc_node_leaflist *>(schema)->dflts;
        values.assign(presets, presets + LY_ARRAY_COUNT(presets));
    }
    return values;
}

std::string default_text(const lysc_node *schema) {
    std::string text;
    for (const auto *value : default_values(schema)) {
        const char *canonical = lyd_value_get_canonical(schema->module->ctx, value);
        text += (text.empty() ? "" : ", ") + std::string(canonical == nullptr ? "" : canonical);
    }
    return text;
}

bool same_value(const lyd_node *term, const lyd_value *value) {
    const auto &own = reinterpret_cast<const lyd_node_term *>(term)->value;
    return own.realtype->plugin->compare(&own, value) == LY_SUCCESS;
}

bool holds_default(const lyd_node *term) {
    const auto values = default_values(term->schema);
    return std::any_of(values.begin(), values.end(), [&](const lyd_value *value) { return same_value(term, value); });
}

}  // namespace libyang_js
