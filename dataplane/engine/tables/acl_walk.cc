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
inline unsigned count_le(const AclNode &node, uint32_t key) {
    unsigned below = 0;
    for (unsigned n = 0; n < 15; n++) below += node.thresholds[n] <= key;
    return below;
}

template <unsigned Words>
inline uint32_t match_block(const AclLine *block, const AclKey<Words> &key) {
    uint32_t wrong[acl_lanes] = {};
    for (unsigned w = 0; w < AclRule<Words>::masked; w++)
        for (unsigned n = 0; n < acl_lanes; n++) wrong[n] |= (key.w[w] & block[w].second[n]) ^ block[w].first[n];
    const AclLine &ports = block[AclRule<Words>::masked];
    const uint32_t s = key.w[AclKey<Words>::source_port], d = key.w[AclKey<Words>::destination_port];
    for (unsigned n = 0; n < acl_lanes; n++) {
        const uint32_t low = ports.first[n], high = ports.second[n];
        wrong[n] |= (s < (low & 0xffff)) | (s > (high & 0xffff)) | (d < (low >> 16)) | (d > (high >> 16));
    }
    uint32_t hits = 0;
    for (unsigned n = 0; n < acl_lanes; n++) hits |= static_cast<uint32_t>(wrong[n] == 0) << n;
    return hits;
}

#define WALK_TARGET
#include "acl_walk_body.h"
#undef WALK_TARGET

}  // namespace plain

#ifdef __x86_64__

namespace avx2 {

#define WALK_TARGET __attribute__((target("avx2,bmi,popcnt")))
#define WALK_INLINE __attribute__((target("avx2,bmi,popcnt"), always_inline)) inline

WALK_INLINE __m256i load(const uint32_t *p) { return _mm256_load_si256(reinterpret_cast<const __m256i *>(p)); }

WALK_INLINE unsigned count_le(const AclNode &node, uint32_t key) {
    const __m256i k = _mm256_set1_epi32(static_cast<int>(key));
    const __m256i low = _mm256_cmpeq_epi32(_mm256_max_epu32(k, load(node.thresholds)), k);
    const __m256i high = _mm256_cmpeq_epi32(_mm256_max_epu32(k, load(node.thresholds + 8)), k);
    const __m256i both = _mm256_packs_epi32(low, high);
    // Two bits a lane; the last lane is the node's word and no threshold.
    return static_cast<unsigned>(__builtin_popcount(static_cast<uint32_t>(_mm256_movemask_epi8(both)) & 0x3fffffffu)) / 2;
}

template <unsigned Words>
WALK_INLINE uint32_t match_block(const AclLine *block, const AclKey<Words> &key) {
    __m256i right = _mm256_set1_epi32(-1);
    for (unsigned w = 0; w < AclRule<Words>::masked; w++) {
        const __m256i k = _mm256_and_si256(_mm256_set1_epi32(static_cast<int>(key.w[w])), load(block[w].second));
        right = _mm256_and_si256(right, _mm256_cmpeq_epi32(k, load(block[w].first)));
    }
    const AclLine &ports = block[AclRule<Words>::masked];
    const __m256i k = _mm256_set1_epi32(static_cast<int>(key.w[AclKey<Words>::ports]));
    right = _mm256_and_si256(right, _mm256_cmpeq_epi32(_mm256_max_epu16(k, load(ports.first)), k));
    right = _mm256_and_si256(right, _mm256_cmpeq_epi32(_mm256_min_epu16(k, load(ports.second)), k));
    return static_cast<uint32_t>(_mm256_movemask_ps(_mm256_castsi256_ps(right)));
}

#include "acl_walk_body.h"
#undef WALK_TARGET
#undef WALK_INLINE

}  // namespace avx2

#endif

}  // namespace

template <unsigned Words>
std::vector<typename AclTrees<Words>::NamedWalk> AclTrees<Words>::walks() {
    std::vector<NamedWalk> all{{"plain", plain::walk<Words>}};
#ifdef __x86_64__
    if (__builtin_cpu_supports("avx2")) all.push_back({"avx2", avx2::walk<Words>});
#endif
    return all;
}

template std::vector<AclTrees<1>::NamedWalk> AclTrees<1>::walks();
template std::vector<AclTrees<4>::NamedWalk> AclTrees<4>::walks();

}  // namespace weft
