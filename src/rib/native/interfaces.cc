#include "interfaces.h"

namespace weft::rib {

uint32_t Interfaces::number(std::string_view name) {
    const auto known = numbers_.find(name);
    if (known != numbers_.end()) return known->second;
    const auto number = static_cast<uint32_t>(names_.size());
    names_.emplace_back(name);
    numbers_.emplace(names_.back(), number);
    return number;
}

const InterfaceState *Interfaces::find(uint32_t number) const {
    const auto drafted = draft_.find(number);
    if (drafted != draft_.end()) return drafted->second ? &*drafted->second : nullptr;
    const auto known = states_.find(number);
    return known == states_.end() ? nullptr : &known->second;
}

std::vector<uint32_t> Interfaces::different() const {
    std::vector<uint32_t> found;
    for (const auto &[number, state] : draft_) {
        const auto known = states_.find(number);
        const bool same = known == states_.end() ? !state : state && *state == known->second;
        if (!same) found.push_back(number);
    }
    return found;
}

std::vector<uint32_t> Interfaces::adopt() {
    std::vector<uint32_t> gone;
    for (const auto &[number, state] : draft_) {
        if (state) {
            states_[number] = *state;
        } else if (states_.erase(number) > 0) {
            gone.push_back(number);
        }
    }
    draft_.clear();
    return gone;
}

}  // namespace weft::rib
