// Operations that were read before, by the text of their messages without the message-id: pollers ask the same again and
// again. Of small messages that only read, as others are not repeated and may hold secrets; bounded, and what was asked for
// the longest time ago goes first. For the thread of the environment alone.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

namespace libyang_js {

struct RpcOperation;

class RpcCache {
  public:
    // `id`: the value of the message-id inside the message.
    static std::string key(std::string_view message, std::string_view id);
    static bool takes(const RpcOperation &operation);
    // Null when there is none.
    std::shared_ptr<RpcOperation> find(const std::string &key);
    void keep(std::string key, std::shared_ptr<RpcOperation> operation);

  private:
    static constexpr size_t capacity = 64;
    struct Entry {
        std::shared_ptr<RpcOperation> operation;
        uint64_t used;
    };
    std::unordered_map<std::string, Entry> entries_;
    uint64_t clock_ = 0;
};

}  // namespace libyang_js
