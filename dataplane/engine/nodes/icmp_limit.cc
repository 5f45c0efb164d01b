// The limit of ICMP errors and redirects, of both families together (RFC 1812 §4.3.2.8, RFC 4443 §2.4 (f)): one bucket of the box,
// and when that is empty a small one of the interface that the packet came by, so that a flood on one interface leaves the senders
// on others their path MTU discovery and traceroute.
//
// Drops (of what is not made): icmp-error rate-limited
#include "nodes.h"

namespace weft {

bool may_send_error(Worker &w, const Packet &p) {
    const Limit limit = w.table->settings.icmp_errors;
    if (w.core.icmp_errors.take(w.now, limit)) return true;
    const Interface *in = w.interface(p.interface);
    if (in && in->runtime->icmp_errors.take(w.now, icmp_errors_reserve(limit))) return true;
    w.unmade(Drop::icmp_limited);
    return false;
}

}  // namespace weft
