#include <cstring>

#include "convert.h"
#include "cursor.h"
#include "ly_error.h"

namespace libyang_js {

namespace {

constexpr size_t batch_rows = 4096;

ListQuery list_query(Napi::Object from) {
    ListQuery query;
    query.list = text(from.Get("list"));
    const auto columns = from.Get("columns");
    if (columns.IsArray()) {
        auto array = columns.As<Napi::Array>();
        for (uint32_t i = 0; i < array.Length(); i++) {
            query.columns.push_back(text(array[i]));
        }
    }
    const auto children = from.Get("children");
    if (children.IsArray()) {
        auto array = children.As<Napi::Array>();
        for (uint32_t i = 0; i < array.Length(); i++) {
            query.children.push_back(list_query(Napi::Value(array[i]).ToObject()));
        }
    }
    return query;
}

template <class Array, class Item>
Napi::Value typed_array(Napi::Env env, const std::vector<Item> &items) {
    auto array = Array::New(env, items.size());
    if (!items.empty()) {
        std::memcpy(array.Data(), items.data(), items.size() * sizeof(Item));
    }
    return array;
}

Napi::Value batch_to_js(Napi::Env env, EntryBatch &batch) {
    auto object = Napi::Object::New(env);
    object["rows"] = static_cast<double>(batch.rows());
    object["ops"] = typed_array<Napi::Uint8Array>(env, batch.ops);
    auto columns = Napi::Array::New(env, batch.columns.size());
    for (uint32_t i = 0; i < batch.columns.size(); i++) {
        auto &from = batch.columns[i];
        auto column = Napi::Object::New(env);
        column["offsets"] = typed_array<Napi::Uint32Array>(env, from.offsets);
        column["bytes"] = buffer(env, std::move(from.bytes));
        column["present"] = typed_array<Napi::Uint8Array>(env, from.present);
        columns[i] = column;
    }
    object["columns"] = columns;
    auto children = Napi::Array::New(env, batch.children.size());
    for (uint32_t i = 0; i < batch.children.size(); i++) {
        auto child = Napi::Object::New(env);
        child["batch"] = batch_to_js(env, *batch.children[i].batch);
        child["starts"] = typed_array<Napi::Uint32Array>(env, batch.children[i].starts);
        children[i] = child;
    }
    object["children"] = children;
    return object;
}

class EntriesCursor : public Cursor {
  public:
    explicit EntriesCursor(Napi::Object query) : query_(list_query(query)) {}

    bool advance(Clock::time_point) override {
        const auto *context = tree->schema->context();
        if (!entries_) {
            Errors errors;
            entries_ = EntryCursor::open(context, tree->root, journal.get(), query_, errors);
            if (!entries_) {
                if (errors.empty()) {
                    errors = take_errors(context, "not a list of the schema: " + query_.list);
                }
                clear_errors(context);
                throw Failure{std::move(errors)};
            }
        }
        batch_ = entries_->next(batch_rows);
        clear_errors(context);
        return false;
    }

    Napi::Value take(Napi::Env env) override { return ended() ? env.Undefined() : batch_to_js(env, *batch_); }
    bool ended() const override { return !batch_ || batch_->rows() == 0; }

  private:
    ListQuery query_;
    std::unique_ptr<EntryCursor> entries_;
    std::unique_ptr<EntryBatch> batch_;
};

}  // namespace

Napi::Value open_entries(Napi::Env env, const Held<TreeData> &tree, Napi::Object query, JournalHandle *journal) {
    auto cursor = std::make_shared<EntriesCursor>(query);
    cursor->tree = tree.data;
    cursor->turns = {{tree.gate, false}};
    if (journal != nullptr) {
        journal->same_context(env, *tree.shared);
        cursor->journal = journal->held().data;
        cursor->turns.push_back({journal->held().gate, false});
    }
    return CursorHandle::make(env, Addon::of(env).cursor_class, tree.shared, std::move(cursor));
}

}  // namespace libyang_js
