// The walk of a burst, compiled once for each set of instructions: WALK_TARGET is the functions' attribute, count_le() and
// match_block() are the set's own. Level by level over all keys, so that the cache misses of a level overlap.
template <unsigned Words>
WALK_TARGET void walk(const AclTrees<Words> &t, const AclKey<Words> *keys, unsigned count, uint32_t *entry) {
    constexpr unsigned most = 256, lines = AclTrees<Words>::block_lines;
    const AclNode *const nodes = t.nodes.data();
    const AclLine *const blocks = t.lines.data();
    uint32_t ref[most];
    uint16_t inside[most + 1], leaves[most];
    for (const AclTree &tree : t.trees) {
        unsigned left = 0, found = 0;
        for (unsigned n = 0; n < count; n++) {
            inside[left] = static_cast<uint16_t>(n);
            ref[n] = tree.root;
            left += tree.first < entry[n];
        }
        if (tree.root & acl_leaf) {
            std::copy_n(inside, left, leaves);
            found = std::exchange(left, 0u);
        }
        while (left) {
            const unsigned here = left;
            left = 0;
            for (unsigned i = 0; i < here; i++) {
                const unsigned n = inside[i];
                const AclNode &node = nodes[ref[n]];
                const uint32_t next = node.children[count_le(node, keys[n].w[node.word])];
                ref[n] = next;
                if (next & acl_leaf) {
                    const AclLine *block = blocks + (next & ~acl_leaf);
                    for (unsigned l = 0; l < std::min(lines, 5u); l++) __builtin_prefetch(block + l);
                    leaves[found++] = static_cast<uint16_t>(n);
                } else {
                    __builtin_prefetch(&nodes[next]);
                    __builtin_prefetch(nodes[next].children);
                    inside[left++] = static_cast<uint16_t>(n);
                }
            }
        }
        for (unsigned i = 0; i < found; i++) {
            const unsigned n = leaves[i];
            const AclLine *block = blocks + (ref[n] & ~acl_leaf);
            for (;; block += lines) {
                const auto &tail = reinterpret_cast<const AclTail &>(block[lines - 1]);
                uint32_t hits = match_block<Words>(block, keys[n]);
                while (tail.measured & hits & (0u - hits)) {
                    const unsigned lane = static_cast<unsigned>(__builtin_ctz(hits));
                    const auto before = static_cast<unsigned>(__builtin_popcount(tail.measured & ((1u << lane) - 1)));
                    if (t.measures[tail.measures + before].holds(keys[n].w[AclKey<Words>::size_ttl])) break;
                    hits &= hits - 1;
                }
                if (hits) {
                    entry[n] = std::min(entry[n], tail.entry[__builtin_ctz(hits)]);
                    break;
                }
                if (!tail.more) break;
            }
        }
    }
}
