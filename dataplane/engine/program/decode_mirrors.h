// Records of mirrors (records.h).
#pragma once

#include "reader.h"
#include "transaction.h"

namespace weft {

std::string decode_mirror(Reader &reader, Transaction &transaction, bool remove);

}  // namespace weft
