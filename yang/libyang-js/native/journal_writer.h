// Puts the statements of a journal's text (journal_text.h) together into chunks of bounded size.
#pragma once

#include <libyang/libyang.h>

#include <string>
#include <vector>

namespace libyang_js {

class JournalWriter {
  public:
    explicit JournalWriter(size_t chunk_bytes) : limit_(chunk_bytes < 1024 ? 1024 : chunk_bytes) {}

    // One statement below `parent`, a place (journal_place.h); `before` are the lines that tell the neighbours. It starts a new chunk
    // when this one would become too long.
    void statement(const std::string &parent, const std::string &before, char op, bool derived, const lysc_node *schema,
                   const std::string &value);
    // Puts an entry behind those of the line that is still open; false when it can't stand there.
    bool more(const std::string &parent, char op, bool derived, const lysc_node *schema, const std::string &value);
    // Whole lines.
    void lines(const std::string &parent, const std::string &text);
    // Neighbour `entry` of what the next statement is about, or that there is none.
    static std::string anchor(char mark, const lyd_node *entry);

    size_t limit() const { return limit_; }
    // Chunks that nothing is added to any more; `end` makes the last one such.
    std::vector<std::string> &whole() { return whole_; }
    void end();

  private:
    void room(const std::string &parent, size_t size);
    void close();

    size_t limit_;
    std::vector<std::string> whole_;
    std::string chunk_;
    std::string parent_;  // that the chunk stands at
    // The line that is still open for more entries.
    bool open_ = false;
    char op_ = 0;
    bool derived_ = false;
    const lysc_node *schema_ = nullptr;
};

}  // namespace libyang_js
