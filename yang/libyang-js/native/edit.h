// The one edit layer of a data tree, on point operations of libyang (find, insert, unlink, change a value), and
// the journal of what it did. libyang's bulk helpers (lyd_merge_*, lyd_diff_*) are quadratic and are not used.
// Nothing here is safe for two threads on one tree; the caller serialises.
#pragma once

#include <libyang/libyang.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "data_tree.h"
#include "error.h"

namespace libyang_js {

enum class DefaultOperation : uint8_t { merge, replace, none };
enum class ErrorOption : uint8_t { stop, resume, rollback };  // stop-, continue-, rollback-on-error

struct EditOptions {
    DefaultOperation default_operation = DefaultOperation::merge;
    ErrorOption error_option = ErrorOption::stop;
    bool derived = false;
    bool state = false;  // nodes that are not configuration are taken too
};

// See types.ts, Journal. Owns copies of the nodes that were created and removed, old values and old neighbours too.
class Journal {
  public:
    explicit Journal(const ly_ctx *context);
    ~Journal();
    Journal(const Journal &) = delete;
    Journal &operator=(const Journal &) = delete;

    size_t size() const;
    size_t explicit_size() const;
    size_t bytes() const;
    bool touches(const std::string &schema_path) const;
    void append(Journal &other);
    void net();
    std::unique_ptr<Journal> copy() const;  // shares the nodes
    std::unique_ptr<Journal> reversed() const;
    std::unique_ptr<Journal> rebased(const Journal &over, Errors &conflicts) const;
    std::vector<std::string> encode(size_t chunk_bytes) const;
    static std::unique_ptr<Journal> decode(const ly_ctx *context, const std::vector<std::string> &chunks, Errors &errors);
    std::vector<std::string> describe(size_t limit) const;
    std::vector<std::string> patch(size_t limit) const;  // one edit more than `limit` when there are more

    struct Change;
    std::vector<Change> &changes();
    const std::vector<Change> &changes() const;

    struct Data;
    Data &data() { return *data_; }
    const Data &data() const { return *data_; }

  private:
    std::unique_ptr<Data> data_;
};

// `xml`: one wrapping element whose children are the content of <config>, with all prefixes declared on it.
// False when there were errors; with ErrorOption::rollback the tree and the journal are then as they were.
bool edit(DataTree &tree, const std::string &xml, const EditOptions &options, Journal &journal, Errors &errors);
bool set(DataTree &tree, const std::string &path, const char *value, bool derived, Journal &journal, Errors &errors);
size_t remove(DataTree &tree, const std::string &path, bool derived, Journal &journal, Errors &errors);

// Does the journal's changes to a tree that is as the journal's own tree was before them. What was done, with what a
// journal read from text leaves out, is appended to `made`, if given.
bool apply(DataTree &tree, const Journal &journal, Errors &errors, Journal *made = nullptr);

// A list query and its answer; see types.ts, ListQuery and EntryBatch.
struct ListQuery {
    std::string list;
    std::vector<std::string> columns;
    std::vector<ListQuery> children;
};

struct EntryBatch {
    struct Column {
        std::vector<uint32_t> offsets{0};
        std::string bytes;
        std::vector<uint8_t> present;
    };
    struct Child {
        std::unique_ptr<EntryBatch> batch;
        std::vector<uint32_t> starts{0};
    };
    std::vector<uint8_t> ops;
    std::vector<Column> columns;
    std::vector<Child> children;
    size_t rows() const { return ops.size(); }
};

// Walks the entries of a list: all of a tree, or those that a journal touched (the values are the tree's).
class EntryCursor {
  public:
    // Null, with an error, when the query does not fit the schema. `journal` may be null.
    static std::unique_ptr<EntryCursor> open(const ly_ctx *context, const lyd_node *root, const Journal *journal,
                                             const ListQuery &query, Errors &errors);
    virtual ~EntryCursor() = default;
    // At most `rows` entries; an empty batch at the end.
    virtual std::unique_ptr<EntryBatch> next(size_t rows) = 0;
};

}  // namespace libyang_js
