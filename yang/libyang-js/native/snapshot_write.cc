#include "journal.h"
#include "journal_place.h"
#include "journal_text.h"
#include "snapshot.h"

namespace libyang_js {

SnapshotWriter::SnapshotWriter(const lyd_node *root, size_t chunk_bytes) : writer_(chunk_bytes), levels_{{root, ""}} {}

bool SnapshotWriter::fill(std::chrono::steady_clock::time_point until) {
    // The clock is read once for many nodes: most of them are small.
    constexpr int nodes_between = 64;
    int nodes = 0;
    while (writer_.whole().empty() && !levels_.empty()) {
        step();
        if (++nodes % nodes_between == 0 && std::chrono::steady_clock::now() >= until) {
            break;
        }
    }
    if (levels_.empty()) {
        writer_.end();
    }
    return !levels_.empty();
}

std::string SnapshotWriter::take() {
    std::string chunk;
    if (!writer_.whole().empty()) {
        chunk = std::move(writer_.whole().front());
        writer_.whole().erase(writer_.whole().begin());
    }
    return chunk;
}

void SnapshotWriter::step() {
    auto &level = levels_.back();
    const lyd_node *node = level.next;
    if (node == nullptr) {
        levels_.pop_back();
        return;
    }
    level.next = node->next;
    const auto *schema = node->schema;
    if (schema == nullptr || (node->flags & LYD_DEFAULT) != 0 || (schema->flags & LYS_CONFIG_R) != 0) {
        return;
    }
    value_.clear();
    const bool whole = write_value(node, false, writer_.limit() / 2, value_) || (schema->nodetype & LYD_NODE_INNER) == 0;
    const auto *before = ordered_by_user(schema) ? entry_before(node) : nullptr;
    if (!whole) {
        value_.clear();
        write_value(node, true, SIZE_MAX / 2, value_);
    } else if (writer_.more(level.path, '+', false, schema, value_)) {
        return;
    }
    writer_.statement(level.path, ordered_by_user(schema) ? JournalWriter::anchor('<', before) : std::string(), '+', false, schema,
                      value_);
    if (!whole) {
        auto path = level.path + place_step(schema, level.path.empty() ? nullptr : lysc_data_parent(schema), node);
        levels_.push_back({lyd_child_no_keys(node), std::move(path)});
    }
}

}  // namespace libyang_js
