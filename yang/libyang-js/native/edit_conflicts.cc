#include "edit_conflicts.h"

#include <algorithm>
#include <unordered_map>
#include <utility>
#include <vector>

#include "edit_parse.h"

namespace libyang_js {

namespace {

std::string quoted(const char *name) {
    return std::string("\"") + name + "\"";
}

// Equal entries have equal hashes, and libyang has computed those. `end` is behind the last of the run.
bool find_repeated(const lyd_node *first, const lyd_node *end, const Report &report) {
    std::vector<std::pair<uint32_t, const lyd_node *>> hashes;
    for (const lyd_node *node = first; node != end; node = node->next) {
        hashes.emplace_back(node->hash, node);
    }
    std::stable_sort(hashes.begin(), hashes.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
    bool found = false;
    for (size_t i = 0; i < hashes.size(); i++) {
        for (size_t k = i + 1; k < hashes.size() && hashes[k].first == hashes[i].first; k++) {
            if (lyd_compare_single(hashes[i].second, hashes[k].second, 0) == LY_SUCCESS) {
                const bool entry = first->schema->nodetype == LYS_LIST;
                report(hashes[k].second, std::string(entry ? "an entry" : "a value") + " of " + quoted(first->schema->name) +
                                             " is given more than once");
                found = true;
                break;
            }
        }
    }
    return found;
}

class Cases {
  public:
    explicit Cases(const Report &report) : report_(report) {}

    bool conflict(const lyd_node *node) {
        for (const lysc_node *in = node->schema->parent; in != nullptr && in->nodetype == LYS_CASE; in = in->parent->parent) {
            const auto [of, first] = seen_.try_emplace(in->parent, in, node).first->second;
            if (of != in) {
                report_(node, quoted(node->schema->name) + " and " + quoted(first->schema->name) +
                                  " are of two cases of the choice " + quoted(in->parent->name));
                return true;
            }
            if (in->parent->parent == nullptr) {
                return false;
            }
        }
        return false;
    }

  private:
    const Report &report_;
    std::unordered_map<const lysc_node *, std::pair<const lysc_node *, const lyd_node *>> seen_;
};

}  // namespace

bool find_conflicts(const lyd_node *first, bool state, const Report &report) {
    bool found = false;
    Cases cases(report);
    for (const lyd_node *node = first; node != nullptr;) {
        const lysc_node *schema = node->schema;
        if (schema == nullptr) {
            node = node->next;
            continue;
        }
        const lyd_node *end = node->next;
        while (end != nullptr && end->schema == schema) {
            end = end->next;
        }
        const bool many = (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
        if (end != node->next && !many) {
            report(node, quoted(schema->name) + " is given more than once");
            found = true;
        } else if (end != node->next && !state && !lysc_is_dup_inst_list(schema)) {
            found = find_repeated(node, end, report) || found;
        }
        for (; node != end; node = node->next) {
            if (operation_of(node) == nullptr && cases.conflict(node)) {
                return true;
            }
        }
    }
    return found;
}

}  // namespace libyang_js
