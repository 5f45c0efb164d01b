#include "siblings.h"

#include <array>
#include <cstdint>
#include <mutex>

namespace libyang_js {

namespace {

// More than there are threads.
std::array<std::mutex, 16> turns;

std::unique_lock<std::mutex> turn(const lyd_node *siblings) {
    // At the top there is no hash table.
    if (siblings == nullptr || siblings->parent == nullptr) {
        return {};
    }
    const auto address = reinterpret_cast<uintptr_t>(siblings->parent);
    return std::unique_lock(turns[(address >> 4 ^ address >> 10) % turns.size()]);
}

class EveryTurn {
  public:
    EveryTurn() {
        for (auto &one : turns) {
            one.lock();
        }
    }
    ~EveryTurn() {
        for (auto &one : turns) {
            one.unlock();
        }
    }
    EveryTurn(const EveryTurn &) = delete;
    EveryTurn &operator=(const EveryTurn &) = delete;
};

}  // namespace

LY_ERR find_sibling(const lyd_node *siblings, const lysc_node *schema, const char *value, size_t length, lyd_node **found) {
    const auto alone = turn(siblings);
    return lyd_find_sibling_val(siblings, schema, value, length, found);
}

LY_ERR find_sibling(const lyd_node *siblings, const lyd_node *instance, lyd_node **found) {
    const auto alone = turn(siblings);
    return lyd_find_sibling_first(siblings, instance, found);
}

LY_ERR find_path(const lyd_node *root, const char *path, lyd_node **found) {
    const EveryTurn alone;
    return lyd_find_path(root, path, 0, found);
}

LY_ERR find_target(const ly_path *path, const lyd_node *root, lyd_node **found) {
    const EveryTurn alone;
    return lyd_find_target(path, root, found);
}

}  // namespace libyang_js
