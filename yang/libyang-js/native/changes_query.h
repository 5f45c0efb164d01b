// A list query resolved against the schema, and the filling of batches from entries.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <vector>

#include "edit.h"
#include "journal_instances.h"

namespace libyang_js {

class EntryQuery {
  public:
    // False, with errors, when it does not fit. `entry`: the list around it, for a query nested in another.
    bool compile(const ly_ctx *context, const lysc_node *entry, const ListQuery &query, Errors &errors);

    const lysc_node *list() const { return chain_.back(); }
    // The nodes from the top level (or from the enclosing entry) down to the list.
    const std::vector<const lysc_node *> &chain() const { return chain_; }

    std::unique_ptr<EntryBatch> batch() const;
    void add(EntryBatch &batch, const lyd_node *entry, uint8_t op) const;
    // An entry that is no more: keys only.
    void add_deleted(EntryBatch &batch, const Instance *entry) const;

  private:
    struct Column {
        unsigned up = 0;
        std::vector<const lysc_node *> down;
    };
    bool compile_column(const std::string &text, Column &column, Errors &errors) const;
    void add_below(EntryBatch &batch, const lyd_node *parent, size_t level) const;
    void finish_row(EntryBatch &batch, const lyd_node *entry) const;

    std::vector<const lysc_node *> chain_;
    std::vector<Column> columns_;
    std::vector<EntryQuery> children_;
};

// First instance of a schema node among the children of a node (null: `root` and its siblings), or null.
const lyd_node *first_instance(const lyd_node *parent, const lyd_node *root, const lysc_node *schema);

}  // namespace libyang_js
