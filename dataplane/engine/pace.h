// When a worker that has done all there was looks again. While little comes it sleeps until the kernel wakes it, at the first packet.
// Wake-ups cost more than packets do, and on a core that it shares with who sends, each of them takes the core away for a single
// packet; so a worker that would be woken often asks not to be: it naps by the clock and takes what has come together meanwhile,
// and does not nap at all while queues give whole bursts.
//
// Naps become longer while few packets come together in one, and shorter when there is much for a turn to do: super-packets of TCP
// wait least, for who sends them waits for answers. A packet waits for the longest nap at the most; at fewer than `often` packets in
// a `window` it does not.
#pragma once

#include <algorithm>
#include <cstdint>

namespace weft {

class Pace {
  public:
    // Microseconds.
    static constexpr uint64_t shortest = 20, usual = 50, longest = 100;
    static constexpr uint64_t window = 1000;
    // Wake-ups, or packets, in a window.
    static constexpr unsigned often = 20;
    // Packets for a nap, a KiB counting as one.
    static constexpr uint64_t few = 24, many = 48;

    enum class Next : uint8_t {
        look,   // at once
        nap,    // so long as nap() says
        sleep,  // until woken
    };

    // What a turn over all queues took in; `more`: a queue gave as much as it may.
    struct Taken {
        uint64_t packets = 0, octets = 0;
        bool more = false;
    };

    // `moved`: the turn did something, if only for what has waited.
    Next after(bool moved, const Taken &taken, uint64_t now) {
        const uint64_t load = taken.packets + taken.octets / 1024;
        load_ += load;
        if (now - began_ >= window) next_window(now);
        if (!napping_) {
            if (moved) return Next::look;
            if (++rests_ <= often) return Next::sleep;
            napping_ = true;
            nap_ = usual;
            return Next::nap;
        }
        if (taken.more) return Next::look;
        if (load < few)
            nap_ = std::min(longest, nap_ + nap_ / 8);
        else if (load > many)
            nap_ = std::max(shortest, nap_ - nap_ / 4);
        return Next::nap;
    }

    bool napping() const { return napping_; }
    uint64_t nap() const { return nap_; }

  private:
    void next_window(uint64_t now) {
        // Packets all the time are no more to be told of than wake-ups that come too often.
        napping_ = load_ >= often && (napping_ || rests_ == 0);
        began_ = now;
        load_ = 0;
        rests_ = 0;
    }

    bool napping_ = false;
    uint64_t nap_ = usual;
    uint64_t began_ = 0;  // the window
    uint64_t load_ = 0;   // taken in it
    unsigned rests_ = 0;  // in it
};

}  // namespace weft
