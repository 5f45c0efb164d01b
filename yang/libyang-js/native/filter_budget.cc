// The clock is read every 1,024 nodes: a read costs about as much as a few nodes.
#include "filter.h"

namespace libyang_js {

namespace {
constexpr uint64_t nodes_between_looks = 1024;
}

Budget::Budget(std::chrono::milliseconds deadline, uint64_t nodes)
    : deadline_(deadline), nodes_(nodes), end_(std::chrono::steady_clock::now() + deadline), left_(nodes) {}

bool Budget::spend(uint64_t nodes) {
    if (spent_) return false;
    if (nodes > left_) {
        left_ = 0;
        spent_ = true;
        return false;
    }
    left_ -= nodes;
    if (nodes < until_clock_) {
        until_clock_ -= nodes;
        return true;
    }
    until_clock_ = nodes_between_looks;
    spent_ = std::chrono::steady_clock::now() >= end_;
    return !spent_;
}

std::string Budget::passed() const {
    if (spent_ && left_ > 0) return "the deadline of " + std::to_string(deadline_.count()) + " ms";
    return "the limit of " + std::to_string(nodes_) + " nodes visited";
}

}  // namespace libyang_js
