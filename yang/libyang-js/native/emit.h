// Prints a data tree piece by piece: XML (elements one after another, no wrapper) or JSON (RFC 7951). A second tree may
// be read with it as one (see view.h).
//
// The emitter is a cursor over the nodes. It never writes to a tree, not even libyang's cached strings. The keys of a
// list come with every entry that is picked. O(nodes picked), O(depth) of memory.
#pragma once

#include <libyang/libyang.h>

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "access.h"
#include "emit_origin.h"
#include "filter_match.h"
#include "view.h"

namespace libyang_js {

// What is printed of leaves that have a default (RFC 6243, section 3): what a client set, even to the default; what
// differs from the default; all; or all, and those that nobody set bear a tag.
enum class Defaults : uint8_t { set_explicitly, trim, all, tagged };

// What stands on a node beside its own annotations.
struct Tags {
    bool by_default = false;
    std::optional<Origin> origin = {};  // where it is not that of the parent
    bool any() const { return by_default || origin.has_value(); }
};

// What is printed: all of it, or what one of the two kinds of filter picks.
struct EmitOptions {
    bool config_only = false;
    // Only what is not configuration, with the nodes above it and the keys of entries.
    bool state_only = false;
    Defaults defaults = Defaults::set_explicitly;
    // Levels of a node that is picked whole, its own among them; without a filter each top-level node is picked. Keys
    // come with their entry.
    size_t max_depth = SIZE_MAX;
    const Origins *origins = nullptr;
    Selection *selection = nullptr;       // of one tree alone
    const FilterNode *pattern = nullptr;  // evaluated on the way
    Budget *budget = nullptr;             // bounds that evaluation
    // Containers whose content comes from elsewhere: where one is picked whole, `fill` stops inside.
    std::vector<const lysc_node *> holes = {};
    const Access *access = nullptr;  // what may not be read is not printed, and no filter sees it
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
        size_t levels = 0;    // that may be printed below it
        bool sparse = false;  // only there for what is picked inside; its keys are printed when it is opened
        bool opened = false;  // what stands before its first child is printed
        bool empty = true;    // JSON: nothing printed in it yet

        enum class Way : uint8_t { all, listed, planned, bare } way = Way::all;
        const Access::Grant *grant = nullptr;  // null: all that is in it may be read
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

        Origin provided = Origin::system;     // of what only the second tree has below it
        std::optional<Origin> origin;         // of itself, or what it inherits
        const lysc_node *weighed = nullptr;   // the leaf-list of which it is known
        bool weighs_nothing = false;          // that it is its defaults

        const lysc_node *schema() const { return node ? node.schema() : nullptr; }
    };
    // `parent` empty: everything; else its children alone, whole.
    Emitter(const ly_ctx *context, PairView view, Pair parent, const EmitOptions &options);

    virtual void start(std::string &, Frame &) {}
    // A node without children that are to be printed: a leaf, an anydata, an empty container.
    virtual void leaf(std::string &out, Frame &frame, const lyd_node *node, const Tags &tags) = 0;
    // True when something stands before the first child.
    virtual bool open(std::string &out, Frame &frame, const lyd_node *node, const Tags &tags) = 0;
    virtual void close(std::string &out, Frame &frame) = 0;

  private:
    void step(std::string &out);
    void walk_all(std::string &out, Frame &frame);
    void walk_list(std::string &out, Frame &frame);
    void walk_plan(std::string &out, Frame &frame);
    void put(std::string &out, Pair node, const Access::Grant *grant);
    void put_inner(std::string &out, Pair node, const Access::Grant *grant);
    void put_term(std::string &out, Pair node);
    void put_cut(std::string &out);
    bool is_hole(const lysc_node *schema) const;
    bool hidden(Frame &frame, Pair node);
    bool is_default(Frame &frame, Pair node);
    bool is_selected(const Frame &frame) const;
    std::optional<Origin> origin_of(const Frame &frame, Pair node, Origin provided) const;
    Origin provided(const Frame &frame, const lysc_node *schema) const;
    Tags tags(const Frame &frame, Pair node) const;
    // What is known of a node in `frame`; false when it may not be read.
    bool admits(const Frame &frame, Pair node, const Access::Grant *&grant) const;
    Frame &push(Pair node, Frame::Way way, const Access::Grant *grant);
    const lyd_node *leaf_of(Pair node) const;
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
