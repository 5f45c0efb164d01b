// Records of workers, receive queues, and ports that are made.
#pragma once

#include <string>

#include "reader.h"
#include "transaction.h"

namespace weft {

std::string decode_workers(Reader &r, Transaction &t);
std::string decode_port_make(Reader &r, Transaction &t);
std::string decode_port_settings(Reader &r, Transaction &t, bool remove);

}  // namespace weft
