// Cursors over the entries of a list: all that a tree has, or those that a journal touched. Columns are resolved to
// schema nodes once; a cell costs a walk over its siblings. The tree must not change while a cursor is used; it keeps
// what it needs of the journal.
#include <algorithm>

#include "changes_query.h"
#include "siblings.h"

namespace libyang_js {

namespace {

// In document order, through the lists around it.
class TreeCursor final : public EntryCursor {
  public:
    TreeCursor(EntryQuery query, const lyd_node *root) : query_(std::move(query)), root_(root), at_(query_.chain().size()) {
        descend(0);
    }

    std::unique_ptr<EntryBatch> next(size_t rows) override {
        auto batch = query_.batch();
        while (at_.back() != nullptr && batch->rows() < rows) {
            query_.add(*batch, at_.back(), 0);
            advance();
        }
        return batch;
    }

  private:
    // Finds the first entry at or after what stands at the levels above `level`.
    void descend(size_t level) {
        for (;;) {
            at_[level] = first_instance(level == 0 ? nullptr : at_[level - 1], root_, query_.chain()[level]);
            while (at_[level] == nullptr) {
                if (level == 0) {
                    at_.back() = nullptr;
                    return;
                }
                level--;
                at_[level] = following(at_[level]);
            }
            if (++level == at_.size()) {
                return;
            }
        }
    }

    void advance() {
        size_t level = at_.size() - 1;
        while ((at_[level] = following(at_[level])) == nullptr) {
            if (level-- == 0) {
                at_.back() = nullptr;
                return;
            }
        }
        if (level + 1 < at_.size()) {
            descend(level + 1);
        }
    }

    static const lyd_node *following(const lyd_node *node) {
        return node->next != nullptr && node->next->schema == node->schema ? node->next : nullptr;
    }

    EntryQuery query_;
    const lyd_node *root_;
    std::vector<const lyd_node *> at_;
};

class JournalCursor final : public EntryCursor {
  public:
    JournalCursor(EntryQuery query, const lyd_node *root, const Journal &journal) : query_(std::move(query)), root_(root) {
        for (const auto &change : journal.changes()) {
            note(change);
        }
    }

    std::unique_ptr<EntryBatch> next(size_t rows) override {
        auto batch = query_.batch();
        for (; position_ < touched_.size() && batch->rows() < rows; position_++) {
            const auto &[entry, existed] = touched_[position_];
            const lyd_node *node = live(entry);
            if (node != nullptr) {
                query_.add(*batch, node, existed ? 1 : 0);
            } else if (existed) {
                query_.add_deleted(*batch, entry);
            }
        }
        return batch;
    }

  private:
    void touch(const Instance *entry, bool existed) {
        if (entry->index >= seen_.size()) {
            seen_.resize(std::max(entry->index + 1, 2 * seen_.size()));
        }
        if (!seen_[entry->index]) {
            seen_[entry->index] = true;
            touched_.emplace_back(entry, existed);
        }
    }

    void note(const Journal::Change &change) {
        const lysc_node *schema = change.node->schema;
        const auto &chain = query_.chain();
        const auto level = std::find(chain.begin(), chain.end(), schema);
        if (level != chain.end()) {
            if (change.op == Op::create || change.op == Op::remove) {
                inside(change, instances_.of(change.parent), change.node.get(), static_cast<size_t>(level - chain.begin()));
            } else if (schema == query_.list()) {
                touch(instances_.of(instances_.of(change.parent), schema, change.node), true);
            }
            return;
        }
        for (PlaceRef place = change.parent; place != nullptr; place = place->parent) {
            if (place->schema == query_.list()) {
                touch(instances_.of(place), true);
                return;
            }
        }
    }

    // Entries in a subtree that came or went.
    void inside(const Journal::Change &change, const Instance *parent, lyd_node *node, size_t level) {
        const auto *instance = instances_.of(parent, node->schema, NodeCopy(change.node, node));
        if (level + 1 == query_.chain().size()) {
            touch(instance, change.op == Op::remove);
            return;
        }
        const lysc_node *schema = query_.chain()[level + 1];
        for (auto *child = const_cast<lyd_node *>(first_instance(node, nullptr, schema)); child != nullptr && child->schema == schema;
             child = child->next) {
            inside(change, instance, child, level + 1);
        }
    }

    const lyd_node *live(const Instance *instance) {
        if (instance == last_) {
            return last_node_;
        }
        const lyd_node *parent = instance->parent == nullptr ? nullptr : live(instance->parent);
        if (instance->parent != nullptr && parent == nullptr) {
            return nullptr;
        }
        lyd_node *node = nullptr;
        if (instance->node == nullptr) {
            node = const_cast<lyd_node *>(first_instance(parent, root_, instance->schema));
        } else {
            find_sibling(parent != nullptr ? lyd_child(parent) : root_, instance->node.get(), &node);
        }
        if (instance->schema != query_.list()) {
            last_ = instance;
            last_node_ = node;
        }
        return node;
    }

    EntryQuery query_;
    const lyd_node *root_;
    Instances instances_;
    std::vector<bool> seen_;
    std::vector<std::pair<const Instance *, bool>> touched_;  // entry, and whether it existed before
    size_t position_ = 0;
    const Instance *last_ = nullptr;
    const lyd_node *last_node_ = nullptr;
};

}  // namespace

std::unique_ptr<EntryCursor> EntryCursor::open(const ly_ctx *context, const lyd_node *root, const Journal *journal,
                                               const ListQuery &query, Errors &errors) {
    EntryQuery compiled;
    if (!compiled.compile(context, nullptr, query, errors)) {
        return nullptr;
    }
    if (journal == nullptr) {
        return std::make_unique<TreeCursor>(std::move(compiled), root);
    }
    return std::make_unique<JournalCursor>(std::move(compiled), root, *journal);
}

}  // namespace libyang_js
