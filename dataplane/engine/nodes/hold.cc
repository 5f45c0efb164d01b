// Packets that wait until something is resolved: who may wait, and how each that does not get away is counted. One mechanism for
// all kinds (tables/holding.h has the bounds): neighbours wait for ARP and ND (nodes/glean_wait.cc), LISP and IPsec for their
// controllers (nodes/resolve.cc).
#include "nodes.h"

namespace weft {

void drop_held(Worker &w, Packet &p, HoldKind kind, HoldDrop why) {
    static constexpr Drop names[2][hold_drops] = {
        {Drop::neighbour_queue_full, Drop::neighbour_holding_full, Drop::neighbour_table_full, Drop::neighbour_gave_way,
         Drop::neighbour_failed},
        {Drop::resolve_queue_full, Drop::resolve_holding_full, Drop::resolve_table_full, Drop::resolve_expired,
         Drop::resolve_withdrawn},
    };
    w.holding.counters[static_cast<size_t>(kind)].drops[static_cast<size_t>(why)] += 1;
    w.drop(p, names[kind != HoldKind::glean][static_cast<size_t>(why)]);
}

void keep_held(Worker &w, Packet &p, HoldKind kind, HoldQueue &queue, bool longer) {
    if (queue.count >= Holding::queue_most && !longer) return drop_held(w, p, kind, HoldDrop::queue_full);
    if (!w.holding.keep(queue, kind, p)) return drop_held(w, p, kind, HoldDrop::holding_full);
    if (w.tracing) [[unlikely]] {
        w.trace(p, kind == HoldKind::glean  ? "waits for its neighbour's address"
                   : kind == HoldKind::lisp ? "waits for a LISP mapping"
                                            : "waits for a security association");
        w.trace_result(p, TraceResult::held);
    }
}

void drop_queue(Worker &w, HoldQueue &queue, HoldKind kind, HoldDrop why) {
    while (queue.count) drop_held(w, w.holding.take(queue), kind, why);
}

}  // namespace weft
