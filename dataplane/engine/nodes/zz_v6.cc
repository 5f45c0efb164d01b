#include "nodes.h"
namespace weft {
void ip6_input(Worker &w, Vector &in) { for (unsigned n = 0; n < in.size; n++) w.discard(*in.packets[n], Drop::ip6_disabled); }
void ip6_lookup(Worker &w, Vector &in) { ip6_input(w, in); }
void forward6(Worker &w, Packet &p, const Interface &, const Ip6 &, uint32_t) { w.discard(p, Drop::ip6_disabled); }
bool icmp6_input(Worker &w, Packet &p) { w.discard(p, Drop::ip6_disabled); return true; }
void icmp6_error(Worker &, Packet &, uint8_t, uint8_t, uint32_t, const Interface *) {}
void send_solicitation(Worker &, const Interface &, const Ip6 &, const MacAddress *) {}
bool skip_extensions(const Packet &, uint8_t &, uint32_t &, bool &, bool &) { return false; }
}
