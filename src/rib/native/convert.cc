#include "convert.h"

#include <algorithm>

namespace weft::rib {

namespace {

constexpr const char *drop_names[] = {"blackhole", "unreachable", "prohibit"};

Napi::Uint8Array octets(Napi::Env env, Address address, Family family) {
    Napi::Uint8Array array = Napi::Uint8Array::New(env, octets_of(family));
    write_address(address, family, array.Data());
    return array;
}

Napi::Value name_of(Napi::Env env, uint32_t interface, const Interfaces &interfaces) {
    if (interface == none) return env.Undefined();
    return Napi::String::New(env, interfaces.name(interface));
}

Napi::Object to_js(Napi::Env env, const Hop &hop, Family family, const Interfaces &interfaces) {
    Napi::Object made = Napi::Object::New(env);
    made["address"] = hop.has_address ? Napi::Value(octets(env, hop.address, family)) : env.Undefined();
    made["interface"] = name_of(env, hop.interface, interfaces);
    made["label"] = hop.label.empty() ? env.Undefined() : Napi::Value(Napi::String::New(env, hop.label));
    return made;
}

Napi::Object to_js(Napi::Env env, Records &records) {
    Napi::Object made = Napi::Object::New(env);
    made["count"] = Napi::Number::New(env, static_cast<double>(records.count()));
    Napi::Array blocks = Napi::Array::New(env);
    for (std::vector<uint8_t> &block : records.blocks()) {
        auto *owned = new std::vector<uint8_t>(std::move(block));
        blocks[blocks.Length()] = Napi::Buffer<uint8_t>::New(
            env, owned->data(), owned->size(), [](Napi::BasicEnv, uint8_t *, std::vector<uint8_t> *hint) { delete hint; }, owned);
    }
    made["blocks"] = blocks;
    return made;
}

Napi::Array to_js(Napi::Env env, const std::vector<std::pair<Prefix, Family>> &prefixes) {
    Napi::Array made = Napi::Array::New(env, prefixes.size());
    for (size_t i = 0; i < prefixes.size(); i++) {
        made[static_cast<uint32_t>(i)] = to_js(env, prefixes[i].first, prefixes[i].second);
    }
    return made;
}

Napi::Object to_js(Napi::Env env, const Unresolved &one, const Store &store) {
    Napi::Object made = Napi::Object::New(env);
    made["vrf"] = Napi::Number::New(env, one.vrf);
    made["prefix"] = to_js(env, one.prefix, one.family);
    made["source"] = to_js(env, store.sources[one.source]);
    made["nextHop"] = to_js(env, one.next_hop, one.family, store);
    made["failure"] = Napi::Number::New(env, static_cast<double>(one.reason.failure));
    made["hop"] = Napi::Number::New(env, one.reason.hop);
    made["interface"] = name_of(env, one.reason.interface, store.interfaces);
    made["subnet"] = to_js(env, one.reason.prefix, one.family);
    Napi::Array connected = Napi::Array::New(env);
    for (const auto &[prefix, interface] : one.connected) {
        Napi::Object subnet = Napi::Object::New(env);
        subnet["prefix"] = to_js(env, prefix, one.family);
        subnet["interface"] = name_of(env, interface, store.interfaces);
        connected[connected.Length()] = subnet;
    }
    made["connected"] = connected;
    return made;
}

std::string text_of(const Napi::Value &value, const char *what) {
    if (!value.IsString()) throw Napi::TypeError::New(value.Env(), std::string(what) + " is a string");
    return value.As<Napi::String>();
}

uint32_t number_of(const Napi::Value &value, const char *what) {
    const double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : -1;
    if (number >= 0 && number <= UINT32_MAX && number == static_cast<uint32_t>(number)) return static_cast<uint32_t>(number);
    throw Napi::TypeError::New(value.Env(), std::string(what) + " is a whole number from 0 to 2^32 - 1");
}

template <class T>
Napi::TypedArrayOf<T> array_of(const Napi::Value &value, napi_typedarray_type type, const char *what) {
    if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != type) {
        throw Napi::TypeError::New(value.Env(), std::string(what) + " is not of the right array type");
    }
    return value.As<Napi::TypedArrayOf<T>>();
}

Hop hop_of(const Napi::Object &value, Family family, Interfaces &interfaces) {
    Hop hop;
    const Napi::Value address = value["address"];
    const Napi::Value interface = value["interface"];
    const Napi::Value label = value["label"];
    if (!address.IsUndefined()) {
        const auto octets = array_of<uint8_t>(address, napi_uint8_array, "an address");
        if (octets.ElementLength() != octets_of(family)) throw Napi::TypeError::New(value.Env(), "an address is of its route's family");
        hop.has_address = true;
        hop.address = read_address(octets.Data(), family);
    }
    if (!interface.IsUndefined()) hop.interface = interfaces.number(text_of(interface, "an interface"));
    if (!label.IsUndefined()) hop.label = text_of(label, "a label");
    return hop;
}

// Checks that offsets stay inside the bytes; cells need not be looked at.
TextColumn column_of(const Napi::Value &value, size_t rows) {
    if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "a column is an object");
    const auto column = value.As<Napi::Object>();
    const auto offsets = array_of<uint32_t>(column["offsets"], napi_uint32_array, "offsets");
    const auto bytes = array_of<uint8_t>(column["bytes"], napi_uint8_array, "bytes");
    const auto present = array_of<uint8_t>(column["present"], napi_uint8_array, "present");
    if (offsets.ElementLength() < rows + 1 || present.ElementLength() < rows || offsets.Data()[rows] > bytes.ByteLength()) {
        throw Napi::TypeError::New(value.Env(), "a column is shorter than its batch");
    }
    return {offsets.Data(), bytes.Data(), present.Data()};
}

// Entries in columns: filled one by one, then told to JavaScript.
class Page {
  public:
    Page(const Store &store, const Table &table) : store_(store), table_(table) {}

    void add(uint32_t number) {
        const Version version = store_.version();
        const Prefix prefix = table_.prefixes.at(number);
        const size_t at = addresses_.size();
        addresses_.resize(at + octets_of(table_.family));
        write_address(prefix.address, table_.family, addresses_.data() + at);
        lengths_.push_back(prefix.length);
        starts_.push_back(static_cast<uint32_t>(sources_.size()));
        updated_.push_back(table_.updated(number, version, store_.now()));
        const uint32_t active = table_.active(number, version);
        int32_t index = 0;
        active_.push_back(-1);
        for (uint32_t route = table_.first(number, version); route != none; route = table_.route(route).next, index++) {
            if (route == active) active_.back() = index;
            sources_.push_back(index_of(table_.route(route).source, source_index_, source_numbers_));
            next_hops_.push_back(index_of(table_.route(route).next_hop, next_hop_index_, next_hop_numbers_));
        }
    }

    size_t size() const { return lengths_.size(); }

    Napi::Object tell(Napi::Env env, uint32_t next) {
        starts_.push_back(static_cast<uint32_t>(sources_.size()));
        Napi::Object made = Napi::Object::New(env);
        made["next"] = next == none ? env.Undefined() : Napi::Value(Napi::Number::New(env, next));
        made["addresses"] = copy<Napi::Uint8Array>(env, addresses_);
        made["lengths"] = copy<Napi::Uint8Array>(env, lengths_);
        made["starts"] = copy<Napi::Uint32Array>(env, starts_);
        made["active"] = copy<Napi::Int32Array>(env, active_);
        made["updated"] = copy<Napi::Float64Array>(env, updated_);
        made["routeSources"] = copy<Napi::Uint32Array>(env, sources_);
        made["routeNextHops"] = copy<Napi::Uint32Array>(env, next_hops_);
        Napi::Array sources = Napi::Array::New(env);
        for (const uint32_t number : source_numbers_) {
            sources[sources.Length()] = to_js(env, store_.sources[static_cast<uint16_t>(number)]);
        }
        made["sources"] = sources;
        Napi::Array next_hops = Napi::Array::New(env);
        for (const uint32_t number : next_hop_numbers_) {
            next_hops[next_hops.Length()] = weft::rib::to_js(env, table_.next_hops[number].value, table_.family, store_);
        }
        made["nextHops"] = next_hops;
        return made;
    }

  private:
    using Index = std::unordered_map<uint32_t, uint32_t>;
    static uint32_t index_of(uint32_t number, Index &index, std::vector<uint32_t> &numbers) {
        const auto [at, made] = index.try_emplace(number, static_cast<uint32_t>(numbers.size()));
        if (made) numbers.push_back(number);
        return at->second;
    }
    template <class Array, class T>
    static Array copy(Napi::Env env, const std::vector<T> &values) {
        Array array = Array::New(env, values.size());
        std::copy(values.begin(), values.end(), array.Data());
        return array;
    }

    const Store &store_;
    const Table &table_;
    std::vector<uint8_t> addresses_, lengths_;
    std::vector<uint32_t> starts_, sources_, next_hops_;
    std::vector<int32_t> active_;
    std::vector<double> updated_;
    Index source_index_, next_hop_index_;
    std::vector<uint32_t> source_numbers_, next_hop_numbers_;
};

}  // namespace

Napi::Object to_js(Napi::Env env, const Prefix &prefix, Family family) {
    Napi::Object made = Napi::Object::New(env);
    made["address"] = octets(env, prefix.address, family);
    made["length"] = Napi::Number::New(env, prefix.length);
    return made;
}

Napi::Object to_js(Napi::Env env, const NextHopValue &value, Family family, const Store &store) {
    const Interfaces &interfaces = store.interfaces;
    Napi::Object made = Napi::Object::New(env);
    switch (value.kind) {
        case NextHopKind::connected:
            made["kind"] = "connected";
            made["interface"] = name_of(env, value.interface, interfaces);
            break;
        case NextHopKind::local:
            made["kind"] = "local";
            made["interface"] = name_of(env, value.interface, interfaces);
            break;
        case NextHopKind::drop:
            made["kind"] = "drop";
            made["drop"] = drop_names[static_cast<size_t>(value.drop)];
            break;
        case NextHopKind::via: {
            made["kind"] = "via";
            Napi::Array hops = Napi::Array::New(env, value.hops.size());
            for (size_t i = 0; i < value.hops.size(); i++) {
                hops[static_cast<uint32_t>(i)] = to_js(env, value.hops[i], family, interfaces);
            }
            made["hops"] = hops;
            break;
        }
        case NextHopKind::lookup:
            made["kind"] = "lookup";
            made["vrf"] = Napi::Number::New(env, value.vrf);
            break;
        case NextHopKind::leaked: {
            made["kind"] = "leaked";
            made["vrf"] = Napi::Number::New(env, value.vrf);
            const Table *theirs = store.find(value.vrf, family);
            if (theirs && theirs->next_hops.has(value.leaked)) made["nextHop"] = to_js(env, theirs->next_hops[value.leaked].value, family, store);
        }
    }
    return made;
}

Napi::Object to_js(Napi::Env env, const Source &source) {
    Napi::Object made = Napi::Object::New(env);
    made["protocol"] = source.protocol;
    made["name"] = source.name;
    made["preference"] = Napi::Number::New(env, source.preference);
    return made;
}

Napi::Object resolution_of(Napi::Env env, const Store &store, const Table &table, uint32_t number) {
    const NextHop &next_hop = table.next_hops[number];
    const Outcome &outcome = next_hop.outcome;
    Napi::Object made = Napi::Object::New(env);
    made["vrf"] = Napi::Number::New(env, table.vrf);
    made["address"] = octets(env, next_hop.value.hops.front().address, table.family);
    made["byDefault"] = Napi::Boolean::New(env, next_hop.value.by_default);
    made["local"] = Napi::Boolean::New(env, outcome.own);
    if (outcome.over != none) {
        made["prefix"] = to_js(env, table.prefixes.at(outcome.over), table.family);
        made["source"] = to_js(env, store.sources[outcome.source]);
    }
    Napi::Array ways = Napi::Array::New(env);
    const auto add = [&](const Object &object, uint64_t weight) {
        if (object.type != ObjectType::adjacency && object.type != ObjectType::glean) return;
        Napi::Object way = Napi::Object::New(env);
        way["interface"] = object.interface;
        if (object.type == ObjectType::adjacency) way["address"] = octets(env, object.address, object.family);
        way["weight"] = Napi::Number::New(env, static_cast<double>(weight));
        ways[ways.Length()] = way;
    };
    if (outcome.target != none) {
        const Object &target = store.objects[outcome.target];
        add(target, 1);
        for (const Way &way : target.ways) add(store.objects[way.object], way.weight);
    }
    made["ways"] = ways;
    return made;
}

Napi::Object to_js(Napi::Env env, Result &result, const Store &store) {
    Napi::Object made = Napi::Object::New(env);
    made["objectsSet"] = to_js(env, result.objects_set);
    Napi::Object set = to_js(env, result.routes_set);
    set["some"] = to_js(env, result.some_set);
    made["routesSet"] = set;
    Napi::Object deleted = to_js(env, result.routes_deleted);
    deleted["some"] = to_js(env, result.some_deleted);
    made["routesDeleted"] = deleted;
    made["objectsDeleted"] = to_js(env, result.objects_deleted);
    Napi::Array unresolved = Napi::Array::New(env);
    for (const Unresolved &one : result.unresolved) unresolved[unresolved.Length()] = to_js(env, one, store);
    made["unresolved"] = unresolved;
    made["more"] = static_cast<double>(result.more);
    made["examined"] = static_cast<double>(result.examined);
    return made;
}

Prefix prefix_of(const Napi::Value &octets, const Napi::Value &length, Family &family) {
    const auto array = array_of<uint8_t>(octets, napi_uint8_array, "an address");
    family = array.ByteLength() == 4 ? 4 : 6;
    const uint32_t bits = number_of(length, "a prefix length");
    if (array.ByteLength() != octets_of(family) || bits > width_of(family)) {
        throw Napi::TypeError::New(octets.Env(), "a prefix has an address of 4 or 16 octets and a length that it can have");
    }
    return {masked(read_address(array.Data(), family), bits), static_cast<uint8_t>(bits)};
}

NextHopValue next_hop_of(const Napi::Value &from, Family family, Interfaces &interfaces) {
    if (!from.IsObject()) throw Napi::TypeError::New(from.Env(), "a next hop is an object");
    const auto object = from.As<Napi::Object>();
    const std::string kind = text_of(object["kind"], "the kind of a next hop");
    NextHopValue value;
    if (kind == "via") {
        const Napi::Value hops = object["hops"];
        if (!hops.IsArray()) throw Napi::TypeError::New(from.Env(), "hops are an array");
        const auto array = hops.As<Napi::Array>();
        for (uint32_t i = 0; i < array.Length(); i++) {
            value.hops.push_back(hop_of(array.Get(i).As<Napi::Object>(), family, interfaces));
            const Hop &hop = value.hops.back();
            if (!hop.has_address && hop.interface == none) {
                throw Napi::TypeError::New(from.Env(), "a hop has an address, an interface or both");
            }
        }
        return value;
    }
    if (kind == "drop") {
        value.kind = NextHopKind::drop;
        const std::string drop = text_of(object["drop"], "a kind of drop");
        for (size_t i = 0; i < std::size(drop_names); i++) {
            if (drop == drop_names[i]) value.drop = static_cast<DropKind>(i);
        }
        return value;
    }
    if (kind == "lookup") {
        value.kind = NextHopKind::lookup;
        value.vrf = number_of(object["vrf"], "a VRF");
        return value;
    }
    if (kind != "connected" && kind != "local") throw Napi::TypeError::New(from.Env(), "no kind of next hop: " + kind);
    value.kind = kind == "local" ? NextHopKind::local : NextHopKind::connected;
    const Napi::Value interface = object["interface"];
    if (kind == "connected" || !interface.IsUndefined()) {
        value.interface = interfaces.number(text_of(interface, "an interface"));
    }
    return value;
}

uint16_t source_of(const Napi::Value &value, Sources &sources) {
    if (!value.IsObject()) throw Napi::TypeError::New(value.Env(), "a source is an object");
    const auto source = value.As<Napi::Object>();
    return sources.number(text_of(source["protocol"], "a protocol"), text_of(source["name"], "the name of a source"),
                          number_of(source["preference"], "a preference"));
}

InterfaceState interface_state_of(const Napi::Object &value) {
    const auto state = [&](const char *family) {
        const std::string text = text_of(value[family], family);
        return text == "on" ? FamilyState::on : text == "off" ? FamilyState::off : FamilyState::none;
    };
    return {number_of(value["vrf"], "a VRF"), static_cast<Napi::Value>(value["neighbours"]).ToBoolean(), state("ipv4"),
            state("ipv6")};
}

std::vector<Import> imports_of(const Napi::Value &value) {
    if (!value.IsArray()) throw Napi::TypeError::New(value.Env(), "imports are a list");
    const auto list = value.As<Napi::Array>();
    std::vector<Import> imports;
    for (uint32_t i = 0; i < list.Length(); i++) {
        const auto one = static_cast<Napi::Value>(list[i]).As<Napi::Object>();
        Import import{number_of(one["from"], "a VRF"), {}};
        const auto filters = static_cast<Napi::Value>(one["prefixes"]).As<Napi::Array>();
        for (uint32_t n = 0; n < filters.Length(); n++) {
            const auto filter = static_cast<Napi::Value>(filters[n]).As<Napi::Object>();
            const auto prefix = static_cast<Napi::Value>(filter["prefix"]).As<Napi::Object>();
            Family family = 4;
            const Prefix within = prefix_of(prefix["address"], prefix["length"], family);
            const auto bits = [&](const char *name) { return static_cast<uint8_t>(std::min(number_of(filter[name], "a length"), 255u)); };
            import.filters.push_back({family, within, bits("least"), bits("most")});
        }
        imports.push_back(std::move(import));
    }
    return imports;
}

Rows rows_of(const Napi::Object &batch, std::unordered_map<std::string, uint32_t> &vrfs) {
    Rows rows;
    rows.vrf = number_of(batch["vrf"], "a VRF");
    const Napi::Value named = batch["vrfs"];
    if (named.IsArray()) {
        const auto list = named.As<Napi::Array>();
        for (uint32_t i = 0; i < list.Length(); i++) {
            const auto one = static_cast<Napi::Value>(list[i]).As<Napi::Object>();
            vrfs[text_of(one["name"], "the name of a source")] = number_of(one["vrf"], "a VRF");
        }
        rows.vrfs = &vrfs;
    }
    rows.withdrawn = static_cast<Napi::Value>(batch["withdrawn"]).ToBoolean();
    rows.family = number_of(batch["family"], "a family") == 4 ? 4 : 6;
    rows.protocol = text_of(batch["protocol"], "a protocol");
    rows.preference = number_of(batch["preference"], "a preference");
    rows.count = number_of(batch["rows"], "the number of rows");
    const auto ops = array_of<uint8_t>(batch["ops"], napi_uint8_array, "ops");
    if (ops.ByteLength() < rows.count) throw Napi::TypeError::New(batch.Env(), "ops are fewer than rows");
    rows.ops = ops.Data();
    rows.prefix = column_of(batch["prefix"], rows.count);
    rows.name = column_of(batch["name"], rows.count);
    rows.address = column_of(batch["address"], rows.count);
    rows.interface = column_of(batch["interface"], rows.count);
    rows.special = column_of(batch["special"], rows.count);
    rows.instance = column_of(batch["instance"], rows.count);
    const auto starts = array_of<uint32_t>(batch["starts"], napi_uint32_array, "starts");
    if (starts.ElementLength() < rows.count + 1) throw Napi::TypeError::New(batch.Env(), "starts are fewer than rows");
    rows.starts = starts.Data();
    const size_t hops = rows.starts[rows.count];
    rows.label = column_of(batch["label"], hops);
    rows.hop_address = column_of(batch["hopAddress"], hops);
    rows.hop_interface = column_of(batch["hopInterface"], hops);
    return rows;
}

Napi::Object page_of(Napi::Env env, const Store &store, const Table *table, uint32_t from, size_t limit) {
    if (!table) {
        const Table nothing(0, 4, store.sources);
        return Page(store, nothing).tell(env, none);
    }
    Page page(store, *table);
    uint32_t number = from;
    for (; number < table->prefixes.end() && page.size() < limit; number++) {
        if (table->prefixes.used(number) && table->first(number, store.version()) != none) page.add(number);
    }
    return page.tell(env, number < table->prefixes.end() ? number : none);
}

Napi::Object entry_of(Napi::Env env, const Store &store, const Table *table, const Prefix &prefix) {
    if (!table) return page_of(env, store, nullptr, 0, 0);
    Page page(store, *table);
    const uint32_t number = table->prefixes.find(prefix);
    if (number != none && table->first(number, store.version()) != none) page.add(number);
    return page.tell(env, none);
}

}  // namespace weft::rib
