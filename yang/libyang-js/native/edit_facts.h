// What a compiled schema says about whole subtrees, worked out once per use and node.
#pragma once

#include <libyang/libyang.h>

#include <unordered_map>

namespace libyang_js {

struct Facts {
    bool implied = false;        // children may exist by themselves: defaults, non-presence containers
    bool implied_below = false;  // so it is for this node or some node under it
    bool when_below = false;     // some node under this one has a `when`
    bool choice = false;         // children of choices
};

bool has_when(const lysc_node *schema);  // of itself, its augment or uses, or a case or choice around it
bool non_presence(const lysc_node *schema);

class SchemaFacts {
  public:
    const Facts &of(const lysc_node *inner);
    // Can nodes under this choice or case exist by themselves?
    bool implied_in(const lysc_node *choice);

  private:
    std::unordered_map<const lysc_node *, Facts> facts_;
    std::unordered_map<const lysc_node *, bool> implied_;
};

}  // namespace libyang_js
