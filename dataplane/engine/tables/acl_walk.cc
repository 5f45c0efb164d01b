// How trees are walked with the instructions of this machine.
#include <algorithm>
#include <utility>

#include "acl_tree.h"

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace weft {
namespace {

namespace plain {

// Loops of a fixed length without branches: the compiler makes of them what the machine has.
template <class Ref>
inline uint32_t child(const AclNode<Ref> &node, uint32_t key) {
    const auto piece = static_cast<uint16_t>(key);
    uint16_t below = 0;
    for (unsigned n = 0; n < AclNode<Ref>::cuts; n++) below = static_cast<uint16_t>(below + (node.thresholds[n] <= piece));
    return node.children[below];
}

template <unsigned Words>
inline uint32_t match_block(const AclLine *block, const AclTail &tail, const AclKey<Words> &key) {
    uint32_t wrong[acl_lanes] = {};
    for (unsigned w = 0; w < 2 * Words; w++)
        for (unsigned n = 0; n < acl_lanes; n++) wrong[n] |= (key.w[w] & block[w].second[n]) ^ block[w].first[n];
    const AclLine &ports = block[2 * Words];
    const uint32_t s = key.w[AclKey<Words>::source_port], d = key.w[AclKey<Words>::destination_port];
    for (unsigned n = 0; n < acl_lanes; n++) {
        const uint32_t low = ports.first[n], high = ports.second[n];
        wrong[n] |= (s < (low & 0xffff)) | (s > (high & 0xffff)) | (d < (low >> 16)) | (d > (high >> 16));
    }
    const uint32_t meta = key.w[AclKey<Words>::meta];
    for (unsigned n = 0; n < acl_lanes; n++) wrong[n] |= (meta & tail.mask[n]) ^ tail.value[n];
    uint32_t hits = 0;
    for (unsigned n = 0; n < acl_lanes; n++) hits |= static_cast<uint32_t>(wrong[n] == 0) << n;
    return hits;
}

#define WALK_TARGET
#include "acl_walk_body.h"
#undef WALK_TARGET

}  // namespace plain

#ifdef __x86_64__

#define WALK_TARGET __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define WALK_INLINE __attribute__((target("avx2,bmi,bmi2,popcnt"), always_inline)) inline

namespace avx2 {

WALK_INLINE __m256i load(const void *p) { return _mm256_load_si256(static_cast<const __m256i *>(p)); }
WALK_INLINE __m256i all(uint32_t word) { return _mm256_set1_epi32(static_cast<int>(word)); }

template <class Ref>
WALK_INLINE uint32_t child(const AclNode<Ref> &node, uint32_t key) {
    const __m256i k = _mm256_set1_epi16(static_cast<int16_t>(key));
    const __m256i low = load(node.thresholds), high = load(node.thresholds + 16);  // the last two are the base
    const __m256i reached = _mm256_packs_epi16(_mm256_cmpeq_epi16(_mm256_min_epu16(low, k), low),
                                               _mm256_cmpeq_epi16(_mm256_min_epu16(high, k), high));
    return node.children[__builtin_popcount(static_cast<uint32_t>(_mm256_movemask_epi8(reached)) & 0x3fffffffu)];
}

template <unsigned Words>
WALK_INLINE uint32_t match_block(const AclLine *block, const AclTail &tail, const AclKey<Words> &key) {
    __m256i right = _mm256_set1_epi32(-1);
    for (unsigned w = 0; w < 2 * Words; w++) {
        const __m256i k = _mm256_and_si256(all(key.w[w]), load(block[w].second));
        right = _mm256_and_si256(right, _mm256_cmpeq_epi32(k, load(block[w].first)));
    }
    const AclLine &ports = block[2 * Words];
    const __m256i k = all(key.w[AclKey<Words>::ports]);
    right = _mm256_and_si256(right, _mm256_cmpeq_epi32(_mm256_max_epu16(k, load(ports.first)), k));
    right = _mm256_and_si256(right, _mm256_cmpeq_epi32(_mm256_min_epu16(k, load(ports.second)), k));
    const __m128i value = _mm_load_si128(reinterpret_cast<const __m128i *>(tail.value));
    const __m128i mask = _mm_load_si128(reinterpret_cast<const __m128i *>(tail.mask));
    const __m128i meta = _mm_and_si128(_mm_set1_epi16(static_cast<int16_t>(key.w[AclKey<Words>::meta])), mask);
    right = _mm256_and_si256(right, _mm256_cvtepi16_epi32(_mm_cmpeq_epi16(meta, value)));
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(right)));
}

#include "acl_walk_body.h"

}  // namespace avx2

#undef WALK_TARGET
#undef WALK_INLINE

#endif

}  // namespace

template <unsigned Words>
std::vector<typename AclTrees<Words>::NamedWalk> AclTrees<Words>::walks() {
    std::vector<NamedWalk> all{{"plain", plain::walk<Words, uint16_t>, plain::walk<Words, uint32_t>}};
#ifdef __x86_64__
    if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) return all;
    all.push_back({"avx2", avx2::walk<Words, uint16_t>, avx2::walk<Words, uint32_t>});
#endif
    return all;
}

template std::vector<AclTrees<1>::NamedWalk> AclTrees<1>::walks();
template std::vector<AclTrees<4>::NamedWalk> AclTrees<4>::walks();

}  // namespace weft
