#include "table.h"

#include <algorithm>

namespace weft::rib {

uint32_t Table::add(uint32_t prefix, uint16_t source, uint32_t next_hop) {
    const uint32_t number = route_numbers_.take();
    routes_.grow(route_numbers_.end());
    NextHop &target = next_hops[next_hop];
    routes_[number] = {prefix, next_hop, none, none, target.first_use, source, true};
    if (target.first_use != none) routes_[target.first_use].previous_use = number;
    target.first_use = number;
    target.uses++;
    return number;
}

void Table::free(uint32_t number) {
    const Route &route = routes_[number];
    NextHop &target = next_hops[route.next_hop];
    if (route.previous_use == none) {
        target.first_use = route.next_use;
    } else {
        routes_[route.previous_use].next_use = route.next_use;
    }
    if (route.next_use != none) routes_[route.next_use].previous_use = route.previous_use;
    if (--target.uses == 0) unused_.push_back(route.next_hop);
    route_numbers_.give_back(number);
}

void Table::free_all(uint32_t first) {
    while (first != none) {
        const uint32_t next = routes_[first].next;
        free(first);
        first = next;
    }
}

void Table::track(const NextHopValue &value, bool tracked) {
    const uint32_t number = next_hops.intern(value);
    NextHop &next_hop = next_hops[number];
    next_hop.tracked = tracked;
    if (!tracked) {
        unused_.push_back(number);
    } else if (next_hop.outcome.resolved) {
        moved.push_back(number);
    }
}

Draft &Table::touch(uint32_t prefix) {
    State &state = states_[prefix];
    if (state.touch == none) {
        state.touch = touched.size();
        touched.push_back({prefix, state.first, state.active, true, false, false, false, false});
    }
    return touched[state.touch];
}

bool Table::say(const Prefix &prefix, uint16_t source, uint32_t next_hop) {
    const uint32_t end = prefixes.end();
    const uint32_t number = next_hop == none ? prefixes.find(prefix) : prefixes.insert(prefix);
    if (number == none) return false;
    states_.grow(prefixes.end());
    // A number that was used before has been left like this.
    if (number >= end) states_[number] = {none, none, none, 0};
    const uint32_t first = this->first(number, Version::draft);
    uint32_t old = none;
    for (uint32_t at = first; at != none && old == none; at = routes_[at].next) {
        if (sources_.same_instance(routes_[at].source, source)) old = at;
    }
    if (next_hop == none) {
        if (old == none) return false;
    } else if (old != none && routes_[old].next_hop == next_hop && routes_[old].source == source) {
        return false;
    }
    Draft &draft = touch(number);
    uint32_t made = none;
    uint32_t *end_of_list = &made;
    const auto append = [&](uint16_t from, uint32_t to) {
        const uint32_t route = add(number, from, to);
        *end_of_list = route;
        end_of_list = &routes_[route].next;
    };
    bool said = next_hop == none;
    for (uint32_t at = first; at != none; at = routes_[at].next) {
        const Route route = routes_[at];
        if (at == old) continue;
        if (!said && sources_.before(source, route.source)) {
            append(source, next_hop);
            said = true;
        }
        append(route.source, route.next_hop);
    }
    if (!said) append(source, next_hop);
    if (!draft.shared) free_all(draft.first);
    draft.first = made;
    draft.shared = false;
    draft.said = true;
    return true;
}

uint32_t Table::covering(Address address, int &length) const {
    for (; length >= 0; length--) {
        if (!prefixes.has_length(static_cast<unsigned>(length))) continue;
        const Prefix prefix{masked(address, static_cast<unsigned>(length)), static_cast<uint8_t>(length)};
        const uint32_t found = prefixes.find(prefix);
        if (found != none && first(found, Version::draft) != none) return found;
    }
    return none;
}

double Table::updated(uint32_t prefix, Version version, double now) const {
    const State &state = states_[prefix];
    const bool drafted = version == Version::draft;
    if (drafted && state.touch != none && touched[state.touch].renewed) return now;
    const uint32_t active = this->active(prefix, version);
    if (active == none) return state.updated;
    const NextHop &next_hop = next_hops[routes_[active].next_hop];
    if (drafted && next_hop.resolved_in != 0 && next_hop.draft.target != next_hop.outcome.target) return now;
    return std::max(state.updated, next_hop.moved);
}

void Table::settle_one(const Draft &draft, bool adopt, double now) {
    State &state = states_[draft.prefix];
    state.touch = none;
    if (!adopt) {
        if (!draft.shared) free_all(draft.first);
    } else {
        if (!draft.shared) {
            free_all(state.first);
            for (uint32_t at = draft.first; at != none; at = routes_[at].next) routes_[at].draft = false;
        }
        state.first = draft.first;
        state.active = draft.active;
        if (draft.renewed) state.updated = now;
    }
    if (state.first == none) prefixes.erase(draft.prefix);
}

void Table::end(uint32_t number, Objects &objects) {
    if (!next_hops.has(number) || next_hops[number].uses > 0 || next_hops[number].tracked) return;
    const uint32_t object = next_hops[number].outcome.object;
    if (object != none) objects.release(object);
    next_hops.erase(number);
}

bool Table::settle(bool adopt, double now, Objects &objects, Budget &budget) {
    for (; settled_outcomes_ < resolved.size(); settled_outcomes_++) {
        if (budget.over()) return false;
        NextHop &next_hop = next_hops[resolved[settled_outcomes_]];
        const uint32_t object = adopt ? next_hop.outcome.object : next_hop.draft.object;
        if (adopt) {
            if (next_hop.outcome.target != next_hop.draft.target) next_hop.moved = now;
            next_hop.outcome = next_hop.draft;
            next_hops.set_asked(resolved[settled_outcomes_], std::move(next_hop.draft_asked));
        }
        next_hop.draft = {};
        next_hop.draft_asked = {};
        next_hop.resolved_in = 0;
        if (adopt && next_hop.tracked) moved.push_back(resolved[settled_outcomes_]);
        if (object != none) objects.release(object);
    }
    for (; settled_prefixes_ < touched.size(); settled_prefixes_++) {
        if (budget.over()) return false;
        settle_one(touched[settled_prefixes_], adopt, now);
    }
    while (!unused_.empty()) {
        if (budget.over()) return false;
        end(unused_.take_last(), objects);
    }
    for (; settled_made_ < next_hops.made.size(); settled_made_++) {
        if (budget.over()) return false;
        end(next_hops.made[settled_made_], objects);
    }
    touched.clear();
    resolved.clear();
    unused_.clear();
    next_hops.made.clear();
    growth = 0;
    settled_outcomes_ = settled_prefixes_ = settled_made_ = 0;
    return true;
}

}  // namespace weft::rib
