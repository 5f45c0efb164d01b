#include "kernel.h"

namespace weft::ebpf {
namespace {

Word table_word(unsigned form, uint32_t region, uint32_t at) {
    return fast_there | static_cast<Word>(form) << fast_form_shift | static_cast<Word>(region) << fast_region_shift | at;
}

}  // namespace

static_assert(sizeof(TrieNode) == fast_trie_node && sizeof(Line6) == fast_line);

// The VRF's number in the array; those of interfaces of the fast path have one, until they go. fast_vrfs: there is none left.
uint32_t Kernel::number_of(Vrf &vrf) {
    const auto [found, fresh] = places_of_vrfs_.try_emplace(&vrf);
    if (!fresh) return found->second.number;
    if (free_vrfs_.empty()) {
        found->second.number = numbered_vrfs_++;
    } else {
        found->second.number = free_vrfs_.back();
        free_vrfs_.pop_back();
    }
    follow_tables();
    return found->second.number;
}

void Kernel::forget(const Vrf &vrf) {
    const auto found = places_of_vrfs_.find(&vrf);
    if (found == places_of_vrfs_.end()) return;
    const VrfPlace place = found->second;
    places_of_vrfs_.erase(found);
    if (place.number < fast_vrfs) {
        fast_vrf &words = vrfs_.as<fast_vrf>()[place.number];
        __atomic_store_n(&words.table4, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&words.table6, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&words.default4, 0, __ATOMIC_RELEASE);
        __atomic_store_n(&words.default6, 0, __ATOMIC_RELEASE);
    }
    give_regions(place.table4.regions);
    give_regions(place.top_regions);
    core_.epochs.retire([this, number = place.number] { free_vrfs_.push_back(number); });
}

void Kernel::give_regions(uint32_t numbers) {
    if (numbers) core_.epochs.retire([this, numbers] { regions_.give(numbers); });
}

Word Kernel::table4(Vrf &vrf, VrfPlace &place, std::string &refused) {
    const Table4 &table = vrf.fib4.table();
    if (place.table4.table != &table) {
        give_regions(place.table4.regions);
        place.table4 = {&table, table.form == Table4::Form::trie ? 0 : regions_.take()};
    }
    const uint32_t number = place.table4.regions;
    if (table.form == Table4::Form::trie) {
        refused = regions_.share(fast_trie_region, core_.trie_nodes.memory(), core_.trie_nodes.used(), core_.trie_nodes.octets());
        return refused.empty() ? table_word(fast_trie, fast_trie_region, static_cast<const Trie4 &>(table).root()) : 0;
    }
    if (number == 0) {
        refused = "there are too many large tables";
        return 0;
    }
    return vrf.fib4.with_table([&](const auto &large) -> Word {
        if constexpr (requires { large.groups(); }) {
            const auto entries = large.entries(), groups = large.groups();
            refused = regions_.share(number, entries.memory, entries.used, entries.octets);
            if (refused.empty()) refused = regions_.share(number + 1, groups.memory, groups.used, groups.octets);
            const unsigned form = table.form == Table4::Form::narrow ? fast_narrow : fast_wide;
            return refused.empty() ? table_word(form, number, 0) : 0;
        } else {
            return 0;
        }
    });
}

Word Kernel::table6(Vrf &vrf, VrfPlace &place, std::string &refused) {
    refused = regions_.share(fast_line_region, core_.trie6_nodes.memory(), core_.trie6_nodes.used(), core_.trie6_nodes.octets());
    if (!refused.empty()) return 0;
    const Trie6::Beginning first = vrf.fib6.beginning();
    if (!first.top) return table_word(fast_words, 0, first.root);
    if (place.top != first.top) {
        place.top = first.top;
        place.top_regions = regions_.take();
    }
    if (place.top_regions == 0) {
        refused = "there are too many large tables";
        return 0;
    }
    refused = regions_.share(place.top_regions, first.top, first.octets, first.octets);
    return refused.empty() ? table_word(fast_top, place.top_regions, 0) : 0;
}

void Kernel::follow_tables() {
    for (auto &[key, place] : places_of_vrfs_) {
        if (place.number >= fast_vrfs) continue;
        Vrf &vrf = const_cast<Vrf &>(*key);
        fast_vrf &words = vrfs_.as<fast_vrf>()[place.number];
        std::string refused4, refused6;
        __atomic_store_n(&words.table4, table4(vrf, place, refused4), __ATOMIC_RELEASE);
        __atomic_store_n(&words.table6, table6(vrf, place, refused6), __ATOMIC_RELEASE);
        __atomic_store_n(&words.default4, static_cast<uint32_t>(vrf.fib4.default_object() + 1), __ATOMIC_RELEASE);
        __atomic_store_n(&words.default6, static_cast<uint32_t>(vrf.fib6.default_object() + 1), __ATOMIC_RELEASE);
        place.refused = refused4.empty() ? refused6 : refused4;
    }
}

}  // namespace weft::ebpf
