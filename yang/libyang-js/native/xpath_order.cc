#include "xpath_order.h"

#include <algorithm>
#include <unordered_map>

namespace libyang_js::xpath {

AddressSet::AddressSet(size_t expected) {
    size_t size = 16;
    while (size < expected * 2) size *= 2;
    slots_.assign(size, 0);
}

size_t AddressSet::slot(uintptr_t address) const {
    const size_t mask = slots_.size() - 1;
    size_t at = (static_cast<uint64_t>(address) * 0x9e3779b97f4a7c15ull >> 20) & mask;
    while (slots_[at] && slots_[at] != address) at = (at + 1) & mask;
    return at;
}

void AddressSet::grow() {
    std::vector<uintptr_t> old(slots_.size() * 2, 0);
    old.swap(slots_);
    for (const uintptr_t address : old) {
        if (address) slots_[slot(address)] = address;
    }
}

bool AddressSet::insert(uintptr_t address) {
    if (!address) {
        const bool fresh = !has_zero_;
        has_zero_ = true;
        return fresh;
    }
    const size_t at = slot(address);
    if (slots_[at]) return false;
    slots_[at] = address;
    if (++used_ * 2 > slots_.size()) grow();
    return true;
}

bool AddressSet::contains(uintptr_t address) const { return address ? slots_[slot(address)] != 0 : has_zero_; }

bool remove_duplicates(NodeSet &set, Budget &budget) {
    if (set.items.size() < 2) return true;
    AddressSet seen(set.items.size());
    size_t kept = 0;
    for (const Item &item : set.items) {
        if (!budget.spend()) return false;
        if (seen.insert(item.bits())) set.items[kept++] = item;
    }
    set.items.erase(set.items.begin() + static_cast<ptrdiff_t>(kept), set.items.end());
    return true;
}

namespace {

// What is to be put out at and below one data node.
struct Place {
    std::vector<Item> items;                    // the node itself, its attributes, its text
    std::vector<const lyd_node *> children;     // those under which there is more
};

unsigned rank(const Item &item) {
    return item.is_element() ? 0 : item.kind() == Item::Kind::attribute ? 1 : 2;
}

}  // namespace

bool sort(NodeSet &set, const lyd_node *root, Budget &budget) {
    if (set.ordered || set.items.size() < 2) {
        set.ordered = true;
        return true;
    }
    std::unordered_map<const lyd_node *, Place> places;
    places.reserve(set.items.size() * 2);
    std::vector<Item> sorted;
    sorted.reserve(set.items.size());
    for (const Item &item : set.items) {
        const lyd_node *node = item.node();
        if (!node) {
            sorted.push_back(item);
            continue;
        }
        if (!budget.spend()) return false;
        auto [place, fresh] = places.try_emplace(node);
        place->second.items.push_back(item);
        while (fresh) {
            const lyd_node *parent = lyd_parent(node);
            std::tie(place, fresh) = places.try_emplace(parent);
            place->second.children.push_back(node);
            if (!parent) break;
            node = parent;
        }
    }
    std::vector<const lyd_node *> stack{nullptr};
    while (!stack.empty()) {
        const lyd_node *node = stack.back();
        stack.pop_back();
        const auto found = places.find(node);
        if (found == places.end()) continue;
        Place &place = found->second;
        std::stable_sort(place.items.begin(), place.items.end(),
                         [](const Item &a, const Item &b) { return rank(a) < rank(b); });
        sorted.insert(sorted.end(), place.items.begin(), place.items.end());
        if (place.children.size() > 1) {
            AddressSet wanted(place.children.size());
            for (const lyd_node *child : place.children) wanted.insert(reinterpret_cast<uintptr_t>(child));
            const size_t count = place.children.size();
            place.children.clear();
            const lyd_node *child = node ? lyd_child(node) : root;
            for (; child && place.children.size() < count; child = child->next) {
                if (!budget.spend()) return false;
                if (wanted.contains(reinterpret_cast<uintptr_t>(child))) place.children.push_back(child);
            }
        }
        stack.insert(stack.end(), place.children.rbegin(), place.children.rend());
    }
    set.items = std::move(sorted);
    set.ordered = true;
    return true;
}

}  // namespace libyang_js::xpath
