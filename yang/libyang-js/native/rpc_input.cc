#include "rpc_input.h"

#include <map>
#include <set>

#include "escape.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

constexpr std::string_view netconf = "urn:ietf:params:xml:ns:netconf:base:1.0";

// What may stand once is seen twice, or beside another case of its choice.
class Siblings {
  public:
    void add(const lysc_node *schema, const std::string &path) {
        const bool many = (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
        if (!seen_.insert(schema).second && !many) {
            fail("protocol", "bad-element", std::string("<") + schema->name + "> stands twice", path,
                 {{"bad-element", schema->name}});
        }
        for (const auto *node = schema; node->parent != nullptr; node = node->parent) {
            if (node->parent->nodetype == LYS_CASE) {
                const auto [at, added] = cases_.emplace(node->parent->parent, node->parent);
                if (!added && at->second != node->parent) {
                    fail("protocol", "bad-element",
                         std::string("<") + schema->name + "> beside another alternative of " + node->parent->parent->name,
                         path, {{"bad-element", schema->name}});
                }
            } else if (node->parent->nodetype != LYS_CHOICE) {
                break;
            }
        }
    }

  private:
    std::set<const lysc_node *> seen_;
    std::map<const lysc_node *, const lysc_node *> cases_;
};

}  // namespace

void fail(const char *type, const char *tag, std::string message, std::string path,
          std::vector<std::pair<std::string, std::string>> info) {
    Error error;
    error.type = type;
    error.tag = tag;
    error.message = std::move(message);
    error.path = std::move(path);
    error.info = std::move(info);
    throw Failure{{error}};
}

void RpcInput::copy_to(size_t offset) {
    xml.append(message_.data + copied_, offset - copied_);
    copied_ = offset;
}

void RpcInput::read(const lysc_node *schema) {
    copied_ = scanner_.begin();
    // The start tag with every declaration that is in scope but not its own.
    const auto own = scanner_.attribute_text();
    copy_to(static_cast<size_t>(own.data() - message_.data));
    for (const auto &[prefix, uri] : scanner_.in_scope()) {
        const auto declaration = prefix.empty() ? std::string("xmlns") : "xmlns:" + prefix;
        bool declared = false;
        for (size_t at = own.find(declaration); at != std::string_view::npos; at = own.find(declaration, at + 1)) {
            const auto behind = own.find_first_not_of(" \t\r\n", at + declaration.size());
            declared = declared || (behind != std::string_view::npos && own[behind] == '=' &&
                                    (at == 0 || own.find_last_of(" \t\r\n", at) == at - 1));
        }
        if (!declared && !(prefix.empty() && uri.empty())) {
            xml += " " + declaration + "=\"";
            escape_attribute(xml, uri);
            xml += '"';
        }
    }
    element(schema, data_step(schema), "");
    copy_to(scanner_.end());
}

// `path` is the data path of the node; `inside` the names below the operation, "" outside of it.
void RpcInput::element(const lysc_node *schema, const std::string &path, const std::string &inside) {
    if ((schema->nodetype & (LYS_RPC | LYS_ACTION)) != 0) {
        operation = schema;
    }
    if ((schema->nodetype & LYS_ANYDATA) != 0) {
        cut(schema, path, inside);
        return;
    }
    for (const auto &attribute : scanner_.attributes()) {
        if (attribute.prefix.empty()) {
            const std::string name(attribute.name);
            fail("protocol", "unknown-attribute", std::string("<") + schema->name + "> has no attribute " + name, path,
                 {{"bad-attribute", name}, {"bad-element", schema->name}});
        }
    }
    children(schema, path, inside);
}

void RpcInput::children(const lysc_node *schema, const std::string &path, const std::string &inside) {
    Siblings siblings;
    for (;;) {
        switch (scanner_.next()) {
        case XmlScanner::Event::start: {
            const auto *child = child_of(schema, path);
            const auto child_path = path + data_step(child);
            siblings.add(child, child_path);
            const bool below = operation != nullptr;
            element(child, child_path, below ? (inside.empty() ? "" : inside + "/") + child->name : "");
            break;
        }
        case XmlScanner::Event::text:
            if (scanner_.significant() && (schema->nodetype & LYD_NODE_TERM) == 0) {
                fail("protocol", "bad-element", std::string("text inside <") + schema->name + ">, which has elements only", path,
                     {{"bad-element", schema->name}});
            }
            break;
        default:
            return;
        }
    }
}

const lysc_node *RpcInput::child_of(const lysc_node *schema, const std::string &path) {
    const std::string name(scanner_.name());
    const auto &ns = scanner_.element_ns();
    // Clients in wide use send <config> without any namespace.
    if (ns.empty()) {
        const auto *bare = lys_find_child(schema, schema->module, name.c_str(), name.size(), 0, 0);
        if (bare != nullptr && (bare->nodetype & LYD_NODE_ANY) != 0) {
            return bare;
        }
    }
    const auto *module = ly_ctx_get_module_implemented_ns(context_, ns.c_str());
    if (module == nullptr) {
        fail("protocol", "unknown-namespace",
             ns.empty() ? "<" + name + "> has no namespace" : "no module has the namespace " + ns, path,
             {{"bad-element", name}, {"bad-namespace", ns}});
    }
    const auto *child = (schema->nodetype & LYD_NODE_TERM) != 0
                            ? nullptr
                            : lys_find_child(schema, module, name.c_str(), name.size(), 0, 0);
    if (child == nullptr) {
        fail("protocol", "unknown-element", std::string("<") + schema->name + "> has no element " + module->name + ":" + name,
             path, {{"bad-element", name}});
    }
    return child;
}

void RpcInput::cut(const lysc_node *schema, const std::string &path, const std::string &inside) {
    RpcMessage::Cut cut;
    cut.path = inside;
    cut.content.namespaces = scanner_.in_scope();
    const bool filter = std::string_view(schema->name) == "filter" && schema->module->ns == netconf;
    for (const auto &attribute : scanner_.attributes()) {
        const auto *ns = scanner_.ns(attribute.prefix);
        const bool ours = attribute.prefix.empty() || *ns == netconf;
        const bool known = filter && (attribute.name == "type" || attribute.name == "select");
        if (!ours) {
            continue;
        }
        if (!known) {
            fail("protocol", "unknown-attribute", std::string("<") + schema->name + "> has no attribute " + std::string(attribute.name),
                 path, {{"bad-attribute", std::string(attribute.name)}, {"bad-element", schema->name}});
        }
        cut.attributes.emplace_back(attribute.name, xml_attribute(attribute.raw));
    }
    // The element goes to libyang without its attributes, which libyang would not know.
    const auto tag = scanner_.attribute_text();
    copy_to(static_cast<size_t>(tag.data() - message_.data));
    const auto *bound = scanner_.ns(scanner_.prefix());
    const std::string ns = bound == nullptr || bound->empty() ? schema->module->ns : *bound;
    xml += scanner_.prefix().empty() ? " xmlns" : " xmlns:";
    xml += scanner_.prefix();
    xml += "=\"";
    escape_attribute(xml, ns);
    xml += '"';
    copied_ = static_cast<size_t>(tag.data() + tag.size() - message_.data);
    const size_t content = scanner_.end();
    copy_to(content);
    const size_t end = scanner_.skip();
    copied_ = end;
    scanner_.next();
    cut.content.bytes.data = message_.data + content;
    cut.content.bytes.size = end - content;
    cut.content.bytes.owner = message_.owner;
    cuts.push_back(std::move(cut));
}

}  // namespace libyang_js
