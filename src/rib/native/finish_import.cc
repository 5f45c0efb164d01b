// Imports at the end of a transaction, when all next hops of VRFs' own routes are resolved: the prefixes that the transaction touches
// in a VRF that others import from, or all of them when what is imported has changed, are held against the filters, and the routes
// of the importing VRFs follow. What is imported is the first of the prefix' own routes that leads somewhere.
#include <map>
#include <set>
#include <string>

#include "finish.h"

namespace weft::rib {

// Tables that import have their part, though nothing was said to them.
void Finish::make_importers() {
    for (const Imports::All *all : {&store_.imports.before(), &store_.imports.after()})
        for (const auto &[to, imports] : *all)
            for (const Import &import : imports)
                for (const Family family : {Family{4}, Family{6}})
                    if (store_.find(import.from, family)) store_.table(to, family);
}

void Finish::find_imports() {
    const auto of = [](const Imports::All &all, uint32_t to, uint32_t from) -> const Import * {
        const auto found = all.find(to);
        if (found == all.end()) return nullptr;
        for (const Import &import : found->second)
            if (import.from == from) return &import;
        return nullptr;
    };
    const auto &before = store_.imports.before(), &after = store_.imports.after();
    std::set<std::pair<uint32_t, uint32_t>> pairs;
    for (const Imports::All *all : {&before, &after})
        for (const auto &[to, imports] : *all)
            for (const Import &import : imports) pairs.emplace(import.from, to);
    if (pairs.empty()) return;
    std::map<std::pair<uint32_t, Family>, Part *> parts;
    for (const auto &part : parts_) parts[{part->table.vrf, part->table.family}] = part.get();
    for (const auto &[from_vrf, to_vrf] : pairs)
        for (const Family family : {Family{4}, Family{6}}) {
            const auto from = parts.find({from_vrf, family}), to = parts.find({to_vrf, family});
            if (from == parts.end() || to == parts.end() || from == to) continue;
            const Import *was = of(before, to_vrf, from_vrf), *is = of(after, to_vrf, from_vrf);
            const bool anew = !was || !is || !(*was == *is);
            const uint16_t source = store_.sources.number(leaked_protocol, std::to_string(from_vrf), leaked_preference);
            from->second->importers.push_back({*to->second, is, source, anew});
            from->second->import_anew |= anew;
        }
}

uint32_t Finish::own_route(Part &part, uint32_t prefix) const {
    const Table &table = part.table;
    for (uint32_t at = table.first(prefix, Version::draft); at != none; at = table.route(at).next) {
        const uint32_t next_hop = table.route(at).next_hop;
        if (table.next_hops[next_hop].value.kind != NextHopKind::leaked && part.resolver.known(next_hop)->object != none) return at;
    }
    return none;
}

void Finish::import(Part &from, const Importer &to, uint32_t number) {
    const Prefix prefix = from.table.prefixes.at(number);
    Table &table = to.part.table;
    bool taken = false;
    if (to.import)
        for (const ImportFilter &filter : to.import->filters) taken |= filter.takes(prefix, from.table.family);
    const uint32_t route = taken ? own_route(from, number) : none;
    if (route == none) {
        table.say(prefix, to.source, none);
        return;
    }
    NextHopValue value;
    value.kind = NextHopKind::leaked;
    value.vrf = from.table.vrf;
    value.leaked = from.table.route(route).next_hop;
    const uint32_t next_hop = table.next_hops.intern(value);
    const uint32_t object = from.resolver.known(value.leaked)->object;
    const bool another = to.part.resolver.lead(next_hop, object);
    if (!table.say(prefix, to.source, next_hop) && another) table.touch(table.prefixes.find(prefix));
}

bool Finish::import_routes(Part &part, Budget &budget) {
    if (part.importers.empty()) return true;
    const uint32_t whole = part.import_anew ? part.table.prefixes.end() : 0;
    // What is said to other tables, and even to this one, touches no own route of this one.
    const uint32_t size = whole + part.table.touched.size();
    return each(size, budget, [&](uint32_t at) {
        const uint32_t number = at < whole ? at : part.table.touched[at - whole].prefix;
        if (!part.table.prefixes.used(number)) return;
        result_.examined++;
        for (const Importer &to : part.importers)
            if (to.anew ? at < whole : at >= whole) import(part, to, number);
    });
}

}  // namespace weft::rib
