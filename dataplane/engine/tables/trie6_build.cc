// Nodes from intervals: all of a table, or what a bucket could not hold any more. A node is a bucket if that can tell all intervals
// apart, else a page of 256 words if the next eight bits tell some, else a bucket at the finest grain that leaves at most 16
// intervals (what is finer goes into children), and a page of 16 if there is none. Linear in the intervals for each level.
#include <algorithm>

#include "trie6.h"

namespace weft {
namespace {

constexpr unsigned usual = 48;  // bits of the prefixes that most tables are full of

}  // namespace

void Trie6::append(std::vector<Item> &items, Item item) {
    if (!items.empty() && !is_node(item.word) && items.back().word == item.word && items.back().length == item.length)
        items.back().end = item.end;
    else
        items.push_back(item);
}

std::vector<Trie6::Item> Trie6::intervals(const std::vector<Route> &routes) {
    std::vector<Item> items, open;
    items.reserve(routes.size() * 2 + 1);
    Wide at = 0;
    bool whole = false;  // the last address has been reached
    const auto close = [&](const Item &item) {
        if (!whole && item.end >= at) {
            append(items, item);
            whole = item.end == ~Wide{0};
            at = item.end + 1;
        }
    };
    for (const Route &r : routes) {
        const Wide start = wide(r.prefix);
        while (!open.empty() && open.back().end < start) {
            close(open.back());
            open.pop_back();
        }
        if (start > at) close(open.empty() ? Item{start - 1, 0, 0} : Item{start - 1, open.back().word, open.back().length});
        open.push_back({start | rest6(r.length), r.object + 1, r.length});
    }
    while (!open.empty()) {
        close(open.back());
        open.pop_back();
    }
    close({~Wide{0}, 0, 0});
    return items;
}

// How many intervals are left when what is finer than blocks of `depth` bits goes into children; `enough`: no matter how many
// more.
size_t Trie6::coarse(Wide start, unsigned depth, std::span<const Item> items, size_t enough) const {
    const Wide rest = rest6(depth);
    size_t count = 0;
    for (size_t i = 0; i < items.size() && count < enough;) {
        const Wide end = items[i].end;
        count++;
        if ((end & rest) == rest) {
            start = end + 1;
            i++;
            continue;
        }
        if (start < (end & ~rest)) count++;
        const Wide last = end | rest;
        i++;
        // Gallop: blocks may hold thousands.
        for (size_t step = 1; i < items.size() && items[i].end < last;) {
            if (i + step < items.size() && items[i + step].end < last) {
                i += step;
                step *= 2;
            } else if (step > 1) {
                step = 1;
            } else {
                i++;
            }
        }
        if (i < items.size() && items[i].end == last) i++;
        start = last + 1;
    }
    return count;
}

// What covers all of a block: an interval of it that says so, or, where longer routes hide it, what the routes know.
Trie6::Leaf Trie6::own_of(Wide start, unsigned depth, Leaf above, std::span<const Item> items) const {
    for (const Item &item : items)
        if (item.length <= depth) return {item.word, item.length};
    const Leaf hidden = routes_.longest(narrow(start), above.length, depth + 1);
    return hidden.length ? hidden : above;
}

Word Trie6::build_bucket(unsigned depth, Leaf own, std::span<const Item> items) {
    const unsigned n = static_cast<unsigned>(items.size());
    const Word node = nodes_.take(n <= 8 ? Node6::bucket8 : Node6::bucket16, depth);
    const unsigned capacity = capacity_of(node);
    Word *words = nodes_.words(node);
    uint8_t *side = nodes_.side(node);
    words[0] = own.word;
    for (unsigned i = 1; i < capacity; i++)
        words[i] = i < n ? key_of(items[i - 1].end, depth) ^ 0x80000000u : 0x7fffffffu;
    for (unsigned i = 0; i < n; i++) {
        words[capacity + i] = items[i].length <= depth ? 0 : items[i].word;
        side[i] = items[i].length;
    }
    std::fill(words + capacity + n, words + 2 * capacity, 0);
    side[capacity] = own.length;
    side[capacity + 1] = static_cast<uint8_t>(n);
    return node;
}

void Trie6::fill_page(Wide start, unsigned depth, unsigned stride, Leaf own, std::span<Item> items, Word *words, uint8_t *lengths) {
    const unsigned below = 128 - depth - stride;
    const Wide rest = rest6(depth + stride);
    const size_t count = size_t{1} << stride;
    size_t i = 0;
    for (size_t k = 0; k < count;) {
        // Blocks that one interval holds whole, all at once.
        const Wide first = start | static_cast<Wide>(k) << below;
        const size_t whole = items[i].end == ~Wide{0} ? count - k : static_cast<size_t>(((items[i].end + 1 - first) >> below));
        const size_t run = std::min(whole, count - k);
        std::fill_n(words + k, run, items[i].word);
        std::fill_n(lengths + k, run, items[i].length);
        k += run;
        if (k == count) break;
        const Wide from = start | static_cast<Wide>(k) << below, last = from | rest;
        if (items[i].end + 1 == from) {
            i++;
            continue;
        }
        size_t j = i;
        while (items[j].end < last) j++;
        const Wide saved = items[j].end;
        items[j].end = last;
        const auto inside = items.subspan(i, j - i + 1);
        words[k] = build(from, depth + stride, own_of(from, depth + stride, own, inside), inside);
        lengths[k] = of_node;
        items[j].end = saved;
        i = saved == last ? j + 1 : j;
        k++;
    }
}

Word Trie6::build_page(Wide start, unsigned depth, unsigned stride, Leaf own, std::span<Item> items) {
    const Word node = nodes_.take(stride == 8 ? Node6::page8 : Node6::page4, depth);
    fill_page(start, depth, stride, own, items, nodes_.words(node), nodes_.side(node));
    return node;
}

Word Trie6::build(Wide start, unsigned depth, Leaf own, std::span<Item> items) {
    const unsigned reach = reach_of(depth);
    const Wide fine = rest6(reach);
    if (items.size() <= bucket_most && std::all_of(items.begin(), items.end(), [&](const Item &i) { return (i.end & fine) == fine; }))
        return build_bucket(depth, own, items);

    // One load from a page of 256 costs a packet less than a bucket, where more than that holds are to be told apart anyway. Beyond
    // the usual lengths prefixes are few and far below one another, and a line of pages down to them would cost memory.
    const size_t parts = depth < usual ? 3 : 8;
    if (items.size() > bucket_most && depth + 8 <= reach && coarse(start, depth + 8, items, parts) >= parts &&
        std::none_of(items.begin(), items.end(), [&](const Item &i) { return is_node(i.word) && depth_of(i.word) < depth + 8; }))
        return build_page(start, depth, 8, own, items);
    unsigned grain = depth + 4;
    while (grain < reach && coarse(start, grain + 4, items, bucket_most + 1) <= bucket_most) grain += 4;
    if (grain == depth + 4) return build_page(start, depth, 4, own, items);

    const Wide rest = rest6(grain);
    std::array<Item, bucket_most> kept;
    size_t n = 0;
    for (size_t i = 0; i < items.size();) {
        const Wide end = items[i].end;
        if ((end & rest) == rest) {
            kept[n++] = items[i++];
            start = end + 1;
            continue;
        }
        const Wide first = end & ~rest, last = end | rest;
        if (start < first) kept[n++] = {first - 1, items[i].word, items[i].length};
        size_t j = i;
        while (items[j].end < last) j++;
        const Wide saved = items[j].end;
        items[j].end = last;
        const auto inside = items.subspan(i, j - i + 1);
        kept[n++] = {last, build(first, grain, own_of(first, grain, own, inside), inside), of_node};
        items[j].end = saved;
        i = saved == last ? j + 1 : j;
        start = last + 1;
    }
    return build_bucket(depth, own, {kept.data(), n});
}

}  // namespace weft
