// The RIB's native half: static routes as columns of text, as commits bring them, interfaces and links that change, transactions
// that are adopted or abandoned. What the members were told in all must be what a RIB that is given everything at once tells
// them, record by record; and the engine's decoder must take every record.
#include <map>
#include <set>

#include "../../../src/rib/native/finish.h"
#include "../../../src/rib/native/load.h"
#include "../../engine/program/transaction.h"
#include "../target.h"

namespace weft::fuzz {
namespace {

// A list entry, as text; what is empty is not there.
struct Row {
    std::string prefix, name, address, interface, special, instance;
    struct Hop {
        std::string label, address, interface;
    };
    std::vector<Hop> hops;
};

struct Column {
    std::vector<uint32_t> offsets{0};
    std::vector<uint8_t> bytes, present;
    void add(const std::string &text, bool there) {
        bytes.insert(bytes.end(), text.begin(), text.end());
        offsets.push_back(static_cast<uint32_t>(bytes.size()));
        present.push_back(there);
    }
    rib::TextColumn view() const { return {offsets.data(), bytes.data(), present.data()}; }
};

// Says rows to a store; returns the numbers of those that are no routes.
std::set<int32_t> say(rib::Store &store, uint32_t vrf, rib::Family family, const std::vector<Row> &rows, const std::vector<uint8_t> &ops) {
    Column prefix, name, address, interface, special, instance, label, hop_address, hop_interface;
    std::vector<uint32_t> starts{0};
    for (const Row &row : rows) {
        prefix.add(row.prefix, true);
        name.add(row.name, true);
        address.add(row.address, !row.address.empty());
        interface.add(row.interface, !row.interface.empty());
        special.add(row.special, !row.special.empty());
        instance.add(row.instance, !row.instance.empty());
        for (const Row::Hop &hop : row.hops) {
            label.add(hop.label, true);
            hop_address.add(hop.address, !hop.address.empty());
            hop_interface.add(hop.interface, !hop.interface.empty());
        }
        starts.push_back(starts.back() + static_cast<uint32_t>(row.hops.size()));
    }
    rib::Rows given;
    given.vrf = vrf;
    given.family = family;
    given.protocol = "static";
    given.preference = 5;
    given.count = rows.size();
    given.ops = ops.data();
    given.prefix = prefix.view();
    given.name = name.view();
    given.address = address.view();
    given.interface = interface.view();
    given.special = special.view();
    given.instance = instance.view();
    given.starts = starts.data();
    given.label = label.view();
    given.hop_address = hop_address.view();
    given.hop_interface = hop_interface.view();
    std::vector<rib::Rejected> rejected;
    rib::Budget whole;
    size_t row = 0;
    rib::load(store, given, row, rejected, SIZE_MAX, whole);
    CHECK_EQUAL(row, rows.size());
    std::set<int32_t> numbers;
    for (const rib::Rejected &one : rejected) numbers.insert(one.row);
    return numbers;
}

std::string text4(Reader &in) { return "10." + std::to_string(in.below(3)) + "." + std::to_string(in.below(4)) + "." + std::to_string(in.below(4)); }
std::string text6(Reader &in) { return "2001:db8:" + std::to_string(in.below(4)) + "::" + std::to_string(in.below(4)); }
std::string interface_text(Reader &in) { return "if" + std::to_string(in.below(4)); }

std::string address_text(Reader &in, rib::Family family) {
    static const char *odd[] = {"fe80::1%if1", "fe80::1", "224.0.0.1", "0.0.0.0", "::", "::ffff:10.0.0.1", "10.0.0.1%if2", "255.255.255.255"};
    switch (in.below(16)) {
        case 0: return in.pick(odd);
        case 1: {
            const auto any = in.bytes(in.below(24));
            return {any.begin(), any.end()};
        }
        default: return family == 4 ? text4(in) : text6(in);
    }
}

std::string prefix_text(Reader &in, rib::Family family) {
    static constexpr uint8_t lengths4[] = {0, 8, 16, 24, 30, 32}, lengths6[] = {0, 32, 48, 64, 126, 128};
    if (in.below(16) == 15) {
        const auto any = in.bytes(in.below(24));
        return {any.begin(), any.end()};
    }
    const std::string address = family == 4 ? text4(in) : text6(in);
    return address + "/" + std::to_string(family == 4 ? in.pick(lengths4) : in.pick(lengths6));
}

Row row_of(Reader &in, rib::Family family) {
    Row row;
    row.prefix = prefix_text(in, family);
    row.name = in.below(4) ? "static" : "other";
    switch (in.below(8)) {
        case 0:
        case 1:
        case 2: row.address = address_text(in, family); break;
        case 3: row.interface = interface_text(in); break;
        case 4:
            row.address = address_text(in, family);
            row.interface = interface_text(in);
            break;
        case 5: {
            static const char *specials[] = {"blackhole", "unreachable", "prohibit", "receive"};
            row.special = in.pick(specials);
            break;
        }
        case 6: row.instance = in.flag() ? "default" : "red"; break;
        default:
            for (unsigned n = in.below(5); n > 0; n--) {
                Row::Hop hop;
                hop.label = std::to_string(n);
                if (in.below(4)) hop.address = address_text(in, family);
                if (in.below(3) == 0) hop.interface = interface_text(in);
                row.hops.push_back(hop);
            }
    }
    return row;
}

using RouteKey = std::tuple<uint32_t, bool, uint64_t, uint64_t, uint8_t>;

// What members have been told.
struct Told {
    std::map<RouteKey, uint64_t> routes;
    std::map<uint64_t, ObjectSpec> objects;

    void take(rib::Result &result) {
        Transaction t;
        for (rib::Records *records : {&result.objects_set, &result.routes_set, &result.routes_deleted, &result.objects_deleted})
            for (const auto &block : records->blocks()) CHECK_EQUAL(decode(block.data(), block.size(), t), std::string());
        for (const ObjectOp &op : t.objects) {
            if (op.remove)
                CHECK_EQUAL(objects.erase(op.key), size_t{1});
            else
                objects[op.key] = op.spec;
        }
        for (const RouteOp &op : t.routes) {
            const RouteKey key{op.vrf, op.v6, op.prefix.high, op.prefix.low, op.length};
            if (op.remove)
                CHECK_EQUAL(routes.erase(key), size_t{1});
            else
                routes[key] = op.key;
        }
    }
    void check() const {
        for (const auto &[prefix, key] : routes) CHECK(objects.count(key) == 1);
        for (const auto &[key, object] : objects)
            for (const GroupMember &member : object.members) CHECK(objects.count(member.key) == 1);
    }
};

// All that was said, for the RIB that is given it at once.
struct Said {
    using Source = std::tuple<uint32_t, rib::Family, uint64_t, uint64_t, uint8_t, std::string>;
    std::map<Source, Row> rows;
    std::map<std::string, rib::InterfaceState> interfaces;
    rib::Imports::All imports;
};

Said::Source source_of(uint32_t vrf, rib::Family family, const Row &row) {
    const auto prefix = rib::parse_prefix(row.prefix, family);
    CHECK(prefix.has_value());
    return {vrf, family, prefix->address.high, prefix->address.low, prefix->length, row.name};
}

rib::InterfaceState interface_state(Reader &in) {
    const auto state = [&] { return static_cast<rib::FamilyState>(in.below(8) ? 2 : in.below(3)); };
    rib::InterfaceState made;
    made.vrf = in.below(8) ? 0 : in.below(2);
    made.neighbours = in.below(8) != 0;
    made.ipv4 = state();
    made.ipv6 = state();
    return made;
}

std::vector<rib::Import> imports_of(Reader &in, uint32_t from) {
    if (in.below(4) == 0) return {};
    rib::Import import{from, {}};
    for (unsigned n = 1 + in.below(3); n > 0; n--) {
        const rib::Family family = in.below(4) ? 4 : 6;
        const auto prefix = rib::parse_prefix(family == 4 ? text4(in) + "/" + std::to_string(8 * in.below(5)) : text6(in) + "/32", family);
        import.filters.push_back({family, *prefix, static_cast<uint8_t>(in.below(33)), static_cast<uint8_t>(in.below(129))});
    }
    return {import};
}

class Session {
  public:
    void transaction(Reader &in) {
        rib::Budget whole;
        store_.settle(whole);
        store_.open();
        Said said = said_;
        for (unsigned n = 1 + in.below(4); n > 0; n--) change(in, said);
        const bool adopts = in.below(8) != 0;
        // A link is as it is, adopted or not: one that changed in a transaction that came to nothing is told by the next.
        rib::Finish finish(store_);
        CHECK(finish.run(whole));
        if (!adopts) {
            store_.abandon();
            for (const std::string &name : changed_) late_.insert(name);
            changed_.clear();
            return;
        }
        told_.take(finish.result());
        told_.check();
        for (const uint32_t gone : store_.adopt(++time_)) down_.erase(store_.interfaces.name(gone));
        changed_.clear();
        said_ = std::move(said);
    }

    void compare() {
        if (!late_.empty()) return;  // members have yet to be told of a link
        rib::Store fresh(down_, 64);
        fresh.open();
        for (const auto &[name, state] : said_.interfaces) fresh.interfaces.set(fresh.interfaces.number(name), state);
        for (const auto &[vrf, imports] : said_.imports) fresh.imports.set(vrf, imports);
        for (const auto &[source, row] : said_.rows)
            CHECK(say(fresh, std::get<0>(source), std::get<1>(source), {row}, {0}).empty());
        rib::Finish finish(fresh);
        rib::Budget whole;
        CHECK(finish.run(whole));
        Told all;
        all.take(finish.result());
        all.check();
        CHECK(all.routes == told_.routes);
        CHECK(all.objects == told_.objects);
    }

  private:
    void change(Reader &in, Said &said) {
        for (const std::string &name : late_) {
            store_.links_changed.push_back(store_.interfaces.number(name));
            changed_.insert(name);
        }
        late_.clear();
        switch (in.below(9)) {
            case 3: {
                const uint32_t to = in.below(2);
                auto imports = imports_of(in, 1 - to);
                store_.imports.set(to, imports);
                if (imports.empty())
                    said.imports.erase(to);
                else
                    said.imports[to] = std::move(imports);
                break;
            }
            case 0:
            case 1: {
                const std::string name = interface_text(in);
                const bool there = in.below(8) != 0;
                const rib::InterfaceState state = interface_state(in);
                store_.interfaces.set(store_.interfaces.number(name), there ? std::optional(state) : std::nullopt);
                if (there)
                    said.interfaces[name] = state;
                else
                    said.interfaces.erase(name);
                break;
            }
            case 2: {
                const std::string name = interface_text(in);
                if (in.flag())
                    down_.insert(name);
                else
                    down_.erase(name);
                store_.links_changed.push_back(store_.interfaces.number(name));
                changed_.insert(name);
                break;
            }
            default: {
                const uint32_t vrf = in.below(8) ? 0 : 1;
                const rib::Family family = in.below(4) ? 4 : 6;
                std::vector<Row> rows;
                std::vector<uint8_t> ops;
                for (unsigned n = 1 + in.below(6); n > 0; n--) {
                    rows.push_back(row_of(in, family));
                    ops.push_back(in.below(4) ? 0 : 2);
                }
                const auto rejected = say(store_, vrf, family, rows, ops);
                for (size_t n = 0; n < rows.size(); n++) {
                    if (rejected.count(static_cast<int32_t>(n))) continue;
                    const auto source = source_of(vrf, family, rows[n]);
                    if (ops[n] == 2)
                        said.rows.erase(source);
                    else
                        said.rows[source] = rows[n];
                }
            }
        }
    }

    rib::LinksDown down_;
    rib::Store store_{down_, 64};
    Said said_;
    Told told_;
    std::set<std::string> changed_, late_;
    double time_ = 0;
};

}  // namespace
}  // namespace weft::fuzz

FUZZ_TARGET(in) {
    weft::fuzz::Session session;
    for (unsigned n = 0; in.more() && n < 40; n++) {
        session.transaction(in);
        session.compare();
    }
}
