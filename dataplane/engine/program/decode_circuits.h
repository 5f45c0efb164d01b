// Records of circuits and of what is switched between them (records.h).
#pragma once

#include "reader.h"
#include "transaction.h"

namespace weft {

std::string decode_circuit(Reader &reader, Transaction &transaction, bool remove);
std::string decode_cross_connect(Reader &reader, Transaction &transaction, bool remove);

}  // namespace weft
