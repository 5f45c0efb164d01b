// In place of the kernel fast path, in an engine that was built where there was no compiler for it.
#include "fast_path.h"

namespace weft {

std::unique_ptr<FastPath> FastPath::open(Core &, std::string &error) {
    error = "this engine was built without the kernel fast path: gcc-bpf was not there";
    return nullptr;
}

}  // namespace weft
