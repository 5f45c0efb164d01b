// What receive rings may take of the memory: half of what is available, so that a box is not brought down by what it is asked to
// receive into. The kernel backs a ring at once, and takes it from others rather than to refuse it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace weft {

// Octets that the machine can give without swapping; UINT64_MAX when it does not say.
uint64_t available_memory();

// Empty, or why so many rings of that size are too many, and how many would do.
std::string too_much_memory(size_t rings, uint64_t octets, uint64_t available);

}  // namespace weft
