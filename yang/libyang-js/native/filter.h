// Filters of a read: RFC 6241, section 6 (subtree) and section 8.9 (XPath).
// A filter is compiled once against a context, then bound to a tree, where it answers for each node, asked in
// document order from the top. Binding and picking never change the tree and may run on several threads at once.
#pragma once

#include <libyang/libyang.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "error.h"

namespace libyang_js {

// Bounds of one evaluation. `spend` is called for every node visited and is false once a bound is passed.
class Budget {
  public:
    Budget(std::chrono::milliseconds deadline, uint64_t nodes);
    bool spend(uint64_t nodes = 1);
    bool spent() const { return spent_; }
    // The bound that was passed, in words: "the deadline of 100 ms".
    std::string passed() const;

  private:
    std::chrono::milliseconds deadline_;
    uint64_t nodes_;
    std::chrono::steady_clock::time_point end_;
    uint64_t left_;
    uint64_t until_clock_ = 1024;
    bool spent_ = false;
};

enum class Pick : uint8_t {
    none,     // neither the node nor anything under it
    descend,  // the node, and those of its children that are picked in turn; `all` for the keys of a list entry
    all,      // the node with everything under it
};

class Selection {
  public:
    virtual ~Selection() = default;
    virtual Pick pick(const lyd_node *node) = 0;
    // Nothing at all is picked.
    virtual bool empty() const = 0;
    // True: of the children of `parent` (null: of the top level) only those put into `out`, in document order, are
    // picked, keys of a list entry included; so a read of one entry of many touches one. False: all children are
    // picked whole. Asked for nodes only that were picked with `descend`.
    virtual bool children(const lyd_node *parent, std::vector<const lyd_node *> &out) = 0;
};

struct FilterNode;

class Filter {
  public:
    virtual ~Filter() = default;
    // The filter in the form that is evaluated while the data are walked (filter_match.h); null when it has to be
    // evaluated beforehand, by `select`.
    virtual const FilterNode *pattern() const = 0;
    // For a filter without a pattern. Null, with an error, when a budget is spent or an evaluation fails. `root` is the
    // first top-level sibling.
    virtual std::unique_ptr<Selection> select(const lyd_node *root, Budget &budget, Errors &errors) const {
        (void)root, (void)budget, (void)errors;
        return nullptr;
    }
    // What instances of a schema node matter to the filter: none, themselves and some below (`descend`), or all below.
    virtual Pick reach(const lysc_node *schema) const = 0;
    // May only a part of what is under an instance of a schema node be selected, or matter? Else all or nothing of it is.
    virtual bool divides(const lysc_node *schema) const = 0;
    // Conservative: true when unsure. `schema_path`: /module:name/name…
    virtual bool may_match(const std::string &schema_path) const = 0;
    // The canonical values of a leaf of list entries that the filter asks for by value: entries in which the leaf has
    // none of these matter neither to what is selected nor to how. False when all entries may matter.
    virtual bool values(const std::string &leaf_path, std::vector<std::string> &out) const = 0;
};

using Prefixes = std::map<std::string, std::string>;  // prefix -> namespace URI

// Both give null and an error when the filter is malformed.
// `xml`: the content of a <filter> element, wrapped so that all its prefixes are declared: one element whose children count.
std::unique_ptr<Filter> compile_subtree(const ly_ctx *context, const std::string &xml, Errors &errors);
std::unique_ptr<Filter> compile_xpath(const ly_ctx *context, const std::string &expression, const Prefixes &prefixes,
                                      Errors &errors);

}  // namespace libyang_js
