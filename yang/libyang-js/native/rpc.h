// A received NETCONF <rpc> (RFC 6241, section 4.1), and pieces of it that are kept as the bytes that came: the
// content of <config>, of <filter> and of every other anydata or anyxml parameter.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "addon.h"
#include "filter.h"
#include "schema.h"

namespace libyang_js {

// Bytes of a message that is so small that it is read, and let go of, faster than it goes to another thread and back.
constexpr size_t small_message = 8 << 10;

// XML content with the namespace declarations in scope where it stood.
struct Fragment {
    Bytes bytes;
    Prefixes namespaces;  // prefix -> URI; the empty prefix is the default namespace
    // One element around the content that declares them all.
    std::string wrapped(const std::string &name) const;
};

// The content of a document's one element, which has this name. Throws Failure.
Fragment content_of(const Bytes &document, const std::string &name, const std::string &ns);

struct FilterData {
    std::shared_ptr<Schema> schema;
    std::unique_ptr<Filter> filter;
    bool xpath = false;
    size_t size = 0;  // bytes that it was made of
};

// A text whose names have the prefixes of its place.
struct ScopedText {
    std::string text;
    Prefixes namespaces;
};

// A part of a message that is kept as the bytes that came.
struct RpcCut {
    std::string path;  // from the operation, without module names
    Fragment content;
    std::vector<std::pair<std::string, std::string>> attributes;  // of the element: name, value; no declarations
};

// What a leaf-list of strings may hold is an XPath expression: the namespaces in scope of one entry.
struct RpcScope {
    const lysc_node *schema;
    Prefixes namespaces;
};

// What an <rpc> asks for. Several messages may share it: it does not change once it is read, but for its filter, which the
// thread of the environment makes when it is first asked for.
struct RpcOperation {
    RpcOperation() = default;
    ~RpcOperation();
    RpcOperation(const RpcOperation &) = delete;
    RpcOperation &operator=(const RpcOperation &) = delete;

    std::string name, ns, module;
    std::string path;            // of the node that an action is called on
    lyd_node *tree = nullptr;    // owned; of an action with the parents of its node
    lyd_node *input = nullptr;   // the operation's node inside `tree`
    std::vector<RpcCut> cuts;
    std::vector<RpcScope> scopes;  // in order
    // The leaf xpath-filter (RFC 8526) as it was written, with the namespaces in its scope.
    std::optional<ScopedText> xpath;
    std::shared_ptr<FilterData> filter;
    // Null when there is none at the path; names may have module names before them.
    const RpcCut *cut(const std::string &path) const;
};

struct RpcMessage {
    std::shared_ptr<Schema> schema;
    size_t size = 0;  // bytes of the message
    std::string message_id;
    bool has_message_id = false;
    std::string attributes;
    std::shared_ptr<RpcOperation> operation;
};

// What could be read of a message that cannot be served as a whole.
struct RpcFailure : Failure {
    std::string message_id;
    bool has_message_id = false;
    std::string attributes;
};

class RpcCache;

// Throws RpcFailure. `cache`: null, or where to look for the operation first.
std::shared_ptr<RpcMessage> parse_rpc(const std::shared_ptr<Schema> &schema, Bytes message, RpcCache *cache = nullptr);
// Of a leaf of the input, relative to the operation; '' for a container or an anydata that is there.
// Is it in the message, and not a default that libyang added?
bool rpc_given(const RpcMessage &rpc, const std::string &path);
std::optional<std::string> rpc_value(const RpcMessage &rpc, const std::string &path);
// The entries of a leaf-list of strings right below the operation, each with the namespaces in its scope.
std::vector<ScopedText> rpc_texts(const RpcMessage &rpc, const std::string &name);
// Of a leaf-list of the input, in the order of the message.
std::vector<std::string> rpc_values(const RpcMessage &rpc, const std::string &path);
// Null without a filter. Throws Failure when it is malformed.
std::shared_ptr<FilterData> rpc_filter(const RpcMessage &rpc);

}  // namespace libyang_js
