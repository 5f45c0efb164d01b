// What packets look IPv4 addresses up in, in one of three forms that Fib4 (fib4.h) chooses from by size:
//
//   trie    trie4.h   four strides of 8 bits, for VRFs of few routes: 1.3 KiB a node, at most four loads a lookup
//   narrow  dir24.h   one entry of 2 octets for each /24: one load, a second one under a /24 that has longer routes
//   wide    dir24.h   the same of 4 octets, for more objects or groups of longer routes than 15 bits can name
//
// An entry is 0 (no route but, may be, the default), object + 1, or a child by number with the highest bit set. Beside it, the length of the prefix it
// was painted from. One writer; readers in an epoch see each entry before or after a change, and either was right for its
// addresses at that moment.
#pragma once

#include <cstdint>

namespace weft {

inline constexpr uint32_t no_object = 0xffffffff;

struct Table4 {
    enum class Form : uint8_t { trie, narrow, wide };
    explicit Table4(Form f) : form(f) {}
    virtual ~Table4() = default;

    // Paints a route of length 1 or more. `leaf`: object + 1; `fresh`: there was none of that prefix. Room was reserved.
    virtual void set(uint32_t prefix, uint8_t length, uint32_t leaf, bool fresh) = 0;
    // Paints the next shorter route (`leaf` 0, `depth` 0: none) where that of `length` was.
    virtual void erase(uint32_t prefix, uint8_t length, uint32_t leaf, uint8_t depth) = 0;
    virtual void prefetch(uint32_t prefix) const = 0;

    const Form form;
};

}  // namespace weft
