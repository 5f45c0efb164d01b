#include "rpc.h"

#include <libyang/version.h>

#include <algorithm>

#include "ly_error.h"
#include "rpc_cache.h"
#include "rpc_input.h"
#include "value_text.h"
#include "xml_input.h"
#include "xml_scan.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

constexpr std::string_view yang = "urn:ietf:params:xml:ns:yang:1";

bool refers(const lysc_type *type) {
    if (type->basetype == LY_TYPE_UNION) {
        const auto *types = reinterpret_cast<const lysc_type_union *>(type)->types;
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(types, i) {
            if (refers(types[i])) {
                return true;
            }
        }
        return false;
    }
    return type->basetype == LY_TYPE_LEAFREF || type->basetype == LY_TYPE_INST;
}

// Values that point into a datastore, which is not here to look into.
bool has_references(lyd_node *operation) {
    lyd_node *node;
    LYD_TREE_DFS_BEGIN(operation, node) {
        if ((node->schema->nodetype & LYD_NODE_TERM) != 0 &&
            refers(reinterpret_cast<const lysc_node_leaf *>(node->schema)->type)) {
            return true;
        }
        LYD_TREE_DFS_END(operation, node);
    }
    return false;
}

[[noreturn]] void fail_by_libyang(const ly_ctx *context, const RpcInput &input) {
    auto errors = take_errors(context, "the operation's parameters cannot be read");
    for (auto &error : errors) {
        if (error.type == "application") {
            error.type = "protocol";
        }
        if (error.path.empty() && input.operation != nullptr) {
            error.path = std::string("/") + input.operation->module->name + ":" + input.operation->name;
        }
    }
    throw Failure{std::move(errors)};
}

// The start tag of <rpc>. Answers with the value of its message-id as it stands.
std::string_view read_envelope(XmlScanner &scanner, RpcMessage &rpc) {
    while (scanner.next() != XmlScanner::Event::start) {
    }
    const auto &ns = scanner.element_ns();
    if (scanner.name() != "rpc" || ns != netconf_namespace) {
        fail("rpc", "malformed-message",
             "the message is <" + std::string(scanner.name()) + "> of namespace '" + ns + "', not <rpc> of " + std::string(netconf_namespace));
    }
    const auto text = scanner.attribute_text();
    const auto first = text.find_first_not_of(" \t\r\n");
    if (first != std::string_view::npos) {
        rpc.attributes = text.substr(first, text.find_last_not_of(" \t\r\n") + 1 - first);
    }
    for (const auto &attribute : scanner.attributes()) {
        if (attribute.prefix.empty() && attribute.name == "message-id") {
            rpc.message_id = xml_attribute(attribute.raw);
            rpc.has_message_id = true;
            return attribute.raw;
        }
    }
    fail("rpc", "missing-attribute", "<rpc> has no message-id attribute", "",
         {{"bad-attribute", "message-id"}, {"bad-element", "rpc"}});
}

// Goes to the next child element; false behind the last.
bool next_child(XmlScanner &scanner, const std::string &of) {
    for (;;) {
        switch (scanner.next()) {
        case XmlScanner::Event::start:
            return true;
        case XmlScanner::Event::text:
            if (scanner.significant()) {
                fail("protocol", "bad-element", "text inside <" + of + ">, which has elements only", "", {{"bad-element", of}});
            }
            break;
        default:
            return false;
        }
    }
}

const lysc_node *find_top(const ly_ctx *context, const std::string &name, const std::string &ns, uint16_t nodetype) {
    const auto *module = ly_ctx_get_module_implemented_ns(context, ns.c_str());
    if (module == nullptr) {
        fail("protocol", "unknown-namespace",
             ns.empty() ? "<" + name + "> has no namespace" : "no module has the namespace " + ns, "",
             {{"bad-element", name}, {"bad-namespace", ns}});
    }
    const auto *node = lys_find_child(nullptr, module, name.c_str(), name.size(), nodetype, 0);
    if (node == nullptr && nodetype == LYS_RPC) {
        fail("protocol", "operation-not-supported", std::string("there is no operation ") + name + " in module " + module->name, "",
             {{"bad-element", name}});
    }
    if (node == nullptr) {
        fail("protocol", "unknown-element", std::string("there is no node ") + name + " in module " + module->name, "",
             {{"bad-element", name}});
    }
    return node;
}

void read_operation(const ly_ctx *context, XmlScanner &scanner, RpcInput &input, RpcOperation &rpc) {
    if (!next_child(scanner, "rpc")) {
        fail("protocol", "missing-element", "<rpc> has no operation", "", {{"bad-element", "rpc"}});
    }
    std::string name(scanner.name());
    std::string ns = scanner.element_ns();
    const bool action = name == "action" && ns == yang;
    if (action) {
        if (!next_child(scanner, "action")) {
            fail("protocol", "missing-element", "<action> has no element", "", {{"bad-element", "action"}});
        }
        name = scanner.name();
        ns = scanner.element_ns();
    }
    input.read(find_top(context, name, ns, action ? 0 : LYS_RPC));
    if (action && input.operation == nullptr && input.errors.empty()) {
        fail("protocol", "missing-element", "<action> leads to no action", "/" + name, {{"bad-element", name}});
    }
    if (action && next_child(scanner, "action")) {
        fail("protocol", "unknown-element", "<action> has more than one element", "",
             {{"bad-element", std::string(scanner.name())}});
    }
    if (next_child(scanner, "rpc")) {
        fail("protocol", "unknown-element", "<rpc> has more than one operation: <" + std::string(scanner.name()) + ">", "",
             {{"bad-element", std::string(scanner.name())}});
    }
    while (scanner.next() != XmlScanner::Event::done) {
    }
    if (!input.errors.empty()) {
        throw Failure{std::move(input.errors)};
    }
    rpc.name = input.operation->name;
    rpc.ns = input.operation->module->ns;
    rpc.module = input.operation->module->name;
}

void parse_operation(const ly_ctx *context, RpcInput &input, RpcOperation &rpc) {
    clear_errors(context);
    ly_in *in = nullptr;
    if (ly_in_new_memory(input.xml.c_str(), &in) != LY_SUCCESS) {
        fail_by_libyang(context, input);
    }
#if LY_VERSION_MAJOR >= 3
    const auto status = lyd_parse_op(context, nullptr, in, LYD_XML, LYD_TYPE_RPC_YANG, LYD_PARSE_STRICT, &rpc.tree, &rpc.input);
#else
    const auto status = lyd_parse_op(context, nullptr, in, LYD_XML, LYD_TYPE_RPC_YANG, &rpc.tree, &rpc.input);
#endif
    ly_in_free(in, 0);
    if (status != LY_SUCCESS || rpc.input == nullptr) {
        fail_by_libyang(context, input);
    }
    Errors errors;
    check_mandatory(rpc.input, errors);
    if (!errors.empty()) {
        throw Failure{std::move(errors)};
    }
    const auto checked = has_references(rpc.input)
                             ? lyd_new_implicit_tree(rpc.input, 0, nullptr)
                             : lyd_validate_op(rpc.input, nullptr, LYD_TYPE_RPC_YANG, nullptr);
    if (checked != LY_SUCCESS) {
        fail_by_libyang(context, input);
    }
    if (const auto *parent = lyd_parent(rpc.input); parent != nullptr) {
        char *path = lyd_path(parent, LYD_PATH_STD, nullptr, 0);
        rpc.path = path == nullptr ? "" : path;
        free(path);
    }
    clear_errors(context);
}

// `name`: with the name of its module before it where that is not the parent's.
const lyd_node *child_named(const lyd_node *parent, std::string_view name) {
    const auto colon = name.find(':');
    const std::string_view module = colon == std::string_view::npos ? parent->schema->module->name : name.substr(0, colon);
    name.remove_prefix(colon == std::string_view::npos ? 0 : colon + 1);
    const lyd_node *child;
    LY_LIST_FOR(lyd_child(parent), child) {
        if (name == child->schema->name && module == child->schema->module->name) {
            return child;
        }
    }
    return nullptr;
}

std::string without_modules(std::string_view path) {
    std::string plain;
    size_t at = 0;
    while (at < path.size()) {
        auto end = path.find('/', at);
        end = end == std::string_view::npos ? path.size() : end;
        const auto part = path.substr(at, end - at);
        const auto colon = part.find(':');
        if (!part.empty()) {
            plain += (plain.empty() ? "" : "/") + std::string(colon == std::string_view::npos ? part : part.substr(colon + 1));
        }
        at = end + 1;
    }
    return plain;
}

}  // namespace

RpcOperation::~RpcOperation() {
    lyd_free_all(tree);
}

const RpcCut *RpcOperation::cut(const std::string &path) const {
    const auto wanted = without_modules(path);
    const auto found = std::find_if(cuts.begin(), cuts.end(), [&](const RpcCut &cut) { return cut.path == wanted; });
    return found == cuts.end() ? nullptr : &*found;
}

std::shared_ptr<RpcMessage> parse_rpc(const std::shared_ptr<Schema> &schema, Bytes message, RpcCache *cache) {
    auto rpc = std::make_shared<RpcMessage>();
    rpc->schema = schema;
    rpc->size = message.size;
    try {
        message = xml_input(message);
        XmlScanner scanner(message.view());
        RpcInput input(schema->context(), scanner, message);
        const auto id = read_envelope(scanner, *rpc);
        auto key = cache == nullptr ? std::string() : RpcCache::key(message.view(), id);
        if (cache != nullptr && (rpc->operation = cache->find(key)) != nullptr) {
            return rpc;
        }
        rpc->operation = std::make_shared<RpcOperation>();
        auto &operation = *rpc->operation;
        read_operation(schema->context(), scanner, input, operation);
        if (!scanner.breaks().empty()) {
            return parse_rpc(schema, with_spaces(message, scanner.breaks()), cache);
        }
        parse_operation(schema->context(), input, operation);
        operation.cuts = std::move(input.cuts);
        operation.scopes = std::move(input.scopes);
        operation.xpath = std::move(input.xpath);
        if (cache != nullptr && RpcCache::takes(operation)) {
            cache->keep(std::move(key), rpc->operation);
        }
    } catch (...) {
        RpcFailure failure;
        failure.errors = current_errors();
        failure.message_id = rpc->message_id;
        failure.has_message_id = rpc->has_message_id;
        failure.attributes = rpc->attributes;
        throw failure;
    }
    return rpc;
}

namespace {

// Null when the input has none.
const lyd_node *input_node(const RpcMessage &rpc, const std::string &path) {
    const lyd_node *node = rpc.operation->input;
    if (path.find('[') != std::string::npos) {
        lyd_node *found = nullptr;
        node = lyd_find_path(rpc.operation->input, path.c_str(), 0, &found) == LY_SUCCESS ? found : nullptr;
        clear_errors(rpc.schema->context());
    } else {
        // Asked several times for each rpc: libyang would compile the path each time, and log what is not there.
        for (std::string_view rest(path); !rest.empty() && node != nullptr;) {
            const auto slash = rest.find('/');
            node = child_named(node, rest.substr(0, slash));
            rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
        }
    }
    return node;
}

}  // namespace

bool rpc_given(const RpcMessage &rpc, const std::string &path) {
    const auto *node = input_node(rpc, path);
    return node != nullptr && (node->flags & LYD_DEFAULT) == 0;
}

std::optional<std::string> rpc_value(const RpcMessage &rpc, const std::string &path) {
    const auto *node = input_node(rpc, path);
    if (node == nullptr) {
        return std::nullopt;
    }
    if ((node->schema->nodetype & LYD_NODE_TERM) == 0) {
        return std::string();
    }
    const ValueText text(rpc.schema->context(), reinterpret_cast<const lyd_node_term *>(node)->value, LY_VALUE_CANON);
    return std::string(text.view());
}

std::vector<ScopedText> rpc_texts(const RpcMessage &rpc, const std::string &name) {
    std::vector<ScopedText> texts;
    auto scope = rpc.operation->scopes.begin();
    for (const lyd_node *node = lyd_child(rpc.operation->input); node != nullptr; node = node->next) {
        if (node->schema->nodetype == LYS_LEAFLIST && name == node->schema->name) {
            scope = std::find_if(scope, rpc.operation->scopes.end(), [&](const auto &one) { return one.schema == node->schema; });
            texts.push_back({lyd_get_value(node), scope == rpc.operation->scopes.end() ? Prefixes() : (scope++)->namespaces});
        }
    }
    return texts;
}

std::vector<std::string> rpc_values(const RpcMessage &rpc, const std::string &path) {
    std::vector<std::string> values;
    ly_set *found = nullptr;
    lyd_find_xpath(rpc.operation->input, path.c_str(), &found);
    for (uint32_t i = 0; found != nullptr && i < found->count; i++) {
        if (const auto *node = found->dnodes[i]; (node->schema->nodetype & LYD_NODE_TERM) != 0) {
            const ValueText text(rpc.schema->context(), reinterpret_cast<const lyd_node_term *>(node)->value, LY_VALUE_CANON);
            values.emplace_back(text.view());
        }
    }
    ly_set_free(found, nullptr);
    clear_errors(rpc.schema->context());
    return values;
}

std::shared_ptr<FilterData> rpc_filter(const RpcMessage &rpc) {
    const auto *context = rpc.schema->context();
    auto &operation = *rpc.operation;
    if (operation.filter) {
        return operation.filter;
    }
    const auto *cut = operation.cut("filter");
    const auto *subtree = operation.cut("subtree-filter");  // of RFC 8526, as is xpath-filter
    if (cut == nullptr && subtree == nullptr && !operation.xpath) {
        return nullptr;
    }
    std::string type = operation.xpath ? "xpath" : "subtree";
    std::optional<std::string> select = operation.xpath ? std::optional(operation.xpath->text) : std::nullopt;
    if (cut != nullptr) {
        for (const auto &[name, value] : cut->attributes) {
            if (name == "type") {
                type = value;
            } else {
                select = value;
            }
        }
    }
    const auto path = "/" + operation.module + ":" + operation.name + "/filter";
    auto data = std::make_shared<FilterData>();
    data->schema = rpc.schema;
    data->xpath = type == "xpath";
    Errors errors;
    if (data->xpath) {
        if (!select) {
            fail("protocol", "missing-attribute", "a filter of type xpath needs a select attribute", path,
                 {{"bad-attribute", "select"}, {"bad-element", "filter"}});
        }
        if (cut != nullptr && cut->content.bytes.view().find_first_not_of(" \t\r\n") != std::string_view::npos) {
            fail("protocol", "bad-element", "a filter of type xpath is empty: its select attribute says what it selects",
                 path, {{"bad-element", "filter"}});
        }
        Prefixes prefixes = operation.xpath ? operation.xpath->namespaces : cut->content.namespaces;
        prefixes.erase("");
        data->size = select->size();
        data->filter = compile_xpath(context, *select, prefixes, errors);
    } else if (type == "subtree") {
        const auto &content = cut != nullptr ? cut->content : subtree->content;
        data->size = content.bytes.size;
        data->filter = compile_subtree(context, content.wrapped("filter"), errors);
    } else {
        fail("protocol", "bad-attribute", "the type of a filter is subtree or xpath, not " + type, path,
             {{"bad-attribute", "type"}, {"bad-element", "filter"}});
    }
    clear_errors(context);
    if (!data->filter) {
        throw Failure{std::move(errors)};
    }
    operation.filter = data;
    return data;
}

}  // namespace libyang_js
