#include "journal.h"
#include "journal_place.h"
#include "journal_text.h"
#include "journal_writer.h"

namespace libyang_js {

namespace {

class Encoder {
  public:
    explicit Encoder(size_t chunk_bytes) : writer_(chunk_bytes) {}
    void add(const Journal::Change &change);
    std::vector<std::string> take();

  private:
    void created(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *after);
    void removed(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *old_after);
    static bool many(const lysc_node *schema) { return (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0; }

    JournalWriter writer_;
    const Place *place_ = nullptr;
    std::string place_path_;
    std::string value_;
    const lyd_node *last_ = nullptr;  // that was told to be created
};

void Encoder::created(const std::string &parent, const lyd_node *node, bool derived, const lyd_node *after) {
    const bool ordered = ordered_by_user(node->schema);
    const bool behind_last = ordered && after != nullptr && last_ != nullptr && last_->schema == after->schema &&
                             lyd_compare_single(last_, after, 0) == LY_SUCCESS;
    value_.clear();
    if (write_value(node, false, writer_.limit() / 2, value_) || (node->schema->nodetype & LYD_NODE_INNER) == 0) {
        if ((ordered && !behind_last) || !writer_.more(parent, '+', derived, node->schema, value_)) {
            const auto before = ordered ? JournalWriter::anchor('<', after) : std::string();
            writer_.statement(parent, before, '+', derived, node->schema, value_);
        }
        last_ = node;
        return;
    }
    value_.clear();
    write_value(node, true, SIZE_MAX / 2, value_);
    writer_.statement(parent, ordered ? JournalWriter::anchor('<', after) : std::string(), '+', derived, node->schema, value_);
    const auto path = parent + place_step(node->schema, parent.empty() ? nullptr : lysc_data_parent(node->schema), node);
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
    const auto before = ordered ? JournalWriter::anchor('(', old_after) : std::string();
    value_.clear();
    if (write_value(node, false, writer_.limit() / 2, value_) || (node->schema->nodetype & LYD_NODE_INNER) == 0) {
        if (ordered || !writer_.more(parent, '-', derived, node->schema, value_)) {
            writer_.statement(parent, before, '-', derived, node->schema, value_);
        }
        return;
    }
    const auto path = parent + place_step(node->schema, parent.empty() ? nullptr : lysc_data_parent(node->schema), node);
    for (const lyd_node *child = lyd_child_no_keys(node); child != nullptr; child = child->next) {
        if ((child->flags & LYD_DEFAULT) == 0) {
            removed(path, child, derived, nullptr);  // all before it are gone already
        }
    }
    value_.clear();
    write_value(node, true, SIZE_MAX / 2, value_);
    writer_.statement(parent, before, '-', derived, node->schema, value_);
}

void Encoder::add(const Journal::Change &change) {
    const bool is_default = (change.node->flags & LYD_DEFAULT) != 0;
    if (is_default && (change.op == Op::create || change.op == Op::remove)) {
        return;
    }
    if (place_ != change.parent.get() || place_path_.empty()) {
        place_ = change.parent.get();
        place_path_ = place_text(place_);
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
        writer_.lines(place_path_, before + (is_default ? "=?{" : "={") + member_name(change.node->schema, nullptr) + value + "}\n");
        break;
    }
    case Op::move: {
        value_.clear();
        write_value(change.node.get(), true, SIZE_MAX / 2, value_);
        writer_.statement(place_path_, JournalWriter::anchor('(', change.old_after.get()) + JournalWriter::anchor('<', change.after.get()),
                          '>', change.derived, change.node->schema, value_);
        break;
    }
    }
}

std::vector<std::string> Encoder::take() {
    writer_.end();
    return std::move(writer_.whole());
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
