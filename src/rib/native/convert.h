// Values of the RIB to JavaScript and back, in the shapes of src/rib/native.ts. Wrong ones throw a TypeError.
#pragma once

#include <napi.h>

#include "finish.h"
#include "load.h"
#include "store.h"

namespace weft::rib {

Napi::Object to_js(Napi::Env env, const Prefix &prefix, Family family);
Napi::Object to_js(Napi::Env env, const NextHopValue &value, Family family, const Store &store);
Napi::Object to_js(Napi::Env env, const Source &source);
// Where a tracked next hop leads, as was settled last.
Napi::Object resolution_of(Napi::Env env, const Store &store, const Table &table, uint32_t next_hop);
// Takes the blocks of records along.
Napi::Object to_js(Napi::Env env, Result &result, const Store &store);

Prefix prefix_of(const Napi::Value &octets, const Napi::Value &length, Family &family);
NextHopValue next_hop_of(const Napi::Value &value, Family family, Interfaces &interfaces);
uint16_t source_of(const Napi::Value &value, Sources &sources);
InterfaceState interface_state_of(const Napi::Object &value);
std::vector<Import> imports_of(const Napi::Value &value);
// Borrows the memory of the batch, and `vrfs`, which it fills.
Rows rows_of(const Napi::Object &batch, std::unordered_map<std::string, uint32_t> &vrfs);

// Entries of a table from a row on: at most `limit`, packed, with the next hops and sources that they name.
Napi::Object page_of(Napi::Env env, const Store &store, const Table *table, uint32_t from, size_t limit);
// The entry of one prefix, in the same form.
Napi::Object entry_of(Napi::Env env, const Store &store, const Table *table, const Prefix &prefix);

}  // namespace weft::rib
