// Prints a data tree piece by piece: XML (elements one after another, no wrapper) or JSON (RFC 7951).
//
// The emitter is a cursor over the nodes. It never writes to the tree, not even libyang's cached strings. Nodes that
// hold a default that nobody set are not printed (RFC 6243, section 3.3, explicit). The keys of a list come with
// every entry that is picked. O(nodes picked), O(depth) of memory.
#pragma once

#include <libyang/libyang.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "filter.h"

namespace libyang_js {

// Fills every value's cached canonical string, so that reading the tree is pure from then on.
void prime_siblings(lyd_node *siblings);

// The value as text of a format (LY_VALUE_XML, LY_VALUE_JSON, LY_VALUE_CANON) without a write to it. For XML,
// `modules` collects those whose prefixes the text uses; it may be null otherwise.
class ValueText {
  public:
    ValueText(const ly_ctx *context, const lyd_value &value, LY_VALUE_FORMAT format, ly_set *modules = nullptr);
    ~ValueText();
    ValueText(const ValueText &) = delete;
    ValueText &operator=(const ValueText &) = delete;
    std::string_view view() const { return {text_, size_}; }

  private:
    const char *text_ = nullptr;
    size_t size_ = 0;
    bool dynamic_ = false;
    bool copied_ = false;
    const ly_ctx *context_;
    lyd_value copy_{};
};

struct EmitOptions {
    bool config_only = false;
    Selection *selection = nullptr;  // null: everything
};

class Emitter {
  public:
    virtual ~Emitter() = default;
    // Appends to `out` until it holds `bytes` or the time has come. False once all is printed.
    bool fill(std::string &out, size_t bytes, std::chrono::steady_clock::time_point until);

  protected:
    struct Frame {
        const lyd_node *parent = nullptr;  // null at the top
        const lyd_node *next = nullptr;    // the sibling that comes next
        std::vector<const lyd_node *> list;  // or, when `listed`, those that the selection names, from `at` on
        size_t at = 0;
        bool listed = false;
        bool all = false;                  // everything under it is picked
        const lysc_node *array = nullptr;  // JSON: the list whose array is open
        bool empty = true;                 // JSON: nothing printed in it yet
        std::string annotations;           // JSON: of the entries of the leaf-list that is open
        bool annotated = false;            // JSON: one of them has some
    };
    // `parent` is null unless only the children of one node are printed.
    Emitter(const lyd_node *parent, const lyd_node *first, const EmitOptions &options);

    virtual void start(std::string &, Frame &) {}
    // A node without children that are to be printed: a leaf, an anydata, an empty container.
    virtual void leaf(std::string &out, Frame &frame, const lyd_node *node) = 0;
    // True when something stands before the first child.
    virtual bool open(std::string &out, Frame &frame, const lyd_node *node) = 0;
    virtual void close(std::string &out, Frame &frame) = 0;

    std::vector<Frame> frames_;

  private:
    void step(std::string &out);
    void enter(const lyd_node *parent, const lyd_node *first, bool all);
    EmitOptions options_;
    bool started_ = false;
};

// Annotations (RFC 7952) of the edit and of libyang itself are not data.
bool is_data(const lyd_meta *meta);

std::unique_ptr<Emitter> emit_xml(const lyd_node *root, const EmitOptions &options);
std::unique_ptr<Emitter> emit_json(const lyd_node *root, const EmitOptions &options);
// One node's own value: an object for a container or an entry, the plain value of a leaf.
std::string json_of(const lyd_node *node);

}  // namespace libyang_js
