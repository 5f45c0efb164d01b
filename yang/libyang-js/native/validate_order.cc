#include "validate_order.h"

#include <algorithm>
#include <string_view>

#include "journal.h"

namespace libyang_js {

namespace {

int depth(const lyd_node *node) {
    int depth = 0;
    for (; node != nullptr; node = lyd_parent(node)) {
        depth++;
    }
    return depth;
}

// Numbers by their amount: a shorter one is less.
int compare_text(std::string_view one, std::string_view other) {
    const auto number = [](std::string_view text) { return text.find_first_not_of("0123456789") == text.npos; };
    if (one.size() != other.size() && number(one) && number(other)) {
        return one.size() < other.size() ? -1 : 1;
    }
    return one.compare(other);
}

int compare_entries(const lyd_node *one, const lyd_node *other) {
    if (one->schema->nodetype != LYS_LIST) {
        return compare_text(lyd_get_value(one), lyd_get_value(other));
    }
    const lyd_node *a = lyd_child(one);
    const lyd_node *b = lyd_child(other);
    for (; a != nullptr && b != nullptr && lysc_is_key(a->schema) && lysc_is_key(b->schema); a = a->next, b = b->next) {
        if (const int order = compare_text(lyd_get_value(a), lyd_get_value(b)); order != 0) {
            return order;
        }
    }
    return 0;
}

}  // namespace

bool DocumentOrder::before(const lyd_node *one, const lyd_node *other) {
    int more = depth(one) - depth(other);
    if (one == other) {
        return false;
    }
    const bool below = more > 0;
    for (; more > 0; more--) {
        one = lyd_parent(one);
    }
    for (; more < 0; more++) {
        other = lyd_parent(other);
    }
    if (one == other) {
        return !below;
    }
    while (lyd_parent(one) != lyd_parent(other)) {
        one = lyd_parent(one);
        other = lyd_parent(other);
    }
    return sibling_before(one, other);
}

bool DocumentOrder::sibling_before(const lyd_node *one, const lyd_node *other) {
    const lysc_node *a = one->schema;
    const lysc_node *b = other->schema;
    if (a == b) {
        return ordered_by_user(a) ? place(one) < place(other) : compare_entries(one, other) < 0;
    }
    if (a->module != b->module && lysc_data_parent(a) == nullptr) {
        uint32_t index = 0;
        const lys_module *module = nullptr;
        while ((module = ly_ctx_get_module_iter(a->module->ctx, &index)) != a->module && module != b->module) {
        }
        return module == a->module;
    }
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, lysc_data_parent(a), a->module->compiled, 0)) != a && child != b && child != nullptr) {
    }
    return child == a;
}

size_t DocumentOrder::place(const lyd_node *entry) {
    if (const auto known = places_.find(entry); known != places_.end()) {
        return known->second;
    }
    const lyd_node *first = entry;
    while (const lyd_node *before = entry_before(first)) {
        first = before;
    }
    size_t place = 0;
    for (; first != nullptr && first->schema == entry->schema; first = first->next) {
        places_[first] = place++;
    }
    return places_[entry];
}

}  // namespace libyang_js
