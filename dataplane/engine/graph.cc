// The dispatch: vectors that wait are taken in the order of the list of nodes, until none is left. A node fills the vectors of
// others (and may fill its own) while its own work lies in a vector that nobody else sees.
//
// Cycles of nodes: the clock is read once between two nodes, but it costs as much as a small packet does. So bursts of
// `timed_always` packets and more are always timed; of smaller ones each `sampled`th, which stands for all of them.
#include <bit>

#include "cycles.h"
#include "nodes/nodes.h"

namespace weft {
namespace {

constexpr unsigned timed_always = 16;
constexpr uint64_t sampled = 16;

constexpr void (*functions[])(Worker &, Vector &) = {
#define X(node, name) node,
    WEFT_NODES(X)
#undef X
};

}  // namespace

template <bool timed, bool traced>
void Worker::dispatch(uint64_t weight) {
    uint64_t before = timed ? cycles() : 0;
    while (pending_) {
        const auto n = static_cast<size_t>(std::countr_zero(pending_));
        pending_ &= pending_ - 1;
        Vector *work = std::exchange(vectors_[n], spare_);
        NodeCounters &c = nodes[n];
        c.packets += work->size;
        c.bursts += 1;
        if constexpr (traced)
            for (unsigned i = 0; i < work->size; i++) trace_visit(static_cast<Node>(n), *work->packets[i], work->objects[i]);
        functions[n](*this, *work);
        work->size = 0;
        spare_ = work;
        if (timed) {
            const uint64_t after = cycles();
            c.cycles += (after - before) * weight;
            before = after;
        }
    }
}

void Worker::run_graph() {
    if (!pending_) return;
    if (vectors_[static_cast<size_t>(std::countr_zero(pending_))]->size >= timed_always)
        dispatch<true, false>(1);
    else if (++small_ % sampled == 0)
        dispatch<true, false>(sampled);
    else
        dispatch<false, false>(0);
}

bool Worker::make_way() {
    if (made_way_) return false;
    made_way_ = true;
    // Of a node that calls, the spare vector is in use by now; of who calls from elsewhere, it is the dispatch's still.
    Vector *const outer_spare = std::exchange(spare_, inner_spare_);
    tracing ? dispatch<false, true>(0) : dispatch<false, false>(0);
    inner_spare_ = std::exchange(spare_, outer_spare);
    made_way_ = false;
    return true;
}

// Packets under trace: not timed, for they would say nothing of the others.
void Worker::run_traced() { dispatch<false, true>(0); }

}  // namespace weft
