// Records of the chassis (records.h).
#pragma once

#include "reader.h"
#include "transaction.h"

namespace weft {

std::string decode_slot(Reader &reader, Transaction &transaction);
std::string decode_fabric(Reader &reader, Transaction &transaction);
std::string decode_place(Reader &reader, Transaction &transaction);
std::string decode_fabric_key(Reader &reader, Transaction &transaction);

}  // namespace weft
