// Records of bridge domains (records.h).
#pragma once

#include "reader.h"
#include "transaction.h"

namespace weft {

std::string decode_bridge(Reader &reader, Transaction &transaction);
std::string decode_bridge_delete(Reader &reader, Transaction &transaction);

}  // namespace weft
