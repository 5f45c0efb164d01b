#include "load.h"

namespace weft::rib {

namespace {

constexpr uint8_t deleted = 2;

class Loader {
  public:
    Loader(Store &store, const Rows &rows)
        : store_(store), rows_(rows), table_(rows.vrfs ? nullptr : &store.table(rows.vrf, rows.family)) {}

    size_t load(size_t &row, std::vector<Rejected> &rejected, size_t limit, Budget &budget) {
        size_t count = 0;
        for (; row < rows_.count && !budget.over(); row++) {
            hop_ = -1;
            if (!source_of(row) || say(row)) continue;
            count++;
            if (rejected.size() < limit) rejected.push_back({static_cast<int32_t>(row), why_, hop_});
        }
        return count;
    }

  private:
    bool fails(Rejection why) {
        why_ = why;
        return false;
    }

    bool say(size_t row) {
        const auto prefix = parse_prefix(rows_.prefix.text(row), rows_.family);
        if (!prefix) return fails(Rejection::prefix);
        if (rows_.ops[row] == deleted || rows_.withdrawn) {
            table_->say(*prefix, source_, none);
            return true;
        }
        if (prefix->length > 0) {
            const AddressKind kind = kind_of(prefix->address, rows_.family);
            const bool link_local = rows_.family == 6 && kind == AddressKind::link_local;
            if (kind == AddressKind::multicast || kind == AddressKind::loopback || link_local) return fails(Rejection::destination);
        }
        if (!next_hop_of(row)) return false;
        table_->say(*prefix, source_, table_->next_hops.intern(value_));
        return true;
    }

    // The source and the table of a row; rows of one instance follow one another. False: it is left out.
    bool source_of(size_t row) {
        const std::string_view name = rows_.name.text(row);
        if (source_known_ && name == source_name_) return table_ != nullptr;
        source_ = store_.sources.number(rows_.protocol, name, rows_.preference);
        source_name_ = name;
        source_known_ = true;
        if (!rows_.vrfs) return true;
        const auto found = rows_.vrfs->find(source_name_);
        table_ = found == rows_.vrfs->end() ? nullptr : &store_.table(found->second, rows_.family);
        return table_ != nullptr;
    }

    bool next_hop_of(size_t row) {
        value_.kind = NextHopKind::via;
        value_.drop = DropKind::blackhole;
        value_.vrf = 0;
        value_.hops.clear();
        if (rows_.address.has(row) || rows_.interface.has(row)) {
            return hop_of(rows_.address, rows_.interface, row, {});
        }
        if (rows_.instance.has(row)) {
            value_.kind = NextHopKind::lookup;
            value_.vrf = vrf_number(rows_.instance.text(row));
            return true;
        }
        if (rows_.special.has(row)) {
            const std::string_view special = rows_.special.text(row);
            value_.kind = special == "receive" ? NextHopKind::local : NextHopKind::drop;
            if (special == "unreachable") value_.drop = DropKind::unreachable;
            if (special == "prohibit") value_.drop = DropKind::prohibit;
            return true;
        }
        const uint32_t from = rows_.starts ? rows_.starts[row] : 0;
        const uint32_t to = rows_.starts ? rows_.starts[row + 1] : 0;
        if (from == to) return fails(Rejection::no_next_hop);
        if (to - from > most_hops) return fails(Rejection::too_many_hops);
        for (uint32_t at = from; at < to; at++) {
            hop_ = static_cast<int32_t>(at);
            if (!hop_of(rows_.hop_address, rows_.hop_interface, at, rows_.label.text(at))) return false;
        }
        hop_ = -1;
        return true;
    }

    // An address may name its interface in its zone (RFC 6991, section 4).
    bool hop_of(const TextColumn &addresses, const TextColumn &interfaces, size_t row, std::string_view label) {
        Hop hop;
        hop.label = label;
        if (interfaces.has(row)) hop.interface = store_.interfaces.number(interfaces.text(row));
        if (addresses.has(row)) {
            std::string_view text = addresses.text(row);
            const size_t percent = text.find('%');
            if (percent != std::string_view::npos) {
                const uint32_t zone = store_.interfaces.number(text.substr(percent + 1));
                if (hop.interface != none && hop.interface != zone) return fails(Rejection::zone);
                hop.interface = zone;
                text = text.substr(0, percent);
            }
            const auto address = parse_address(text, rows_.family);
            if (!address) return fails(Rejection::address);
            hop.has_address = true;
            hop.address = *address;
            const AddressKind kind = kind_of(*address, rows_.family);
            if (kind == AddressKind::link_local) {
                if (rows_.family == 6 && hop.interface == none) return fails(Rejection::link_local);
            } else if (kind != AddressKind::unicast) {
                return fails(Rejection::not_a_neighbour);
            }
        } else if (hop.interface == none) {
            return fails(Rejection::empty_hop);
        }
        value_.hops.push_back(std::move(hop));
        return true;
    }

    Store &store_;
    const Rows &rows_;
    Table *table_;  // of the rows that follow; null: they are left out
    bool source_known_ = false;
    std::string source_name_;
    uint16_t source_ = 0;
    NextHopValue value_;
    Rejection why_ = Rejection::prefix;
    int32_t hop_ = -1;
};

}  // namespace

uint32_t vrf_number(std::string_view name) {
    if (name == "default") return 0;
    uint32_t hash = 2166136261;  // FNV-1a
    for (const char c : name) hash = (hash ^ static_cast<uint8_t>(c)) * 16777619;
    return hash == 0 ? 1 : hash;
}

size_t load(Store &store, const Rows &rows, size_t &row, std::vector<Rejected> &rejected, size_t limit, Budget &budget) {
    return Loader(store, rows).load(row, rejected, limit, budget);
}

}  // namespace weft::rib
