#include "extract.h"

#include <unordered_map>

#include "addon.h"
#include "ly_error.h"

namespace libyang_js {

namespace {

class Extractor {
  public:
    Extractor(const Filter &filter, Budget &budget, DataTree &part) : filter_(filter), budget_(budget), part_(part) {}

    // `all`: everything under `parent` matters.
    void siblings(const lyd_node *first, lyd_node *parent, bool all) {
        for (const lyd_node *node = first; node != nullptr; node = node->next) {
            if (parent != nullptr && parent->schema->nodetype == LYS_LIST && (node->schema->flags & LYS_KEY) != 0) {
                continue;  // comes with its entry
            }
            const Pick pick = all ? Pick::all : reach(node->schema);
            if (pick != Pick::none) {
                siblings(lyd_child(node), copy(node, parent), pick == Pick::all);
            }
        }
    }

  private:
    lyd_node *copy(const lyd_node *node, lyd_node *parent) {
        if (!budget_.spend()) {
            Error error;
            error.tag = "resource-denied";
            error.message = "The filter needs configuration and state together, and what it can look at passed " +
                            budget_.passed() + "; name the entries that are wanted by their keys";
            throw Failure{{std::move(error)}};
        }
        lyd_node *made = nullptr;
        auto *above = reinterpret_cast<lyd_node_inner *>(parent);
        if (lyd_dup_single(node, above, LYD_DUP_WITH_FLAGS, &made) != LY_SUCCESS) {
            throw Failure{take_errors(part_.context, "the tree cannot be copied")};
        }
        if (parent == nullptr) {
            part_.link(nullptr, made);
        }
        return made;
    }

    Pick reach(const lysc_node *schema) {
        const auto [known, fresh] = reach_.try_emplace(schema);
        if (fresh) {
            known->second = filter_.reach(schema);
        }
        return known->second;
    }

    const Filter &filter_;
    Budget &budget_;
    DataTree &part_;
    std::unordered_map<const lysc_node *, Pick> reach_;
};

}  // namespace

void extract(const DataTree &tree, const Filter &filter, Budget &budget, DataTree &part) {
    Extractor(filter, budget, part).siblings(tree.root, nullptr, false);
}

}  // namespace libyang_js
