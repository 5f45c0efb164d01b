// The explicit configuration of a whole tree as journal text (journal_text.h) that creates it on an empty tree, and back.
//
// Writing is resumable and only reads the tree: it holds one chunk, a path for each open level, and costs O(nodes).
// Loading puts nodes into the tree at once, without a journal: O(chunk). What the schema implies (defaults) is not in the
// text; the caller validates the whole tree when all chunks are loaded.
#pragma once

#include <libyang/libyang.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "journal_writer.h"
#include "schema.h"

namespace libyang_js {

class SnapshotWriter {
  public:
    // The tree must not change as long as this is used.
    SnapshotWriter(const lyd_node *root, size_t chunk_bytes);
    // Goes on until a chunk is whole or the time has come. False once everything is written.
    bool fill(std::chrono::steady_clock::time_point until);
    // The next whole chunk; empty when there is none yet.
    std::string take();

  private:
    struct Level {
        const lyd_node *next;
        std::string path;  // of the parent
    };
    void step();

    JournalWriter writer_;
    std::vector<Level> levels_;
    std::string value_;
};

// Chunks come in order. Throws Failure when one does not fit the schema or the tree; the tree is then good for nothing.
void load_snapshot(TreeData &tree, std::string_view chunk);

}  // namespace libyang_js
