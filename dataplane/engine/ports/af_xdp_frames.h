// Frames of 4 KiB that the af_xdp driver shares with the kernel (a UMEM of AF_XDP), one region for several ports, so that a packet
// goes from the port it came by to the one it leaves by without being copied: the frame that the one was given is handed to the
// other, and comes back when it has been sent.
//
// Every frame is in exactly one place. Free, it is in the pool, or in the cache of a sending or receiving side; or one of the
// ports has it (holder()): to receive into, until the worker that was given its packet has sent it elsewhere or is done with it; or to
// send.
//
// The pool hands frames over in stacks of 64, of which any thread takes and puts one without a lock or a wait: a worker that
// receives what another one sends meets it once in 64 packets. A cache belongs to one thread at a time.
//
// Ports say beforehand how many frames they can have at the most (reserve()), so that one that does not drain takes none from the
// others.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace weft {

class XdpFrames {
  public:
    static constexpr size_t frame_size = 4096;
    static constexpr size_t stack_size = 64;
    static constexpr uint16_t nobody = 0, sending = 0x8000;

    // Of a multiple of 64 frames; null and a text when there is no memory.
    static std::unique_ptr<XdpFrames> make(size_t frames, std::string &error);
    ~XdpFrames();
    XdpFrames(const XdpFrames &) = delete;

    uint8_t *memory() const { return memory_; }
    size_t size() const { return count_ * frame_size; }
    size_t frames() const { return count_; }
    uint8_t *at(uint64_t address) const { return memory_ + address; }
    static uint32_t frame_of(uint64_t address) { return static_cast<uint32_t>(address / frame_size); }
    // True: the byte is in one of them, at `address`.
    bool contains(const uint8_t *byte, uint64_t &address) const {
        address = static_cast<uint64_t>(byte - memory_);
        return byte >= memory_ && address < size();
    }

    // Who has a frame: nobody, or the number of the side of a port, with `sending` from when it is to be sent until it has been. The
    // thread that has the frame reads and writes it.
    uint16_t &holder(uint32_t frame) { return holders_[frame]; }

    // Programming thread, as are the ends of caches: a number for a side of a port that will have so many frames at the most, those of
    // its cache among them; nobody when there are not as many.
    uint16_t reserve(size_t frames);
    size_t unreserved() const { return count_ - reserved_; }
    // The side is no more. What it has is free again a second later, for a card may still write into it; `now` in seconds.
    void retire(uint16_t holder, int64_t now);
    void reclaim(int64_t now);

    // One thread's free frames.
    class Cache {
      public:
        explicit Cache(XdpFrames &pool) : pool_(pool) {}
        ~Cache();
        size_t size() const { return count_; }
        Cache(const Cache &) = delete;
        // False: there are none.
        bool take(uint32_t &frame) {
            if (count_ == 0 && !fill()) return false;
            frame = frames_[--count_];
            return true;
        }
        void put(uint32_t frame) {
            if (count_ == most) spill();
            frames_[count_++] = frame;
        }
        static constexpr size_t most = 2 * stack_size;

      private:
        bool fill();
        void spill();
        XdpFrames &pool_;
        size_t count_ = 0;
        uint32_t frames_[most];
    };

    // While no other thread is at work: free ones, but for those in caches of others.
    size_t pooled();

  private:
    // A list of stacks by their numbers; the upper half of the head counts changes, so that a head that was there before is not
    // taken for the same.
    class List {
      public:
        void push(uint32_t stack, std::atomic<uint32_t> *next);
        bool pop(uint32_t &stack, std::atomic<uint32_t> *next);

      private:
        alignas(64) std::atomic<uint64_t> head_{0};
    };
    struct Stack {
        uint32_t frames[stack_size];
    };

    explicit XdpFrames(size_t frames);
    void put(const uint32_t *frames);
    bool take(uint32_t *frames);

    // One that reserved frames, by its number; without frames the number is free.
    struct Side {
        size_t frames = 0;
        int64_t retired = never;
    };
    static constexpr int64_t never = -1;

    const size_t count_;
    uint8_t *memory_ = nullptr;
    std::vector<uint16_t> holders_;
    std::vector<Stack> stacks_;
    std::unique_ptr<std::atomic<uint32_t>[]> next_;
    List full_, empty_;
    std::vector<Side> sides_{1};
    Cache rest_{*this};  // of caches that ended, until there is a stack of them
    size_t reserved_ = Cache::most;
};

}  // namespace weft
