// Prints a data tree piece by piece: XML (elements one after another, no wrapper) or JSON (RFC 7951). A second tree may
// be read with it as one (see view.h).
//
// The emitter is a cursor over the nodes. It never writes to a tree, not even libyang's cached strings. Nodes that
// hold a default that nobody set are not printed (RFC 6243, section 3.3, explicit). The keys of a list come with
// every entry that is picked. O(nodes picked), O(depth) of memory.
#pragma once

#include <libyang/libyang.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filter_match.h"
#include "view.h"

namespace libyang_js {

// What is printed: all of it, or what one of the two kinds of filter picks.
struct EmitOptions {
    bool config_only = false;
    Selection *selection = nullptr;       // of one tree alone
    const FilterNode *pattern = nullptr;  // evaluated on the way
    Budget *budget = nullptr;             // bounds that evaluation
    // Containers whose content comes from elsewhere: where one is picked whole, `fill` stops inside.
    std::vector<const lysc_node *> holes = {};
};

class Emitter {
  public:
    virtual ~Emitter() = default;
    // Appends to `out` until it holds `bytes` or the time has come, or up to a hole. False once all is printed. Throws Matcher::Spent.
    bool fill(std::string &out, size_t bytes, std::chrono::steady_clock::time_point until);
    // The hole that it stands in, or null.
    const lyd_node *hole() const { return hole_; }
    // From now on the filter is not bounded.
    void lift();
    // The walks over `left` that it is in.
    void walks(const std::function<void(Siblings &)> &visit);

  protected:
    // A node whose children are being printed; the first stands for the top level.
    struct Frame {
        Pair node;
        bool opened = false;  // what stands before its first child is printed
        bool empty = true;    // JSON: nothing printed in it yet

        enum class Way : uint8_t { all, listed, planned } way = Way::all;
        PairView::Walk walk;
        // `listed`: those that the selection names, from `at` on.
        std::vector<const lyd_node *> list;
        // `planned`: the run that is worked on, and its entries when they are named by their keys.
        const Matcher::Plan *plan = nullptr;
        size_t run = 0;
        bool begun = false;
        bool looked_up = false;
        std::vector<Pair> entries;
        size_t at = 0;

        const lysc_node *array = nullptr;  // JSON: the list whose array is open
        std::string annotations;           // JSON: of the entries of the leaf-list that is open
        bool annotated = false;            // JSON: one of them has some

        const lysc_node *schema() const { return node ? node.schema() : nullptr; }
    };
    // `parent` empty: everything; else its children alone, whole.
    Emitter(const ly_ctx *context, PairView view, Pair parent, const EmitOptions &options);

    virtual void start(std::string &, Frame &) {}
    // A node without children that are to be printed: a leaf, an anydata, an empty container.
    virtual void leaf(std::string &out, Frame &frame, const lyd_node *node) = 0;
    // True when something stands before the first child.
    virtual bool open(std::string &out, Frame &frame, const lyd_node *node) = 0;
    virtual void close(std::string &out, Frame &frame) = 0;

  private:
    void step(std::string &out);
    void walk_all(std::string &out, Frame &frame);
    void walk_list(std::string &out, Frame &frame);
    void walk_plan(std::string &out, Frame &frame);
    void put(std::string &out, Pair node);
    bool is_hole(const lysc_node *schema) const;
    bool hidden(Pair node) const;
    Frame &push(Pair node, Frame::Way way);
    void leave(std::string &out);
    void open_all(std::string &out);

    PairView view_;
    EmitOptions options_;
    std::optional<Matcher> matcher_;
    std::deque<Frame> frames_;  // those from `depth_` on are kept to be used again
    size_t depth_ = 0;
    bool started_ = false;
    const lyd_node *hole_ = nullptr;
};

// Annotations (RFC 7952) of the edit and of libyang itself are not data.
bool is_data(const lyd_meta *meta);

std::unique_ptr<Emitter> emit_xml(const ly_ctx *context, PairView view, const EmitOptions &options);
std::unique_ptr<Emitter> emit_json(const ly_ctx *context, PairView view, const EmitOptions &options);
// One node's own value: an object for a container or an entry, the plain value of a leaf.
std::string json_of(const lyd_node *node);

}  // namespace libyang_js
