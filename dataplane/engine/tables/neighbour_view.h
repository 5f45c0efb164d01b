// What the world outside the workers sees of neighbours. The worker that owns the table pushes changes into a ring of one
// producer and one consumer and never waits (what does not fit is pushed again at its next tick); whoever holds this view's
// lock takes them out, keeps the picture that state is read from, and hands on what is to be mirrored to the host taps.
#pragma once

#include <map>
#include <mutex>
#include <vector>

#include "../engine.h"
#include "../net/address.h"
#include "ring.h"

namespace weft {

struct NeighbourChange {
    uint32_t interface = no_interface;
    Ip6 address;
    MacAddress mac{};
    NeighbourState::Origin origin = NeighbourState::Origin::dynamic;
    NeighbourState::State state = NeighbourState::State::incomplete;
    bool router = false, gone = false;
};

class NeighbourView {
  public:
    // The worker's. False: full. What is but a question leaves half of the ring to answers.
    bool push(const NeighbourChange &change) {
        const bool question = change.state == NeighbourState::State::incomplete && !change.gone;
        return !(question && ring_.size() >= ring_size / 2) && ring_.push(change);
    }

    // Any other thread.
    std::vector<NeighbourChange> all();
    // Changes that the kernel's picture should follow, in order: a new MAC, or gone.
    std::vector<NeighbourChange> take_mirror();
    size_t size();
    // The worker is no more, and what it knew with it.
    void clear();

  private:
    struct Less {
        bool operator()(const std::pair<uint32_t, Ip6> &a, const std::pair<uint32_t, Ip6> &b) const {
            if (a.first != b.first) return a.first < b.first;
            return a.second.high != b.second.high ? a.second.high < b.second.high : a.second.low < b.second.low;
        }
    };
    void drain();

    static constexpr size_t ring_size = 4096;
    Ring<NeighbourChange, ring_size> ring_;
    std::mutex lock_;
    std::map<std::pair<uint32_t, Ip6>, NeighbourChange, Less> known_;
    std::vector<NeighbourChange> mirror_;
};

}  // namespace weft
