// Access lists for the box: those of rules.h with all entries made to pass, so that every packet is judged and comes out.
#pragma once

#include <string>

#include "box.h"
#include "rules.h"

namespace weft::bench {

void set(Box &box, AclSpec list);
// On what comes in by if1; an empty name: none.
void bind(Box &box, const std::string &name);
// Packets within entries of the list by chance, but for those that have no route or whose addresses no router forwards.
Traffic traffic_of(const Box &box, const AclSpec &list, size_t count);

}  // namespace weft::bench
