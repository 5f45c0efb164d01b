// What services-bench measures in files of its own.
#pragma once

#include <string>

#include "box.h"

namespace weft::bench {

// Prints lines "name value", as services.cc says, of the names that begin so.
void bridge(double seconds, const std::string &only);
void fabric(double seconds, const std::string &only);

}  // namespace weft::bench
