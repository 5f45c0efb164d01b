// Builds new data nodes from text, level by level, several times faster than libyang's parsers: the members of a schema
// node are looked up once, a value that repeats is duplicated instead of parsed again, short lists of children are linked
// without libyang's search for their place. Values are stored by libyang's type plugins and primed; what libyang leaves
// to validation is not checked here either.
//
// It is for the common case only: whatever is out of the ordinary (an unknown or forbidden node, a wrong value, an
// anydata, keys that do not stand first) throws Unusual, and the caller has libyang parse the text, which then says what
// is wrong. Text given to `term` with `lasting` has to outlive the builder. libyang keeps a hash in each node by a
// function that is not public; it is computed alike here, and the first node of each schema is compared with libyang's.
// Not for two threads. O(nodes).
#pragma once

#include <libyang/libyang.h>

#include <memory>
#include <string_view>
#include <vector>

namespace libyang_js {

struct Unusual {};

// Can a value of this type hold prefixes? What they stand for is known to the document alone.
bool holds_prefixes(const lysc_type *type);

class NodeBuilder {
  public:
    struct Shape;
    // One schema node below another, or at the top level.
    struct Member {
        const lysc_node *schema = nullptr;
        size_t order = 0;         // among its siblings
        uint32_t name_hash = 0;   // of module and name, not finished
        uint32_t hash = 0;        // the same, finished
        bool prefixed = false;    // its values may hold prefixes
        bool identity = false;    // its values are names of identities
        std::unique_ptr<Shape> below;
        std::string_view last_text;
        const lyd_node_term *last = nullptr;  // a node with this text
    };
    struct Shape {
        std::vector<Member> members;
        size_t keys = 0;
        size_t next = 0;  // of members, that is expected
        bool checked = false;
    };

    // Nodes below `parent`; null: of the top level.
    NodeBuilder(const ly_ctx *context, const lysc_node *parent, bool state = false);
    ~NodeBuilder();
    NodeBuilder(const NodeBuilder &) = delete;
    NodeBuilder &operator=(const NodeBuilder &) = delete;

    // The node of this name where the builder stands.
    Member &member(const lys_module *module, std::string_view name);
    Member &member(std::string_view ns, std::string_view name);
    // Of the schema node that the builder stands in; null at the top level.
    const lysc_node *standing() const;
    const ly_ctx *context() const { return context_; }
    void open(Member &member);
    void close();
    // A leaf or leaf-list entry. `hints`: LYD_VALHINT_*, what the text was written as.
    void term(Member &member, std::string_view text, uint32_t hints, bool lasting);
    bool inside() const { return levels_.size() > 1; }
    // What was closed at the outermost level since the last call; the caller owns it.
    std::vector<lyd_node *> take() { return std::move(done_); }

  private:
    struct Level {
        Member *member;  // null at the outermost
        Shape *shape;
        lyd_node_inner *node;
        size_t children = 0;
        size_t order = 0;  // of the last child
        std::vector<uint32_t> alike = {};  // children, by their hashes; counted once there are many
    };
    void count(Level &level, const lyd_node *node);
    void attach(Member &member, lyd_node *node);
    void check_hash(Shape &shape, const lyd_node *node) const;
    Member make(const lysc_node *schema, size_t order) const;
    Shape shape_of(const lysc_node *schema) const;

    const ly_ctx *context_;
    const lysc_node *parent_;
    bool state_;
    Shape outermost_;
    std::vector<std::unique_ptr<Member>> top_;
    std::vector<Level> levels_;
    std::vector<lyd_node *> done_;
};

}  // namespace libyang_js
