// Names for the nodes of a journal: one object for each inner node or entry, however many changes speak of it.
#pragma once

#include <libyang/libyang.h>

#include <deque>
#include <unordered_map>

#include "journal.h"

namespace libyang_js {

struct Instance {
    const Instance *parent;  // null: top level
    const lysc_node *schema;
    NodeCopy node;  // with its keys or its value, of lists and leaf-lists; else null
    size_t index;   // in the order of their first use
};

class Instances {
  public:
    const Instance *of(const Instance *parent, const lysc_node *schema, const NodeCopy &node);
    const Instance *of(const PlaceRef &place);
    size_t size() const { return instances_.size(); }

  private:
    std::deque<Instance> instances_;
    std::unordered_multimap<size_t, const Instance *> index_;
    std::unordered_map<PlaceRef, const Instance *> places_;
};

}  // namespace libyang_js
