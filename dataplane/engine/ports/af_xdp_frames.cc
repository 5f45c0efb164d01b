#include "af_xdp_frames.h"

#include <sys/mman.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace weft {

namespace {

constexpr uint32_t none = 0;  // stacks are numbered from 1 in lists
constexpr int64_t patience = 1;  // seconds
constexpr uint64_t changes = uint64_t{1} << 32;

}  // namespace

// A stack that is looked at may be taken by another thread meanwhile: what is read of it then is not used, for the head has changed.
void XdpFrames::List::push(uint32_t stack, std::atomic<uint32_t> *next) {
    uint64_t head = head_.load(std::memory_order_relaxed), wanted;
    do {
        next[stack].store(static_cast<uint32_t>(head), std::memory_order_relaxed);
        wanted = ((head & ~(changes - 1)) + changes) | (stack + 1);
    } while (!head_.compare_exchange_weak(head, wanted, std::memory_order_release, std::memory_order_relaxed));
}

bool XdpFrames::List::pop(uint32_t &stack, std::atomic<uint32_t> *next) {
    uint64_t head = head_.load(std::memory_order_acquire), wanted;
    do {
        if (static_cast<uint32_t>(head) == none) return false;
        stack = static_cast<uint32_t>(head) - 1;
        wanted = ((head & ~(changes - 1)) + changes) | next[stack].load(std::memory_order_relaxed);
    } while (!head_.compare_exchange_weak(head, wanted, std::memory_order_acquire, std::memory_order_acquire));
    return true;
}

// There is always an empty stack for who wants to put 64 frames: those in full ones and in the hands of others are 64 fewer than all.
XdpFrames::XdpFrames(size_t frames)
    : count_(frames), holders_(frames, nobody), stacks_(frames / stack_size),
      next_(std::make_unique<std::atomic<uint32_t>[]>(stacks_.size())) {}

std::unique_ptr<XdpFrames> XdpFrames::make(size_t frames, std::string &error) {
    std::unique_ptr<XdpFrames> made(new XdpFrames(frames));
    void *memory = mmap(nullptr, frames * frame_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        error = "no memory for " + std::to_string(frames * frame_size >> 20) + " MiB of frames: " + std::strerror(errno);
        return nullptr;
    }
    madvise(memory, frames * frame_size, MADV_HUGEPAGE);
    made->memory_ = static_cast<uint8_t *>(memory);
    for (uint32_t stack = 0; stack < made->stacks_.size(); stack++) made->empty_.push(stack, made->next_.get());
    // The lowest are to be taken first.
    for (size_t first = frames; first > 0; first -= stack_size) {
        uint32_t some[stack_size];
        for (size_t i = 0; i < stack_size; i++) some[i] = static_cast<uint32_t>(first - 1 - i);
        made->put(some);
    }
    return made;
}

XdpFrames::~XdpFrames() {
    if (memory_) munmap(memory_, size());
}

void XdpFrames::put(const uint32_t *frames) {
    uint32_t stack = 0;
    empty_.pop(stack, next_.get());
    std::memcpy(stacks_[stack].frames, frames, sizeof(Stack));
    full_.push(stack, next_.get());
}

bool XdpFrames::take(uint32_t *frames) {
    uint32_t stack;
    if (!full_.pop(stack, next_.get())) return false;
    std::memcpy(frames, stacks_[stack].frames, sizeof(Stack));
    empty_.push(stack, next_.get());
    return true;
}

bool XdpFrames::Cache::fill() {
    if (!pool_.take(frames_)) return false;
    count_ = stack_size;
    return true;
}

void XdpFrames::Cache::spill() {
    count_ -= stack_size;
    pool_.put(frames_ + count_);
}

XdpFrames::Cache::~Cache() {
    if (this == &pool_.rest_) return;
    while (count_ > 0) pool_.rest_.put(frames_[--count_]);
}

uint16_t XdpFrames::reserve(size_t frames) {
    if (reserved_ + frames > count_) return nobody;
    reserved_ += frames;
    size_t number = 1;
    while (number < sides_.size() && sides_[number].frames > 0) number++;
    if (number == sides_.size()) sides_.emplace_back();
    sides_[number] = {frames, never};
    return static_cast<uint16_t>(number);
}

void XdpFrames::retire(uint16_t holder, int64_t now) { sides_[holder].retired = now; }

void XdpFrames::reclaim(int64_t now) {
    for (size_t number = 1; number < sides_.size(); number++) {
        Side &side = sides_[number];
        if (side.frames == 0 || side.retired == never || now - side.retired <= patience) continue;
        for (uint32_t frame = 0; frame < count_; frame++) {
            if ((holders_[frame] & ~sending) != number) continue;
            holders_[frame] = nobody;
            rest_.put(frame);
        }
        reserved_ -= side.frames;
        side = {};
    }
}

size_t XdpFrames::pooled() {
    std::vector<Stack> taken;
    for (Stack one; take(one.frames);) taken.push_back(one);
    for (auto one = taken.rbegin(); one != taken.rend(); ++one) put(one->frames);
    return taken.size() * stack_size + rest_.size();
}

}  // namespace weft
