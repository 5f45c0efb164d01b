#include "journal.h"
#include "journal_text.h"

namespace libyang_js {

namespace {

class Encoder {
  public:
    explicit Encoder(size_t chunk_bytes) : limit_(chunk_bytes < 1024 ? 1024 : chunk_bytes) {}
    void add(const Journal::Change &change);
    std::vector<std::string> take();

  private:
    void created(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *after);
    void removed(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *old_after);
    void statement(const std::string &parent, std::string before, char op, bool derived, const lysc_node *schema,
                   const std::string &value, bool groups);
    void close();
    void start(const std::string &parent);
    std::string anchor(char mark, const lyd_node *entry) const;
    static bool many(const lysc_node *schema) { return (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0; }

    size_t limit_;
    std::vector<std::string> chunks_;
    std::string chunk_;
    std::string parent_;       // that the chunk stands at
    const Place *place_ = nullptr;
    std::string place_path_;
    bool fresh_ = true;        // nothing in the chunk
    // The line that is still open for more entries.
    bool open_ = false;
    char op_ = 0;
    bool derived_ = false;
    const lysc_node *schema_ = nullptr;
    const lyd_node *last_ = nullptr;
};

void Encoder::close() {
    if (open_) {
        chunk_ += "]}\n";
        open_ = false;
    }
}

void Encoder::start(const std::string &parent) {
    close();
    if (fresh_) {
        chunk_ = journal_header;
    }
    if (fresh_ || parent != parent_) {
        chunk_ += "@" + parent + "\n";
        parent_ = parent;
    }
    fresh_ = false;
}

std::string Encoder::anchor(char mark, const lyd_node *entry) const {
    std::string line(1, mark);
    if (entry != nullptr) {
        line += "{" + member_name(entry->schema, nullptr) + "[";
        write_value(entry, true, SIZE_MAX / 2, line);
        line += "]}";
    }
    return line + "\n";
}

void Encoder::statement(const std::string &parent, std::string before, char op, bool derived, const lysc_node *schema,
                        const std::string &value, bool groups) {
    if (open_ && groups && op_ == op && derived_ == derived && schema_ == schema && parent == parent_ &&
        chunk_.size() + value.size() + 8 <= limit_) {
        chunk_ += ",";
        chunk_ += value;
        return;
    }
    const size_t size = before.size() + value.size() + parent.size() + 128;
    if (!fresh_ && chunk_.size() + size > limit_) {
        close();
        chunks_.push_back(std::move(chunk_));
        chunk_.clear();
        fresh_ = true;
    }
    start(parent);
    chunk_ += before;
    chunk_ += op;
    chunk_ += derived ? "!" : "";
    chunk_ += "{" + member_name(schema, nullptr) + (many(schema) ? "[" : "") + value;
    if (many(schema)) {
        open_ = true;
        op_ = op;
        derived_ = derived;
        schema_ = schema;
    } else {
        chunk_ += "}\n";
    }
}

void Encoder::created(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *after) {
    const bool ordered = ordered_by_user(node->schema);
    const bool behind_last = ordered && after != nullptr && last_ != nullptr && last_->schema == after->schema &&
                             lyd_compare_single(last_, after, 0) == LY_SUCCESS;
    const auto before = ordered ? anchor('<', after) : std::string();
    std::string value;
    if (write_value(node, false, limit_ / 2, value) || (node->schema->nodetype & LYD_NODE_INNER) == 0) {
        statement(parent, before, '+', derived, node->schema, value, !ordered || behind_last);
        last_ = node;
        return;
    }
    value.clear();
    write_value(node, true, SIZE_MAX / 2, value);
    statement(parent, before, '+', derived, node->schema, value, false);
    const auto path = parent + step_of(node->schema, parent.empty() ? nullptr : lysc_data_parent(node->schema), node);
    last_ = nullptr;
    for (const lyd_node *child = lyd_child_no_keys(node); child != nullptr; child = child->next) {
        if ((child->flags & LYD_DEFAULT) == 0) {
            created(path, child, derived, ordered_by_user(child->schema) ? entry_before(child) : nullptr);
        }
    }
    last_ = nullptr;
}

void Encoder::removed(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *old_after) {
    const bool ordered = ordered_by_user(node->schema);
    const auto before = ordered ? anchor('(', old_after) : std::string();
    std::string value;
    if (write_value(node, false, limit_ / 2, value) || (node->schema->nodetype & LYD_NODE_INNER) == 0) {
        statement(parent, before, '-', derived, node->schema, value, !ordered);
        return;
    }
    const auto path = parent + step_of(node->schema, parent.empty() ? nullptr : lysc_data_parent(node->schema), node);
    for (const lyd_node *child = lyd_child_no_keys(node); child != nullptr; child = child->next) {
        if ((child->flags & LYD_DEFAULT) == 0) {
            removed(path, child, derived, nullptr);  // all before it are gone already
        }
    }
    value.clear();
    write_value(node, true, SIZE_MAX / 2, value);
    statement(parent, before, '-', derived, node->schema, value, false);
}

void Encoder::add(const Journal::Change &change) {
    const bool is_default = (change.node->flags & LYD_DEFAULT) != 0;
    if (is_default && (change.op == Op::create || change.op == Op::remove)) {
        return;
    }
    if (place_ != change.parent.get() || place_path_.empty()) {
        place_ = change.parent.get();
        place_path_ = path_of(place_);
    }
    if (change.op != Op::create) {
        last_ = nullptr;
    }
    switch (change.op) {
    case Op::create:
        created(place_path_, change.node.get(), change.derived, change.after.get());
        break;
    case Op::remove:
        removed(place_path_, change.node.get(), change.derived, change.old_after.get());
        break;
    case Op::value: {
        const bool list = many(change.node->schema);
        std::string before = "~";
        before += change.derived ? "!" : "";
        before += (change.old->flags & LYD_DEFAULT) != 0 ? "?{" : "{";
        before += member_name(change.node->schema, nullptr) + (list ? "[" : "");
        write_value(change.old.get(), false, SIZE_MAX / 2, before);
        before += list ? "]}\n" : "}\n";
        std::string value = list ? "[" : "";
        write_value(change.node.get(), false, SIZE_MAX / 2, value);
        value += list ? "]" : "";
        const size_t size = before.size() + value.size() + place_path_.size() + 128;
        close();
        if (!fresh_ && chunk_.size() + size > limit_) {
            chunks_.push_back(std::move(chunk_));
            chunk_.clear();
            fresh_ = true;
        }
        start(place_path_);
        chunk_ += before + (is_default ? "=?{" : "={") + member_name(change.node->schema, nullptr) + value + "}\n";
        break;
    }
    case Op::move: {
        std::string value;
        write_value(change.node.get(), true, SIZE_MAX / 2, value);
        statement(place_path_, anchor('(', change.old_after.get()) + anchor('<', change.after.get()), '>', change.derived,
                  change.node->schema, value, false);
        break;
    }
    }
}

std::vector<std::string> Encoder::take() {
    close();
    if (!fresh_) {
        chunks_.push_back(std::move(chunk_));
    }
    return std::move(chunks_);
}

}  // namespace

std::vector<std::string> Journal::encode(size_t chunk_bytes) const {
    Encoder encoder(chunk_bytes);
    for (const auto &change : data_->changes) {
        encoder.add(change);
    }
    return encoder.take();
}

}  // namespace libyang_js
