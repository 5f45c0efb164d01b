// The engine as process-wide native state: one engine, one thread that programs it, and those who want to hear its events.
// Every environment that loads the addon (the main thread, one Worker after another) shares it; none of them owns it, so
// that packets go on while a Worker dies and another takes its place.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "engine.h"
#include "ports/factory.h"

namespace weft::addon {

class Host {
  public:
    static Host &instance();

    // The first call makes the engine; later ones find it running.
    void start(const std::string &keeper, unsigned workers);
    // Ends the engine, after the programming under way.
    void stop();
    // Null before start().
    Engine *engine();

    // Programming calls are done in the order in which they are made, on the programming thread; `done` is called there.
    using Done = std::function<void(std::string)>;
    void stage(uint64_t transaction, std::vector<uint8_t> bytes);
    // What was refused, as a whole and each by itself.
    using Prepared = std::function<void(std::string, std::vector<Refusal>)>;
    void prepare(uint64_t transaction, bool full, Prepared done);
    void apply(uint64_t transaction, uint64_t commit, Done done);
    void abort(uint64_t transaction, Done done);
    // Aborts whatever was staged or prepared: what a Worker that died has left.
    void reset(Done done);

    // Handlers must not block. The number takes the handler away again.
    uint64_t subscribe(std::function<void(const Event &)> handler);
    void unsubscribe(uint64_t number);

  private:
    struct Staged {
        std::string error;  // the first block's that was refused
        bool full = false;
    };
    void program(std::function<void()> work);
    void run();
    void tell(const Event &event);

    std::mutex engine_mutex_;
    std::unique_ptr<Engine> engine_;
    KeeperFactory *factory_ = nullptr;  // the engine's

    std::mutex queue_mutex_;
    std::condition_variable queued_;
    std::deque<std::function<void()>> queue_;
    bool ending_ = false;
    std::thread thread_;
    std::map<uint64_t, Staged> open_;  // of the programming thread

    std::mutex handlers_mutex_;
    std::map<uint64_t, std::function<void(const Event &)>> handlers_;
    uint64_t next_handler_ = 1;
};

}  // namespace weft::addon
