#include "trie6.h"

#include <algorithm>
#include <new>

namespace weft {
namespace {

constexpr uint32_t turned = 0x80000000;  // see trie6_nodes.h
constexpr size_t room = bucket_most + 2;

// So many bits of the address from `depth` on.
size_t bits_at(Wide address, unsigned depth, unsigned count) { return key_of(address, depth) >> (32 - count); }

}  // namespace

Trie6::~Trie6() {
    if (!top_) {
        if (is_node(root_)) give_all(root_);
        return;
    }
    for (const Word word : top_->words)
        if (is_node(word)) give_all(word);
}

void Trie6::reserve(size_t routes) {
    path_.reserve(40);
    if (top_ || spare_ || count_ + routes < top_from) return;
    spare_ = Pages(sizeof(Top));
}

Trie6::Leaf Trie6::own(Word bucket) const {
    const unsigned capacity = capacity_of(bucket);
    return {nodes_.words(bucket)[0], nodes_.side(bucket)[capacity]};
}

// Which interval holds the address.
unsigned Trie6::place_in(Word bucket, Wide address) const {
    const unsigned capacity = capacity_of(bucket);
    const Word *words = nodes_.words(bucket);
    const auto key = static_cast<int32_t>(key_of(address, depth_of(bucket)) ^ turned);
    unsigned n = 0;
    for (unsigned i = 1; i < capacity; i++) n += static_cast<int32_t>(words[i]) < key;
    return n;
}

size_t Trie6::expand(Word bucket, Wide start, Item *items) const {
    const unsigned depth = depth_of(bucket), capacity = capacity_of(bucket);
    const Word *words = nodes_.words(bucket);
    const uint8_t *side = nodes_.side(bucket);
    const size_t n = side[capacity + 1];
    const Leaf all = own(bucket);
    const Wide rest = rest6(reach_of(depth));
    for (size_t i = 0; i < n; i++) {
        items[i].end = i + 1 < n ? start | static_cast<Wide>(words[i + 1] ^ turned) << 96 >> depth | rest : start | rest6(depth);
        items[i].word = words[capacity + i] ? words[capacity + i] : all.word;
        items[i].length = words[capacity + i] ? side[i] : all.length;
    }
    return n;
}

void Trie6::collect(Word node, Wide start, std::vector<Item> &items) const {
    const unsigned depth = depth_of(node);
    const auto add = [&](const Item &item, Wide from) { is_node(item.word) ? collect(item.word, from, items) : append(items, item); };
    if (is_page(node)) {
        const unsigned stride = stride_of(node);
        const Wide rest = rest6(depth + stride);
        for (size_t k = 0; k < size_t{1} << stride; k++) {
            add({start | rest, nodes_.words(node)[k], nodes_.side(node)[k]}, start);
            start = (start | rest) + 1;
        }
        return;
    }
    Item inside[bucket_most];
    const size_t n = expand(node, start, inside);
    for (size_t i = 0; i < n; i++) {
        add(inside[i], start);
        start = inside[i].end + 1;
    }
}

void Trie6::retire(Word node) {
    epochs_.retire([nodes = &nodes_, node] { nodes->give(node); });
}

void Trie6::retire_all(Word node) {
    const unsigned count = is_page(node) ? 1u << stride_of(node) : capacity_of(node);
    const Word *words = nodes_.words(node) + (is_page(node) ? 0 : count);
    for (unsigned i = 0; i < count; i++)
        if (is_node(words[i])) retire_all(words[i]);
    retire(node);
}

void Trie6::give_all(Word node) {
    const unsigned count = is_page(node) ? 1u << stride_of(node) : capacity_of(node);
    const Word *words = nodes_.words(node) + (is_page(node) ? 0 : count);
    for (unsigned i = 0; i < count; i++)
        if (is_node(words[i])) give_all(words[i]);
    nodes_.give(node);
}

void Trie6::insert(const Ip6 &prefix, uint8_t length, uint32_t object) {
    count_++;
    const Wide first = wide(prefix);
    Change change{first, first | rest6(length), length, false, {object + 1, length}};
    apply(change, false);
    if (spare_ && count_ >= top_from) make_top();
}

void Trie6::replace(const Ip6 &prefix, uint8_t length, uint32_t object) {
    const Wide first = wide(prefix);
    Change change{first, first | rest6(length), length, true, {object + 1, length}};
    apply(change, false);
}

void Trie6::erase(const Ip6 &prefix, uint8_t length) {
    count_--;
    const Wide first = wide(prefix);
    Change change{first, first | rest6(length), length, true, {}};
    apply(change, true);
}

// Down to the node that tells the prefix from its neighbours.
void Trie6::apply(Change &change, bool reveal) {
    path_.clear();
    Place at{&root_, &root_length_, 0, 0};
    if (top_) {
        if (change.length <= top_bits) {
            if (reveal) change.leaf = routes_.longest(narrow(change.first), 0, change.length);
            const size_t i = bits_at(change.first, 0, top_bits);
            return paint(top_->words + i, top_->lengths + i, size_t{1} << (top_bits - change.length), change);
        }
        const size_t i = bits_at(change.first, 0, top_bits);
        at = {&top_->words[i], &top_->lengths[i], change.first & ~rest6(top_bits), top_bits};
    }
    for (;;) {
        const Word node = *at.slot;
        path_.push_back(at);
        if (!is_node(node)) {
            const Leaf all{node, *at.length};
            if (!change.decides(all.length)) return;  // hidden by longer routes, all alike
            if (reveal) change.leaf = routes_.longest(narrow(change.first), 0, change.length);
            const Item one{0, all.word, all.length};
            Item items[3];
            size_t n = 0;
            if (change.first != at.start) items[n++] = {change.first - 1, all.word, all.length};
            items[n++] = {change.last, change.leaf.word, change.leaf.length};
            const Wide last = at.start | rest6(at.depth);
            if (change.last != last) items[n++] = {last, all.word, all.length};
            store_word(*at.slot, build(at.start, at.depth, own_of(at.start, at.depth, {}, {&one, 1}), {items, n}));
            *at.length = of_node;
            return;
        }
        const unsigned depth = depth_of(node);
        if (is_page(node)) {
            const unsigned stride = stride_of(node);
            if (change.length <= depth + stride) return change_page(change, reveal);
            const size_t i = bits_at(change.first, depth, stride);
            at = {nodes_.words(node) + i, nodes_.side(node) + i, change.first & ~rest6(depth + stride), depth + stride};
            continue;
        }
        Word *word = nodes_.words(node) + capacity_of(node) + place_in(node, change.first);
        if (!is_node(*word) || change.length <= depth_of(*word)) return change_bucket(change, reveal);
        at = {word, nullptr, change.first & ~rest6(depth_of(*word)), depth_of(*word)};
    }
}

void Trie6::paint(Word *words, uint8_t *lengths, size_t count, const Change &change) {
    for (size_t i = 0; i < count; i++) {
        if (is_node(words[i])) {
            push(words[i], change);
        } else if (change.decides(lengths[i])) {
            store_word(words[i], change.leaf.word);
            lengths[i] = change.leaf.length;
        }
    }
}

// Into a node all of which the prefix covers.
void Trie6::push(Word node, const Change &change) {
    Word *words = nodes_.words(node);
    uint8_t *side = nodes_.side(node);
    if (is_page(node)) return paint(words, side, size_t{1} << stride_of(node), change);
    const unsigned capacity = capacity_of(node);
    if (!change.decides(side[capacity])) return;  // a longer route covers it, and all below
    store_word(words[0], change.leaf.word);
    side[capacity] = change.leaf.length;
    for (unsigned i = capacity; i < 2 * capacity; i++)
        if (is_node(words[i])) push(words[i], change);
}

void Trie6::change_page(Change &change, bool reveal) {
    const Word node = *path_.back().slot;
    const unsigned depth = depth_of(node), stride = stride_of(node);
    if (reveal) change.leaf = routes_.longest(narrow(change.first), 0, change.length);
    const size_t i = bits_at(change.first, depth, stride);
    paint(nodes_.words(node) + i, nodes_.side(node) + i, size_t{1} << (depth + stride - change.length), change);
    if (reveal) collapse(path_.size() - 1);
}

void Trie6::change_bucket(Change &change, bool reveal) {
    const Place at = path_.back();
    const Word node = *at.slot;
    const unsigned depth = depth_of(node);
    if (reveal) {
        const Leaf hidden = routes_.longest(narrow(change.first), depth, change.length);
        change.leaf = hidden.length ? hidden : own(node);
    }
    Item before[bucket_most], after[room];
    const size_t count = expand(node, at.start, before);
    size_t n = 0;
    const auto add = [&](Wide end, Word word, uint8_t length) {
        if (n && !is_node(word) && after[n - 1].word == word && after[n - 1].length == length)
            after[n - 1].end = end;
        else
            after[n++] = {end, word, length};
    };
    Wide start = at.start;
    for (size_t i = 0; i < count; i++) {
        const Item &item = before[i];
        if (item.end < change.first || start > change.last) {
            add(item.end, item.word, item.length);
        } else if (is_node(item.word)) {
            push(item.word, change);
            add(item.end, item.word, item.length);
        } else if (!change.decides(item.length)) {
            add(item.end, item.word, item.length);
        } else {
            if (start < change.first) add(change.first - 1, item.word, item.length);
            add(std::min(item.end, change.last), change.leaf.word, change.leaf.length);
            if (item.end > change.last) add(item.end, item.word, item.length);
        }
        start = item.end + 1;
    }
    if (n == 1) return settle(path_.size() - 1, {after[0].word, after[0].length});
    const Word made = build(at.start, depth, own(node), {after, n});
    store_word(*at.slot, made);
    retire(node);
    if (is_page(made) && path_.size() > 1) promote(path_.size() - 2);
}

// One answer stands where a node stood.
void Trie6::settle(size_t level, Leaf leaf) {
    const Place at = path_[level];
    const Word gone = *at.slot;
    if (at.length) {
        store_word(*at.slot, leaf.word);
        *at.length = leaf.length;
        retire(gone);
        if (level) collapse(level - 1);
        return;
    }
    const Place above = path_[level - 1];
    const Word bucket = *above.slot;
    Item items[bucket_most];
    const size_t count = expand(bucket, above.start, items);
    items[at.slot - (nodes_.words(bucket) + capacity_of(bucket))] = {at.start | rest6(at.depth), leaf.word, leaf.length};
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (n && !is_node(items[i].word) && items[n - 1].word == items[i].word && items[n - 1].length == items[i].length)
            items[n - 1].end = items[i].end;
        else
            items[n++] = items[i];
    }
    if (n == 1) {
        settle(level - 1, {items[0].word, items[0].length});
    } else {
        store_word(*above.slot, build_bucket(depth_of(bucket), own(bucket), {items, n}));
        retire(bucket);
    }
    retire(gone);
}

// A page that a bucket can hold becomes one.
void Trie6::collapse(size_t level) {
    const Place at = path_[level];
    const Word page = *at.slot;
    if (!is_node(page) || !is_page(page)) return;
    constexpr size_t few = 6;
    Item items[few];
    const unsigned depth = depth_of(page), stride = stride_of(page);
    const Word *words = nodes_.words(page);
    const uint8_t *lengths = nodes_.side(page);
    size_t n = 0;
    for (size_t k = 0; k < size_t{1} << stride; k++) {
        if (is_node(words[k])) return;
        const Wide end = at.start + (static_cast<Wide>(k) << (128 - depth - stride)) + rest6(depth + stride);
        if (n && items[n - 1].word == words[k] && items[n - 1].length == lengths[k]) {
            items[n - 1].end = end;
        } else {
            if (n == few) return;
            items[n++] = {end, words[k], lengths[k]};
        }
    }
    if (n == 1) return settle(level, {items[0].word, items[0].length});
    store_word(*at.slot, build_bucket(depth, own_of(at.start, depth, {}, {items, n}), {items, n}));
    retire(page);
}

// Pages of 16 words under one of 16 words: the part of the trie below is made anew when that makes it less deep.
void Trie6::promote(size_t level) {
    const Place at = path_[level];
    const Word node = *at.slot;
    if (!is_node(node) || type_of(node) != Node6::page4) return;
    const Word *words = nodes_.words(node);
    if (std::count_if(words, words + 16, [](Word w) { return is_node(w) && is_page(w); }) < 4) return;
    std::vector<Item> items;
    collect(node, at.start, items);
    if (coarse(at.start, depth_of(node) + 8, items, 40) < 40) return;
    const Word made = build(at.start, depth_of(node), own_of(at.start, depth_of(node), {}, items), items);
    store_word(*at.slot, made);
    retire_all(node);
}

// A table that has grown large gets its page of the first bits; readers go on in the old nodes until they are out of them.
void Trie6::make_top() {
    std::vector<Item> items = intervals(routes_.sorted());
    top_pages_ = std::move(spare_);
    Top *top = top_pages_.as<Top>();
    fill_page(0, 0, top_bits, {}, items, top->words, top->lengths);
    __atomic_store_n(&top_, top, __ATOMIC_RELEASE);
    if (is_node(root_)) retire_all(root_);
}

void Trie6::prefetch(const Ip6 &prefix) const {
    Word node = top_ ? top_->words[prefix.high >> (64 - top_bits)] : root_;
    while (is_node(node) && is_page(node) && depth_of(node) < 32)
        node = nodes_.words(node)[bits_at(wide(prefix), depth_of(node), stride_of(node))];
    if (!is_node(node)) return;
    const size_t word = is_page(node) ? bits_at(wide(prefix), depth_of(node), stride_of(node)) : 0;
    __builtin_prefetch(nodes_.words(node) + word);
    __builtin_prefetch(nodes_.words(node) + (is_page(node) ? word : 16));
    __builtin_prefetch(nodes_.side(node) + word);
}

}  // namespace weft
