// Records that program the box of the lab, from the octets of an input: mostly ones that are right, over few names, keys and
// prefixes, so that they meet each other; some that are not.
#pragma once

#include "packets.h"

namespace weft::fuzz {

// So many records.
Bytes records(Reader &in, unsigned count);

}  // namespace weft::fuzz
