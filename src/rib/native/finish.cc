#include "finish.h"

#include <algorithm>

namespace weft::rib {

Finish::Finish(Store &store) : store_(store), interfaces_(store.interfaces.different()) {
    interfaces_.insert(interfaces_.end(), store.links_changed.begin(), store.links_changed.end());
    make_importers();
    for (const auto &[of, table] : store.tables()) parts_.push_back(std::make_unique<Part>(store, *table));
    find_imports();
}

bool Finish::run(Budget &budget) {
    using PartPhase = bool (Finish::*)(Part &, Budget &);
    static constexpr PartPhase before[] = {&Finish::find_made, &Finish::find_on_interfaces, &Finish::find_dirty, &Finish::spread, &Finish::resolve,
                                           &Finish::touch_users, &Finish::import_routes, &Finish::select, &Finish::tell_hopeless};
    static constexpr PartPhase after[] = {&Finish::encode_set, &Finish::encode_deleted};
    constexpr size_t counting = std::size(before);
    constexpr size_t encoding = counting + 1;
    for (; phase_ < encoding + std::size(after); phase_++) {
        if (phase_ == counting) {
            if (!count_references(budget)) return false;
            continue;
        }
        const PartPhase phase = phase_ < counting ? before[phase_] : after[phase_ - encoding];
        for (; part_ < parts_.size(); part_++) {
            if (!(this->*phase)(*parts_[part_], budget)) return false;
            at_ = 0;
        }
        part_ = 0;
    }
    return true;
}

void Finish::mark(Part &part, uint32_t number) {
    NextHop &next_hop = part.table.next_hops[number];
    if (next_hop.dirty_in == store_.transaction()) return;
    next_hop.dirty_in = store_.transaction();
    part.dirty.push_back(number);
}

bool Finish::find_made(Part &part, Budget &budget) {
    const NextHops &next_hops = part.table.next_hops;
    return each(next_hops.made.size(), budget, [&](uint32_t at) {
        if (next_hops.has(next_hops.made[at])) mark(part, next_hops.made[at]);
    });
}

bool Finish::find_on_interfaces(Part &part, Budget &budget) {
    for (; at_ < interfaces_.size(); at_++, from_ = 0) {
        uint32_t number;
        while ((number = part.table.next_hops.on_interface(interfaces_[at_], from_)) != none) {
            if (budget.over()) return false;
            mark(part, number);
            from_ = number + 1;
        }
    }
    return true;
}

// A next hop with an address in a prefix that was said or unsaid may lead elsewhere.
bool Finish::find_dirty(Part &part, Budget &budget) {
    Table &table = part.table;
    const auto connected = [&](uint32_t first) {
        for (uint32_t at = first; at != none; at = table.route(at).next) {
            if (table.next_hops[table.route(at).next_hop].value.kind == NextHopKind::connected) return true;
        }
        return false;
    };
    return each(table.next_hops.any_address() ? table.touched.size() : 0, budget, [&](uint32_t at) {
        const Draft &draft = table.touched[at];
        if (!draft.said) return;
        const Prefix prefix = table.prefixes.at(draft.prefix);
        // A default route resolves only what says so.
        if (prefix.length == 0 && !connected(draft.first) && !connected(table.first(draft.prefix, Version::table))) {
            for (const uint32_t number : table.next_hops.by_default()) mark(part, number);
            return;
        }
        table.next_hops.in_prefix(prefix, [&](uint32_t number) { mark(part, number); });
    });
}

bool Finish::spread(Part &part, Budget &budget) {
    for (; at_ < part.dirty.size(); at_++, from_ = 0) {
        if (budget.over()) return false;
        uint32_t number;
        while ((number = part.table.next_hops.that_asked(part.dirty[at_], from_)) != none) {
            if (budget.over()) return false;
            mark(part, number);
            from_ = number + 1;
        }
    }
    return true;
}

bool Finish::resolve(Part &part, Budget &budget) {
    for (; at_ < part.dirty.size(); at_++) {
        if (!part.resolver.resolve(part.dirty[at_], budget)) return false;
        result_.examined++;
    }
    return true;
}

bool Finish::touch_users(Part &part, Budget &budget) {
    Table &table = part.table;
    for (; at_ < part.dirty.size(); at_++) {
        const NextHop &next_hop = table.next_hops[part.dirty[at_]];
        // One that has its own object and leads elsewhere: that is to be told of the object, and of no route.
        if (next_hop.outcome.object == next_hop.draft.object) continue;
        if (use_ == none) use_ = next_hop.first_use;
        for (; use_ != none; use_ = table.route(use_).next_use) {
            if (budget.over()) return false;
            if (!table.is_touched(table.route(use_).prefix)) table.touch(table.route(use_).prefix);
        }
    }
    return true;
}

bool Finish::select(Part &part, Budget &budget) {
    return each(part.table.touched.size(), budget, [&](uint32_t at) {
        select_one(part, part.table.touched[at]);
        result_.examined++;
    });
}

void Finish::select_one(Part &part, Draft &draft) {
    Table &table = part.table;
    draft.active = none;
    uint32_t object = none;
    for (uint32_t at = draft.first; at != none; at = table.route(at).next) {
        const Outcome &outcome = *part.resolver.known(table.route(at).next_hop);
        if (outcome.failed) check(part, at);
        if (draft.active != none || outcome.object == none) continue;
        draft.active = at;
        object = outcome.object;
    }
    const uint32_t first = table.first(draft.prefix, Version::table);
    const uint32_t active = table.active(draft.prefix, Version::table);
    const uint32_t before = active == none ? none : table.next_hops[table.route(active).next_hop].outcome.object;
    if (object != before) {
        if (object != none) store_.refer(object, 1);
        if (before != none) store_.refer(before, -1);
        draft.set = object != none;
        draft.deleted = object == none;
    }
    const auto same = [&] {
        if (active == none || draft.active == none) return active == draft.active;
        const Route &was = table.route(active);
        const Route &is = table.route(draft.active);
        return was.next_hop == is.next_hop && store_.sources.same_instance(was.source, is.source);
    };
    draft.renewed = first == none || object != before || !same();
    table.growth += (draft.first != none) - (first != none);
}

bool Finish::hopeless(Part &part, uint32_t number) {
    if (part.table.next_hops[number].value.kind != NextHopKind::via) return false;
    Budget whole;
    part.configured.resolve(number, whole);
    return part.configured.known(number)->failed;
}

void Finish::check(Part &part, uint32_t number) {
    const Table &table = part.table;
    const Route &route = table.route(number);
    if (!hopeless(part, route.next_hop)) return;
    if (result_.unresolved.size() >= unresolved_limit) {
        result_.more++;
        return;
    }
    for (const Reason &reason : part.configured.reasons(route.next_hop)) {
        result_.unresolved.push_back({table.vrf, table.family, table.prefixes.at(route.prefix), route.source,
                                      table.next_hops[route.next_hop].value, reason, connected(part)});
    }
}

// What cannot lead anywhere any more is to be told, even when it led nowhere for want of a link before.
bool Finish::tell_hopeless(Part &part, Budget &budget) {
    const Table &table = part.table;
    for (; at_ < part.dirty.size(); at_++) {
        if (budget.over()) return false;
        const NextHop &next_hop = table.next_hops[part.dirty[at_]];
        if (!next_hop.draft.failed || !hopeless(part, part.dirty[at_])) continue;
        for (uint32_t use = next_hop.first_use; use != none; use = table.route(use).next_use) {
            if (!table.is_touched(table.route(use).prefix)) check(part, use);
        }
    }
    return true;
}

const std::vector<Finish::Subnet> &Finish::connected(Part &part) {
    if (part.connected_known) return part.connected;
    part.connected_known = true;
    const Table &table = part.table;
    table.next_hops.each_connected([&](const NextHop &next_hop) {
        for (uint32_t use = next_hop.first_use; use != none; use = table.route(use).next_use) {
            if (part.connected.size() == shown_subnets) return false;
            const Route &route = table.route(use);
            if (!table.in_draft(route) || table.first(route.prefix, Version::draft) != use) continue;
            part.connected.emplace_back(table.prefixes.at(route.prefix), next_hop.value.interface);
        }
        return true;
    });
    return part.connected;
}

// A group refers to its members while something refers to the group, or to a next hop that leads to it. No group is a member of
// another.
bool Finish::count_references(Budget &budget) {
    const List<uint32_t> &referred = store_.referred;
    const List<uint32_t> &led = store_.objects.led();
    for (; led_ < led.size(); led_++) {
        if (budget.over()) return false;
        store_.refer(led[led_], 0);
    }
    for (; counting_ < 3; counting_++) {
        for (; at_ < referred.size(); at_++) {
            if (budget.over()) return false;
            const Object &object = store_.objects[referred[at_]];
            const bool was = object.references > 0;
            const bool is = object.references + object.change > 0;
            if (was == is && (!is || object.draft_target == none)) continue;
            const Object &before = store_.objects.body(object);
            const Object &after = store_.objects.draft_body(object);
            if (counting_ == 0) {
                if (was)
                    for (const Way &way : before.ways) store_.refer(way.object, -1);
                if (is)
                    for (const Way &way : after.ways) store_.refer(way.object, 1);
            } else if (is) {
                if ((after.type == ObjectType::group) == (counting_ == 2)) result_.objects_set.object_set(object.key, after, store_.objects);
            } else if ((before.type == ObjectType::group) == (counting_ == 1)) {
                result_.objects_deleted.object_delete(object.key);
            }
        }
        at_ = 0;
    }
    return true;
}

bool Finish::encode_set(Part &part, Budget &budget) { return encode(part, true, budget); }
bool Finish::encode_deleted(Part &part, Budget &budget) { return encode(part, false, budget); }

bool Finish::encode(Part &part, bool set, Budget &budget) {
    Table &table = part.table;
    Records &records = set ? result_.routes_set : result_.routes_deleted;
    auto &some = set ? result_.some_set : result_.some_deleted;
    return each(table.touched.size(), budget, [&](uint32_t at) {
        const Draft &draft = table.touched[at];
        if (!(set ? draft.set : draft.deleted)) return;
        const Prefix prefix = table.prefixes.at(draft.prefix);
        if (some.size() < shown_prefixes) some.emplace_back(prefix, table.family);
        if (set) {
            const uint32_t object = part.resolver.known(table.route(draft.active).next_hop)->object;
            records.route_set(table.vrf, table.family, prefix, store_.objects[object].key);
        } else {
            records.route_delete(table.vrf, table.family, prefix);
        }
    });
}

}  // namespace weft::rib
