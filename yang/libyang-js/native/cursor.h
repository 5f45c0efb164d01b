// Reads that give their result piece by piece: the slices of a print, the batches of a list.
//
// A cursor takes its lease on the tree at the first `next`, and gives it back at the end, at an error, at `close`, or
// when it is collected; one that sees the tree as it was at `begin`, whatever is done to it later, holds the tree in its
// turns alone. Each piece is made on a reader's thread in turns of a few milliseconds, but for what a print can do at once
// and in less time than a thread takes to wake: when it need not wait for the tree, `begin`, or the first `next`, does so
// much on the spot, and a `next` that finds the piece ready, or knows that there is none, asks no thread either. What is done on
// the spot is answered at once, anything else, and a failure, by a promise.
#pragma once

#include "handles.h"

namespace libyang_js {

// Bounds of an evaluation as JavaScript gives them, a minute when it gives none, so that a process that ends need not
// wait for ever; the time starts when the work does.
class Bounds {
  public:
    explicit Bounds(Napi::Value value);
    Budget start() const;

  private:
    std::chrono::milliseconds deadline_;
    uint64_t nodes_;
};

class Cursor {
  public:
    using Clock = std::chrono::steady_clock;
    virtual ~Cursor() = default;
    // On a pool's thread, with the lease, before the first `advance`.
    virtual void open() {}
    // With the lease. True when it wants another turn before a piece is ready; the turn ends at about `until`.
    virtual bool advance(Clock::time_point until) = 0;
    // May `open` and a first, short `advance` be done on the environment's thread?
    virtual bool quick() const { return false; }
    // On the environment's thread, after advance: the piece, or undefined at the end.
    virtual Napi::Value take(Napi::Env env) = 0;
    virtual bool ended() const = 0;
    // It is so small that it can be let go of on the environment's thread.
    virtual bool light() const { return false; }

    std::shared_ptr<TreeData> tree;
    std::shared_ptr<Journal> journal;
    std::vector<Turn> turns;         // for as long as it reads
    std::shared_ptr<Gate> each;      // null, or what it enters for each turn
    std::shared_ptr<Lease> lease, turn;
    bool opened = false;
    bool ready = false;  // a piece waits to be taken
    bool last = false;   // after it there is none
};

class CursorHandle : public Handle<CursorHandle, Cursor> {
  public:
    using Handle::Handle;
    ~CursorHandle() override { close(); }
    static constexpr const char *noun = "cursor";
    static std::atomic<int> &count(Shared &shared);
    static bool light(const Cursor &cursor) { return cursor.light(); }
    static Napi::Function define(Napi::Env env);

  private:
    struct Job;
    static void work(const std::shared_ptr<Job> &job);
    static bool begin_here(Cursor &cursor);
    Napi::Value start(Napi::Env env, bool opening);
    Napi::Value begin(const Napi::CallbackInfo &info) { return start(info.Env(), true); }
    Napi::Value next(const Napi::CallbackInfo &info) { return start(info.Env(), false); }
    void close();
    void dispose(const Napi::CallbackInfo &) { close(); }
};

Napi::Value open_print(Napi::Env env, const Held<TreeData> &tree, Napi::Object options, bool plain);
Napi::Value open_snapshot(Napi::Env env, const Held<TreeData> &tree, size_t chunk_bytes);
Napi::Value open_entries(Napi::Env env, const Held<TreeData> &tree, Napi::Object query, JournalHandle *journal);

}  // namespace libyang_js
