// Access control (RFC 8341): what one user's rules say of each data node, compiled once against a context.
//
// Rules apply to the node that their path names and to everything below; the first that matches decides (section 3.4.5).
// They are turned into *grants*: one for each schema node under the circumstances that the rules can tell apart. Rules
// without keys in their paths make one grant for each schema node; a rule with keys makes others for the entries that it names,
// when they are first met; entries of which rules say the same share one. So a reader that walks down a tree with a grant in hand asks one table for each node, and none below a
// grant that permits everything.
//
// A node is readable when it and all nodes above it are permitted to be read, and for a list entry its keys too: an
// entry cannot be told without them. A position (`[3]`) in a rule's path is taken to be any entry by a rule that denies, and
// none by one that permits.
//
// Never changes but for grants of entries, which are made under a lock; any thread may ask. Making one costs O(schema +
// rules × depth).
#pragma once

#include <libyang/libyang.h>

#include <atomic>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "error.h"
#include "filter.h"

namespace libyang_js {

// What is done to a node; a bit of AccessRule::operations.
enum AccessOperation : uint8_t { access_create = 1, access_read = 2, access_update = 4, access_delete = 8, access_exec = 16 };

struct AccessRule {
    // Of what the rule speaks; `any`: of everything.
    enum class Kind : uint8_t { any, operation, notification, data } kind = Kind::any;
    std::string module;  // "*": any
    std::string name;    // of an operation or a notification; "*": any
    std::string path;    // of a data node, keys optional, module names as prefixes; "/": all
    uint8_t operations = 0;
    bool permit = false;
};

struct AccessRules {
    std::vector<AccessRule> rules;  // those of the user's groups, in order
    uint8_t defaults = 0;           // the operations that are permitted when no rule matches
    std::vector<std::string> sensitive;  // schema paths of what is as if it were marked default-deny-all
};

class Access {
  public:
    struct Grant;
    // A step of a rule's path with its predicates.
    struct Test {
        std::vector<std::pair<size_t, std::string>> keys;  // number of the key (of a leaf-list 0), value
        bool position = false;
    };
    struct Step {
        const lysc_node *schema;
        Test test;
        bool any() const { return test.keys.empty() && !test.position; }
    };
    struct TextHash {
        using is_transparent = void;
        size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
    };
    // A rule that speaks of what is below: its next step.
    struct Pending {
        uint32_t rule;
        uint32_t step;
    };
    // The tests that the keys of one entry fit, and what they make of it when no other fits: null until it is met.
    struct Named {
        std::vector<size_t> tests;
        mutable std::atomic<const Grant *> grant{nullptr};
    };
    struct Child {
        const lysc_node *schema = nullptr;
        const Grant *plain = nullptr;  // of an instance that no test fits
        std::vector<Pending> tests;
        // The tests of an entry by all its keys, and the others.
        size_t keys = 0;
        std::unordered_map<std::string, Named, TextHash, std::equal_to<>> full;
        std::vector<uint64_t> marks;  // bits of the keys in `full`, of entries with one key: most others have none of them
        std::vector<size_t> partial;
        mutable std::map<std::vector<uint64_t>, const Grant *> fitting;  // by what the rules say, see `join`
    };
    struct Grant {
        const lysc_node *schema = nullptr;  // null: above the top level
        uint8_t operations = 0;
        bool marked_all = false, marked_write = false;  // nacm:default-deny-all, -write of it or of a node above
        bool all = false;                               // it and everything below may be read
        bool writable = false;                          // it and everything below may be written
        std::vector<uint32_t> covered;                  // rules whose paths name it or a node above
        std::vector<Pending> pending;
        std::unordered_map<const lysc_node *, Child> children;

        bool may(AccessOperation operation) const { return (operations & operation) != 0; }
    };

    // Throws Failure: the rules whose paths are none, by number, as `path`.
    Access(const ly_ctx *context, AccessRules rules);

    const Grant *top() const { return top_; }
    // Of a node below one that `parent` is of.
    const Grant *of(const Grant *parent, const lyd_node *node) const {
        const auto &child = parent->children.find(node->schema)->second;
        return child.tests.empty() ? child.plain : of_entry(parent, child, node);
    }
    // As `of`, null when the node may not be read. `parent` itself may be.
    const Grant *read(const Grant *parent, const lyd_node *node) const {
        const Grant *grant = of(parent, node);
        return grant->may(access_read) ? grant : nullptr;
    }

    // The operation of a module (section 3.4.4).
    bool executes(const std::string &module, const std::string &name) const;
    // A data node by its instance path; one that the schema does not know may be read. With `action`, an action of it.
    bool reads(const std::string &path) const;
    bool executes_at(const std::string &path, const std::string &action) const;
    // The first node of an instance path that may not be read: where its step begins and ends. False when there is none.
    struct Hidden {
        size_t begin = 0, end = 0;
        bool entry = false;  // of a list or leaf-list
    };
    bool hides(const std::string &path, Hidden &out) const;
    // All instances of a schema node with everything below may be read; none may. Both false when that depends.
    bool reads_all(const std::string &schema_path) const;
    bool reads_none(const std::string &schema_path) const;
    // All that a filter can select or look at may be read.
    bool clears(const Filter &filter) const;

    const ly_ctx *context() const { return context_; }

  private:
    struct Compiled {
        AccessRule::Kind kind;
        const lys_module *module;  // null: any
        uint8_t operations;
        bool permit;
        std::vector<Step> steps;  // of a path with more than "/"
        // The first of the rules before it without a gap that decide the same where they match: which of them matches is all one.
        uint32_t alike = 0;
    };
    using Generic = std::vector<uint32_t>;  // rules that speak of all nodes of a module

    void compile(Errors &errors);
    Grant *make(const Grant *parent, const lysc_node *schema, std::vector<uint32_t> covered, std::vector<Pending> pending) const;
    void fill(Grant &grant) const;
    uint8_t judge(const Grant &grant) const;
    const Generic &generic(const lys_module *module) const;
    const Grant *of_entry(const Grant *parent, const Child &child, const lyd_node *entry) const;
    // Of an entry that these tests fit.
    const Grant *join(const Grant *parent, const Child &child, std::vector<size_t> fit) const;
    template <class Key>
    const Grant *fitting(const Grant *parent, const Child &child, const Key &key) const;
    bool clears(const Filter &filter, const Grant &grant) const;
    // From the top to the schema node, null when an entry's keys decide on the way.
    const Grant *plain(const std::string &schema_path) const;
    // Null when there is no such node. `hidden`: see `hides`.
    const Grant *at(const std::string &path, Hidden *hidden, bool &readable) const;

    const ly_ctx *context_;
    AccessRules rules_;
    std::vector<Compiled> compiled_;
    std::unordered_map<const lys_module *, Generic> generic_;
    std::vector<const lysc_node *> sensitive_;
    mutable std::mutex making_;
    mutable std::deque<Grant> grants_;
    const Grant *top_ = nullptr;
};

// A step of an instance path: `/module:name[key='value']…`.
struct PathStep {
    std::string module, name;                                 // module empty: of the step before
    std::vector<std::pair<std::string, std::string>> values;  // key (of a leaf-list ".") and value
    bool position = false;
    size_t end = 0;  // behind its last character
};
// False when the text is no such path.
bool parse_instance_path(std::string_view text, std::vector<PathStep> &out);
// The data node that a step names below another (null: at the top level), an action too; null when there is none.
const lysc_node *schema_below(const ly_ctx *context, const lysc_node *parent, const PathStep &step);

}  // namespace libyang_js
