#include "trie6_nodes.h"

#include <sys/mman.h>

#include <new>

namespace weft {
namespace {

constexpr size_t huge_page = 2u << 20;

unsigned count_log(Node6 type) {
    switch (type) {
        case Node6::bucket16:
            return 1;
        case Node6::page8:
            return 4;
        default:
            return 0;
    }
}

}  // namespace

Trie6Nodes::Trie6Nodes() {
    for (limit_ = 1u << 24;; limit_ /= 2) {
        try {
            line_memory_ = Pages(limit_ * sizeof(Line6), true);
            side_memory_ = Pages(limit_ * sizeof(Side6), true);
            break;
        } catch (const std::bad_alloc &) {
            if (limit_ <= 1u << 14) throw;
        }
    }
    lines_ = line_memory_.as<Line6>();
    sides_ = side_memory_.as<Side6>();
    // Small tables take small pages.
    madvise(lines_, huge_page, MADV_NOHUGEPAGE);
    madvise(sides_, huge_page, MADV_NOHUGEPAGE);
}

// Aligned to their number. Larger free runs are cut up, never joined again: what is given back is taken again by its like.
uint32_t Trie6Nodes::take_lines(unsigned log) {
    for (unsigned from = log; from < free_.size(); from++) {
        if (free_[from].empty()) continue;
        const uint32_t line = free_[from].back();
        for (unsigned half = log; half < from; half++) free_[half].push_back(line + (1u << half));
        free_[from].pop_back();
        free_lines_ -= size_t{1} << log;
        return line;
    }
    const uint32_t count = 1u << log;
    // What alignment would leave out is for smaller nodes.
    while (next_ & (count - 1)) {
        const unsigned small = static_cast<unsigned>(__builtin_ctz(next_));
        free_[small].push_back(next_);
        free_lines_ += size_t{1} << small;
        next_ += 1u << small;
    }
    if (next_ + count > limit_) throw std::bad_alloc();
    const uint32_t line = next_;
    next_ += count;
    return line;
}

Word Trie6Nodes::take(Node6 type, unsigned depth) { return node_word(type, depth, take_lines(count_log(type))); }

void Trie6Nodes::give(Word node) {
    const unsigned log = count_log(type_of(node));
    free_[log].push_back(node & line_mask);
    free_lines_ += size_t{1} << log;
}

}  // namespace weft
