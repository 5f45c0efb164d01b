#include "journal.h"

#include <new>

#include "node_copy.h"

namespace libyang_js {

namespace {

// Roughly: a node of libyang has its share of siblings' indexes and strings.
size_t bytes_of(const Journal::Change &change) {
    constexpr size_t node_bytes = 130;
    return change.nodes * node_bytes + sizeof(change) + (change.after != nullptr || change.old_after != nullptr ? 2 * node_bytes : 0);
}

}  // namespace

NodeCopy own(lyd_node *node) {
    return NodeCopy(node, lyd_free_tree);
}

NodeCopy copy_of(const lyd_node *node) {
    return own(copy_node(node, false));
}

NodeCopy instance_of(const lyd_node *node) {
    lyd_node *copy = nullptr;
    if (lyd_dup_single(node, nullptr, LYD_DUP_WITH_FLAGS | LYD_DUP_NO_META, &copy) != LY_SUCCESS) {
        throw std::bad_alloc();
    }
    return own(copy);
}

uint32_t count_nodes(const lyd_node *node) {
    uint32_t count = 1;
    for (const lyd_node *child = lyd_child(node); child != nullptr; child = child->next) {
        count += count_nodes(child);
    }
    return count;
}

bool ordered_by_user(const lysc_node *schema) {
    return (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0 && (schema->flags & LYS_ORDBY_USER) != 0;
}

lyd_node *entry_before(const lyd_node *node) {
    return node->prev->next != nullptr && node->prev->schema == node->schema ? node->prev : nullptr;
}

void Journal::Data::add(Change change, size_t nodes) {
    change.nodes = static_cast<uint32_t>(nodes);
    explicit_changes += change.derived ? 0 : 1;
    bytes += bytes_of(change);
    if (changes.empty() || changes.back().node->schema != change.node->schema) {
        schemas.insert(change.node->schema);
    }
    changes.push_back(std::move(change));
}

void Journal::Data::recount() {
    explicit_changes = 0;
    bytes = 0;
    schemas.clear();
    const lysc_node *last = nullptr;
    for (const auto &change : changes) {
        explicit_changes += change.derived ? 0 : 1;
        bytes += bytes_of(change);
        if (change.node->schema != last) {
            last = change.node->schema;
            schemas.insert(last);
        }
    }
}

Journal::Journal(const ly_ctx *context) : data_(new Data{context, {}}) {}

Journal::~Journal() = default;

size_t Journal::size() const {
    return data_->changes.size();
}

size_t Journal::explicit_size() const {
    return data_->explicit_changes;
}

size_t Journal::bytes() const {
    return data_->bytes;
}

std::vector<Journal::Change> &Journal::changes() {
    return data_->changes;
}

const std::vector<Journal::Change> &Journal::changes() const {
    return data_->changes;
}

void Journal::append(Journal &other) {
    if (&other == this) {
        return;
    }
    auto &from = *other.data_;
    if (data_->changes.empty()) {
        data_->changes.swap(from.changes);
    } else {
        data_->changes.insert(data_->changes.end(), std::make_move_iterator(from.changes.begin()),
                              std::make_move_iterator(from.changes.end()));
    }
    data_->explicit_changes += from.explicit_changes;
    data_->bytes += from.bytes;
    data_->partial = data_->partial || from.partial;
    data_->schemas.insert(from.schemas.begin(), from.schemas.end());
    from = Data{from.context, {}};
}

std::unique_ptr<Journal> Journal::copy() const {
    auto copy = std::make_unique<Journal>(data_->context);
    *copy->data_ = *data_;
    return copy;
}

std::unique_ptr<Journal> Journal::reversed() const {
    auto back = std::make_unique<Journal>(data_->context);
    auto &data = *back->data_;
    data.explicit_changes = data_->explicit_changes;
    data.bytes = data_->bytes;
    data.partial = data_->partial;
    data.schemas = data_->schemas;
    data.changes.reserve(data_->changes.size());
    for (auto at = data_->changes.rbegin(); at != data_->changes.rend(); ++at) {
        Change change = *at;
        switch (change.op) {
        case Op::create:
            change.op = Op::remove;
            break;
        case Op::remove:
            change.op = Op::create;
            break;
        case Op::value:
            change.node.swap(change.old);
            break;
        case Op::move:
            break;
        }
        change.after.swap(change.old_after);
        data.changes.push_back(std::move(change));
    }
    return back;
}

}  // namespace libyang_js
