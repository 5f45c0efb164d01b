// The dispatch: vectors that wait are taken in the order of the list of nodes, until none is left. A node fills the vectors of
// others (and may fill its own) while its own work lies in a vector that nobody else sees.
#include <bit>

#include "nodes/nodes.h"

namespace weft {
namespace {

constexpr void (*functions[])(Worker &, Vector &) = {
#define X(node, name) node,
    WEFT_NODES(X)
#undef X
};

}  // namespace

void Worker::run_graph() {
    while (pending_) {
        const auto n = static_cast<size_t>(std::countr_zero(pending_));
        pending_ &= pending_ - 1;
        Vector *work = std::exchange(vectors_[n], spare_);
        functions[n](*this, *work);
        work->size = 0;
        spare_ = work;
    }
}

}  // namespace weft
