#include "rpc_cache.h"

#include <algorithm>

#include "rpc.h"

namespace libyang_js {

std::string RpcCache::key(std::string_view message, std::string_view id) {
    const auto before = static_cast<size_t>(id.data() - message.data());
    std::string key;
    key.reserve(message.size());
    key += message.substr(0, before);
    key += message.substr(before + id.size());
    return key;
}

bool RpcCache::takes(const RpcOperation &operation) {
    return (operation.module == "ietf-netconf" && (operation.name == "get" || operation.name == "get-config")) ||
           (operation.module == "ietf-netconf-nmda" && operation.name == "get-data");
}

std::shared_ptr<RpcOperation> RpcCache::find(const std::string &key) {
    const auto found = entries_.find(key);
    if (found == entries_.end()) {
        return nullptr;
    }
    found->second.used = ++clock_;
    return found->second.operation;
}

void RpcCache::keep(std::string key, std::shared_ptr<RpcOperation> operation) {
    if (entries_.size() == capacity) {
        entries_.erase(std::min_element(entries_.begin(), entries_.end(), [](const auto &one, const auto &other) {
            return one.second.used < other.second.used;
        }));
    }
    entries_.insert_or_assign(std::move(key), Entry{std::move(operation), ++clock_});
}

}  // namespace libyang_js
