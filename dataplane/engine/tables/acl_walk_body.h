// The walk of a burst, compiled once for each set of instructions: WALK_TARGET is the functions' attribute, child() and
// match_block() are the set's own. Level by level over all keys, so that the cache misses of a level overlap, and without
// branches on where a key goes.
template <unsigned Words, class Ref>
WALK_TARGET void walk(const AclTrees<Words> &t, const AclKey<Words> *keys, unsigned count, uint32_t *entry) {
    constexpr unsigned most = 256, block_lines = AclTrees<Words>::block_lines, ahead = 8;
    const uint8_t *const lines = t.lines();
    const uint32_t first_leaf = t.first_leaf;
    uint32_t ref[most];
    uint16_t inside[most + 1], leaves[most + 1];
    for (const AclTree &tree : t.trees) {
        unsigned left = 0, found = 0;
        for (unsigned n = 0; n < count; n++) {
            inside[left] = static_cast<uint16_t>(n);
            ref[n] = tree.root;
            left += tree.first < entry[n];
        }
        if (tree.root >= first_leaf) {
            std::copy_n(inside, left, leaves);
            found = std::exchange(left, 0u);
        }
        while (left) {
            const unsigned here = left;
            left = 0;
            for (unsigned i = 0; i < here; i++) {
                const uint16_t n = inside[i];
                const auto &node = *reinterpret_cast<const AclNode<Ref> *>(lines + size_t{ref[n]} * acl_line);
                const uint32_t next = child(node, (keys[n].w[node.word] - node.base) >> node.shift);
                const uint8_t *at = lines + size_t{next} * acl_line;
                for (unsigned l = 0; l < sizeof node; l += acl_line) __builtin_prefetch(at + l);
                ref[n] = next;
                const bool leaf = next >= first_leaf;
                leaves[found] = inside[left] = n;
                found += leaf;
                left += !leaf;
            }
        }
        // Each round looks at the next block of those that none was found for.
        while (found) {
            const unsigned here = found;
            found = 0;
            for (unsigned i = 0; i < here; i++) {
                // The first lines were asked for as those of a node.
                const uint8_t *later = lines + size_t{ref[leaves[std::min(i + ahead, here - 1)]]} * acl_line;
                for (unsigned l = sizeof(AclNode<Ref>) / acl_line; l < std::min(block_lines, 5u); l++)
                    __builtin_prefetch(later + l * acl_line);
                const uint16_t n = leaves[i];
                const auto *block = reinterpret_cast<const AclLine *>(lines + size_t{ref[n]} * acl_line);
                const auto &tail = reinterpret_cast<const AclTail &>(block[block_lines - 1]);
                uint32_t hits = match_block<Words>(block, tail, keys[n]);
                uint32_t hit = tail.entry[__builtin_ctz(hits | 1u << (acl_lanes - 1))];
                if (hit & AclTail::measured) [[unlikely]] {
                    const uint32_t meta = keys[n].w[AclKey<Words>::meta], size_ttl = keys[n].w[AclKey<Words>::size_ttl];
                    for (; hits; hits &= hits - 1) {
                        hit = tail.entry[__builtin_ctz(hits)];
                        if (!(hit & AclTail::measured) || t.measures[hit & AclTail::number].holds(meta, size_ttl)) break;
                    }
                }
                const uint32_t nothing = 0u - (hits == 0);
                entry[n] = std::min(entry[n], (hit & AclTail::number) | nothing);
                ref[n] += block_lines;
                leaves[found] = n;
                found += nothing & tail.entry[0] >> AclTail::more_bit & 1;
            }
        }
    }
}
