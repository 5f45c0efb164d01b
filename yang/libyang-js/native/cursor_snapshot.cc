#include "convert.h"
#include "cursor.h"
#include "snapshot.h"

namespace libyang_js {

namespace {

class SnapshotCursor : public Cursor {
  public:
    explicit SnapshotCursor(size_t chunk_bytes) : chunk_bytes_(chunk_bytes) {}

    bool advance(Clock::time_point until) override {
        if (!writer_) {
            writer_.emplace(tree->root, chunk_bytes_);
        }
        more_ = writer_->fill(until);
        chunk_ = writer_->take();
        return more_ && chunk_.empty();
    }

    Napi::Value take(Napi::Env env) override { return chunk_.empty() ? env.Undefined() : buffer(env, std::move(chunk_)); }
    bool ended() const override { return chunk_.empty(); }

  private:
    size_t chunk_bytes_;
    std::optional<SnapshotWriter> writer_;
    std::string chunk_;
    bool more_ = true;
};

}  // namespace

Napi::Value open_snapshot(Napi::Env env, const Held<TreeData> &tree, size_t chunk_bytes) {
    auto cursor = std::make_shared<SnapshotCursor>(chunk_bytes);
    cursor->tree = tree.data;
    cursor->turns = {{tree.gate, false}};
    return CursorHandle::make(env, Addon::of(env).cursor_class, tree.shared, std::move(cursor));
}

}  // namespace libyang_js
