// When a worker that has done all there was looks again. While little comes it waits for the kernel to wake it, at the first packet.
// Wake-ups cost more than packets do, and on a core that it shares with who sends, each of them hands the core over for a single
// packet; so a worker that would be woken often asks not to be: it naps by the clock, takes what has come together meanwhile, and
// does not nap at all while queues give whole bursts. Some naps in vain, and it waits to be woken again.
//
// Times in microseconds. A packet waits for a nap at the most, and for half of one on average; below `often` wake-ups in a `window`
// it does not.
#pragma once

#include <cstdint>

namespace weft {

class Pace {
  public:
    static constexpr uint64_t nap = 50;
    static constexpr uint64_t window = 1000;
    static constexpr unsigned often = 20;
    static constexpr unsigned naps_in_vain = 4;

    enum class Next : uint8_t {
        look,   // at once
        nap,    // by the clock
        sleep,  // until woken
    };

    // After a turn over all queues: whether it moved a packet, and whether there is likely more.
    Next after(bool moved, bool more, uint64_t now) {
        if (!napping_) {
            if (now - began_ >= window) {
                // Packets all the time, or often enough: no more wake-ups.
                napping_ = moved && rests_ == 0 && began_ != 0;
                began_ = now;
                rests_ = 0;
            }
            if (moved) return Next::look;
            if (++rests_ <= often) return Next::sleep;
            napping_ = true;
        }
        if (moved) {
            vain_ = 0;
            return more ? Next::look : Next::nap;
        }
        if (++vain_ <= naps_in_vain) return Next::nap;
        napping_ = false;
        vain_ = 0;
        began_ = now;
        rests_ = 1;
        return Next::sleep;
    }

    bool napping() const { return napping_; }

  private:
    bool napping_ = false;
    uint64_t began_ = 0;  // the window
    unsigned rests_ = 0;  // in it
    unsigned vain_ = 0;   // naps in a row
};

}  // namespace weft
