// Which nodes of a configuration are locked by whom (RFC 5717): sets of nodes, each of one owner, in one trie of
// instances. A locked node protects all that is below it. It knows instances, not nodes of a tree, so that the trees may
// change under it. A lookup costs O(depth), however many nodes are locked.
//
// Not for two threads.
#pragma once

#include <libyang/libyang.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "journal.h"
#include "rpc.h"

namespace libyang_js {

class LockScopes {
  public:
    // More nodes than this are not locked by one lock: what is below a locked node is locked with it.
    static constexpr size_t most_nodes = 100'000;

    struct Conflict {
        std::string path;  // of the locked node
        uint32_t owner;
    };
    struct Granted {
        std::vector<std::string> paths;  // of the nodes, in document order
        std::optional<Conflict> conflict;  // then nothing was locked
    };
    // Locks the nodes that expressions select. Throws Failure when one is malformed, gives no nodes, or all select nothing.
    Granted lock(const DataTree &tree, uint32_t id, uint32_t owner, const std::vector<ScopedText> &expressions, Budget &budget);
    void release(uint32_t id);
    // Where changes are in what others than `owner` have locked, at most `limit` of them, with the owner of the lock.
    std::vector<Conflict> touched(const Journal &changes, uint32_t owner, size_t limit) const;
    // Nodes that changes took away are not locked any more.
    void follow(const Journal &changes);
    // Of a lock; nothing when there is no such lock.
    std::vector<std::string> paths(uint32_t id) const;

  private:
    // A schema node, and what tells an instance of a list or leaf-list from the others.
    using Key = std::pair<const lysc_node *, std::string>;
    struct Node {
        Node *parent = nullptr;
        const Key *key = nullptr;
        std::map<Key, std::unique_ptr<Node>> children;
        std::vector<uint32_t> locks;  // that have this node in their scope
    };
    struct Lock {
        uint32_t owner = 0;
        std::vector<Node *> nodes;  // in document order
    };
    class Finder;

    Node *place(const lyd_node *node);
    // Null when nothing there or below is locked.
    static Node *step(const Node *at, const lysc_node *schema, const lyd_node *node);
    bool foreign(const Node *node, uint32_t owner) const;
    const Node *foreign_above(const Node *node, uint32_t owner) const;  // or the node itself
    const Node *foreign_below(const Node *node, uint32_t owner) const;
    Conflict conflict(const Node *node, uint32_t owner) const;
    static void unlock(Node &node, std::unordered_set<const Node *> &gone);
    static void tidy(Node &node);
    static std::string path(const Node *node);

    Node top_;
    std::unordered_map<uint32_t, Lock> locks_;
};

}  // namespace libyang_js
