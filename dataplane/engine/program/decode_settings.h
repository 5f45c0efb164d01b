// Decoding of the records that set how packets are treated: those of interfaces, and the limits of the member.
#pragma once

#include "reader.h"
#include "transaction.h"

namespace weft {

// A text when a value is bad; when the reader ran dry, nothing is added and it says so itself.
std::string decode_interface_features(Reader &r, Transaction &t, bool remove);
std::string decode_punt_policer(Reader &r, Transaction &t);
std::string decode_icmp_settings(Reader &r, Transaction &t);

}  // namespace weft
