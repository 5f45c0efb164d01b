#include "journal_writer.h"

#include "journal_text.h"

namespace libyang_js {

namespace {

// What brackets, marks and line ends add at most.
constexpr size_t line_ends = 16;

bool many(const lysc_node *schema) {
    return (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
}

}  // namespace

void JournalWriter::close() {
    if (open_) {
        chunk_ += "]}\n";
        open_ = false;
    }
}

void JournalWriter::end() {
    close();
    if (!chunk_.empty()) {
        whole_.push_back(std::move(chunk_));
        chunk_.clear();
    }
}

void JournalWriter::room(const std::string &parent, size_t size) {
    close();
    if (!chunk_.empty() && chunk_.size() + size + parent.size() + line_ends > limit_) {
        end();
    }
    const bool fresh = chunk_.empty();
    if (fresh) {
        chunk_ = journal_header;
    }
    if (fresh || parent != parent_) {
        chunk_ += "@" + parent + "\n";
        parent_ = parent;
    }
}

std::string JournalWriter::anchor(char mark, const lyd_node *entry) {
    std::string line(1, mark);
    if (entry != nullptr) {
        line += "{" + member_name(entry->schema, nullptr) + "[";
        write_value(entry, true, SIZE_MAX / 2, line);
        line += "]}";
    }
    return line + "\n";
}

bool JournalWriter::more(const std::string &parent, char op, bool derived, const lysc_node *schema, const std::string &value) {
    if (!open_ || op_ != op || derived_ != derived || schema_ != schema || parent != parent_ ||
        chunk_.size() + value.size() + line_ends > limit_) {
        return false;
    }
    chunk_ += ',';
    chunk_ += value;
    return true;
}

void JournalWriter::statement(const std::string &parent, const std::string &before, char op, bool derived,
                              const lysc_node *schema, const std::string &value) {
    const auto name = member_name(schema, nullptr);
    room(parent, before.size() + name.size() + value.size());
    chunk_ += before;
    chunk_ += op;
    chunk_ += derived ? "!{" : "{";
    chunk_ += name;
    chunk_ += many(schema) ? "[" : "";
    chunk_ += value;
    if (many(schema)) {
        open_ = true;
        op_ = op;
        derived_ = derived;
        schema_ = schema;
    } else {
        chunk_ += "}\n";
    }
}

void JournalWriter::lines(const std::string &parent, const std::string &text) {
    room(parent, text.size());
    chunk_ += text;
}

}  // namespace libyang_js
