// The frames of af_xdp: each is in one place, whoever hands it on, and comes back when a port is no more.
#include "../ports/af_xdp_frames.h"

#include <deque>
#include <thread>

#include "../tables/ring.h"
#include "lab.h"

namespace weft::af_xdp_frames_test {
namespace {

constexpr size_t count = 1024;

std::unique_ptr<XdpFrames> frames_of(size_t frames = count) {
    std::string error;
    std::unique_ptr<XdpFrames> made = XdpFrames::make(frames, error);
    CHECK_EQUAL(error, "");
    return made;
}

TEST("af_xdp frames: a cache takes each once, until there are none") {
    const auto frames = frames_of();
    XdpFrames::Cache cache(*frames);
    std::vector<bool> seen(count);
    uint32_t frame;
    for (size_t n = 0; n < count; n++) {
        CHECK(cache.take(frame));
        CHECK(frame < count && !seen[frame]);
        seen[frame] = true;
    }
    CHECK(!cache.take(frame));
    cache.put(frame = 7);
    uint32_t again;
    CHECK(cache.take(again));
    CHECK_EQUAL(again, 7u);
}

TEST("af_xdp frames: what is in caches that end is free, stack or not") {
    const auto frames = frames_of();
    for (size_t round = 0; round < 100; round++) {
        XdpFrames::Cache one(*frames), other(*frames);
        uint32_t frame;
        for (size_t n = 0; n < round; n++) {
            CHECK(one.take(frame));
            other.put(frame);
        }
    }
    CHECK_EQUAL(frames->pooled(), count);
}

TEST("af_xdp frames: threads that hand them on in rings lose none and have none twice") {
    constexpr size_t threads = 4, turns = 20000;
    const auto frames = frames_of();
    std::vector<std::atomic<int>> had(count);
    std::array<Ring<uint32_t, 128>, threads> rings;  // to the next thread
    std::atomic<bool> twice{false};
    {
        std::deque<XdpFrames::Cache> caches;
        for (size_t n = 0; n < threads; n++) caches.emplace_back(*frames);
        const auto work = [&](size_t me) {
            for (size_t turn = 0; turn < turns; turn++) {
                for (size_t n = 0; n < 40; n++) {
                    uint32_t frame;
                    if (!caches[me].take(frame)) break;
                    if (had[frame].fetch_add(1) != 0) twice = true;
                    if (rings[me].push(frame)) continue;
                    had[frame]--;
                    caches[me].put(frame);
                    break;
                }
                rings[(me + threads - 1) % threads].drain([&](uint32_t frame) {
                    had[frame]--;
                    caches[me].put(frame);
                });
            }
        };
        std::vector<std::thread> running;
        for (size_t n = 0; n < threads; n++) running.emplace_back(work, n);
        for (std::thread &one : running) one.join();
        for (size_t n = 0; n < threads; n++)
            rings[n].drain([&](uint32_t frame) {
                had[frame]--;
                caches[n].put(frame);
            });
    }
    CHECK(!twice);
    CHECK(std::all_of(had.begin(), had.end(), [](const auto &one) { return one == 0; }));
    CHECK_EQUAL(frames->pooled(), count);
}

TEST("af_xdp frames: no more is promised than there is, and what a port had comes back a second after it") {
    const auto frames = frames_of();
    const size_t all = frames->unreserved();
    const uint16_t one = frames->reserve(all / 2), other = frames->reserve(all / 2);
    CHECK(one != XdpFrames::nobody && other != XdpFrames::nobody && one != other);
    CHECK_EQUAL(frames->reserve(all / 2), XdpFrames::nobody);
    {
        XdpFrames::Cache cache(*frames);
        uint32_t frame;
        for (size_t n = 0; n < 300; n++) {
            CHECK(cache.take(frame));
            frames->holder(frame) = n % 3 == 0 ? other : n % 3 == 1 ? one : one | XdpFrames::sending;
        }
    }
    CHECK_EQUAL(frames->pooled(), count - 300);
    frames->retire(one, 10);
    frames->reclaim(11);
    CHECK_EQUAL(frames->pooled(), count - 300);
    CHECK_EQUAL(frames->reserve(all / 2), XdpFrames::nobody);
    frames->reclaim(12);
    CHECK_EQUAL(frames->pooled(), count - 100);
    CHECK_EQUAL(frames->reserve(all / 2), one);
}

TEST("af_xdp frames: what lies in them is known from what does not") {
    const auto frames = frames_of();
    uint64_t address = 0;
    CHECK(frames->contains(frames->memory() + 5000, address));
    CHECK_EQUAL(address, 5000u);
    CHECK_EQUAL(XdpFrames::frame_of(address), 1u);
    CHECK(!frames->contains(frames->memory() + frames->size(), address));
    CHECK(!frames->contains(frames->memory() - 1, address));
}

}  // namespace
}  // namespace weft::af_xdp_frames_test
