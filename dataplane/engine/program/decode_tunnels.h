// Records of tunnels.
#pragma once

#include "reader.h"
#include "transaction.h"

namespace weft {

std::string decode_tunnel(Reader &r, Transaction &t, bool remove);

}  // namespace weft
