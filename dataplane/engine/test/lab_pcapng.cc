#include "lab_pcapng.h"

#include <cstring>

namespace weft {
namespace {

template <class Value>
Value at(const Bytes &b, size_t place) {
    CHECK(place + sizeof(Value) <= b.size());
    Value v;
    std::memcpy(&v, b.data() + place, sizeof v);
    return v;
}

// Options from a place to the end of a block's body; the last is the end of options.
template <class Visit>
void each_option(const Bytes &b, size_t place, size_t end, Visit visit) {
    while (true) {
        CHECK(place + 4 <= end);
        const uint16_t code = at<uint16_t>(b, place), length = at<uint16_t>(b, place + 2);
        place += 4;
        if (code == 0) {
            CHECK_EQUAL(int{length}, 0);
            CHECK_EQUAL(place, end);
            return;
        }
        CHECK(place + length <= end);
        visit(code, std::string(b.begin() + static_cast<long>(place), b.begin() + static_cast<long>(place + length)));
        place += (length + 3u) & ~3u;
    }
}

uint64_t number(const std::string &value) {
    uint64_t v = 0;
    CHECK(value.size() <= sizeof v);
    std::memcpy(&v, value.data(), value.size());
    return v;
}

}  // namespace

PcapngFile read_pcapng(const Bytes &b) {
    PcapngFile file;
    for (size_t place = 0; place < b.size();) {
        const auto type = at<uint32_t>(b, place), length = at<uint32_t>(b, place + 4);
        CHECK(length % 4 == 0 && length >= 12 && place + length <= b.size());
        CHECK_EQUAL(at<uint32_t>(b, place + length - 4), length);
        CHECK_EQUAL(place == 0, type == 0x0a0d0d0a);
        const size_t body = place + 8, end = place + length - 4;
        if (type == 0x0a0d0d0a) {
            CHECK_EQUAL(at<uint32_t>(b, body), 0x1a2b3c4du);
            CHECK_EQUAL(int{at<uint16_t>(b, body + 4)}, 1);
            each_option(b, body + 16, end, [](uint16_t, const std::string &) {});
        } else if (type == 1) {
            PcapngFile::Interface i{at<uint16_t>(b, body), {}, {}};
            bool nanoseconds = false;
            each_option(b, body + 8, end, [&](uint16_t code, const std::string &value) {
                if (code == 2) i.name = value;
                if (code == 3) i.description = value;
                if (code == 9) nanoseconds = value == std::string(1, 9);
            });
            CHECK(nanoseconds);
            file.interfaces.push_back(i);
        } else if (type == 6) {
            PcapngFile::Seen p{};
            p.interface = at<uint32_t>(b, body);
            CHECK(p.interface < file.interfaces.size());
            p.time = uint64_t{at<uint32_t>(b, body + 4)} << 32 | at<uint32_t>(b, body + 8);
            const auto kept = at<uint32_t>(b, body + 12);
            p.length = at<uint32_t>(b, body + 16);
            CHECK(kept <= p.length && body + 20 + kept <= end);
            p.octets.assign(b.begin() + static_cast<long>(body + 20), b.begin() + static_cast<long>(body + 20 + kept));
            each_option(b, body + 20 + ((kept + 3) & ~3u), end, [&](uint16_t code, const std::string &value) {
                if (code == 1) p.comment = value;
                if (code == 2) p.flags = static_cast<uint32_t>(number(value));
                if (code == 4) p.lost = number(value);
            });
            file.packets.push_back(p);
        } else {
            CHECK_EQUAL(type, 5u);
            const auto id = at<uint32_t>(b, body);
            CHECK(id < file.interfaces.size() && !file.interfaces[id].counted);
            file.interfaces[id].counted = true;
            each_option(b, body + 12, end, [&](uint16_t code, const std::string &value) {
                if (code == 8) file.interfaces[id].delivered = number(value);
            });
        }
        place += length;
    }
    return file;
}

PcapngFile captured(Lab &lab, uint64_t number) {
    lab.core->end_capture(number);
    Bytes file;
    CaptureChunk chunk;
    do {
        chunk = {};
        lab.core->epochs.collect();
        CHECK(lab.core->read_capture(number, SIZE_MAX, lab.now, chunk));
        file.insert(file.end(), chunk.octets.begin(), chunk.octets.end());
    } while (chunk.ended.empty());
    return read_pcapng(file);
}

}  // namespace weft
