#include "neighbour_view.h"

#include <utility>

namespace weft {

void NeighbourView::drain() {
    ring_.drain([this](const NeighbourChange &c) {
        const auto key = std::make_pair(c.interface, c.address);
        const auto found = known_.find(key);
        const bool had = found != known_.end() && found->second.state != NeighbourState::State::incomplete;
        const bool has = !c.gone && c.state != NeighbourState::State::incomplete;
        if (has ? !had || found->second.mac != c.mac : had) {
            mirror_.push_back(c);
            mirror_.back().gone = !has;
        }
        if (!c.gone)
            known_[key] = c;
        else if (found != known_.end())
            known_.erase(found);
    });
}

std::vector<NeighbourChange> NeighbourView::all() {
    const std::lock_guard guard(lock_);
    drain();
    std::vector<NeighbourChange> out;
    out.reserve(known_.size());
    for (const auto &[key, change] : known_) out.push_back(change);
    return out;
}

std::vector<NeighbourChange> NeighbourView::take_mirror() {
    const std::lock_guard guard(lock_);
    drain();
    return std::exchange(mirror_, {});
}

void NeighbourView::clear() {
    const std::lock_guard guard(lock_);
    drain();
    for (auto &[key, change] : known_) {
        mirror_.push_back(change);
        mirror_.back().gone = true;
    }
    known_.clear();
}

size_t NeighbourView::size() {
    const std::lock_guard guard(lock_);
    drain();
    return known_.size();
}

}  // namespace weft
