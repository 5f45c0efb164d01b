#include "rpc_input.h"

#include <map>
#include <set>

#include "edit_markup.h"
#include "escape.h"
#include "ly_error.h"
#include "schema_hint.h"
#include "node_builder.h"
#include "xml_text.h"

namespace libyang_js {

namespace {


// The namespace in which a parent has a child of this name, in words; nothing when there is none.
std::string elsewhere(const lysc_node *parent, const std::string &name) {
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, parent, nullptr, 0)) != nullptr) {
        if (name == child->name) {
            return "; <" + name + "> here is of namespace " + child->module->ns;
        }
    }
    return {};
}

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

// What may stand once is seen twice, or beside another case of its choice.
class RpcInput::Siblings {
  public:
    explicit Siblings(RpcInput &input) : input_(input) {}

    void add(const lysc_node *schema, const std::string &path) {
        const std::string name(schema->name);
        const bool many = (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
        if (many && ++entries_[schema] > most_entries) {
            fail("protocol", "resource-denied", "<" + name + "> stands more than " + std::to_string(most_entries) + " times", path);
        }
        if (!seen_.insert(schema).second && !many) {
            input_.report("bad-element", "<" + name + "> stands twice, it can stand once", path, {{"bad-element", name}});
        }
        for (const auto *node = schema; node->parent != nullptr; node = node->parent) {
            if (node->parent->nodetype == LYS_CASE) {
                const auto [at, added] = cases_.emplace(node->parent->parent, std::pair(node->parent, name));
                if (!added && at->second.first != node->parent) {
                    input_.report("bad-element", "<" + name + "> stands beside <" + at->second.second + ">, there can be one of them",
                                  path, {{"bad-element", name}});
                }
            } else if (node->parent->nodetype != LYS_CHOICE) {
                break;
            }
        }
    }

  private:
    // The work of libyang grows with the square of how many there are.
    static constexpr size_t most_entries = 1000;

    RpcInput &input_;
    std::map<const lysc_node *, size_t> entries_;
    std::set<const lysc_node *> seen_;
    std::map<const lysc_node *, std::pair<const lysc_node *, std::string>> cases_;
};

void RpcInput::report(const char *tag, std::string message, std::string path, Info info) {
    if (errors.size() == most_errors) {
        untold_++;
        return;
    }
    errors.push_back({"protocol", tag, std::move(message), std::move(path), "", std::move(info)});
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
    auto scope = scanner_.in_scope();
    // A client whose elements all have prefixes means an identity without one to be of the operation's module.
    if (scope[""].empty()) {
        scope[""] = schema->module->ns;
    }
    for (const auto &[prefix, uri] : scope) {
        const auto declaration = prefix.empty() ? std::string("xmlns") : "xmlns:" + prefix;
        bool declared = false;
        for (size_t at = own.find(declaration); at != std::string_view::npos; at = own.find(declaration, at + 1)) {
            const auto behind = own.find_first_not_of(" \t\r\n", at + declaration.size());
            declared = declared || (behind != std::string_view::npos && own[behind] == '=' &&
                                    (at == 0 || own.find_last_of(" \t\r\n", at) == at - 1));
        }
        if (!declared) {
            xml += " " + declaration + "=\"";
            escape_attribute(xml, uri);
            xml += '"';
        }
    }
    element(schema, data_step(schema), "");
    copy_to(scanner_.end());
    if (untold_ > 0) {
        errors.push_back({"protocol", "operation-failed", "and " + std::to_string(untold_) + " more errors", "", "", {}});
    }
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
        this->attribute(attribute, schema, path);
    }
    if (schema->nodetype == LYS_LEAFLIST && reinterpret_cast<const lysc_node_leaflist *>(schema)->type->basetype == LY_TYPE_STRING) {
        scopes.push_back({schema, scanner_.in_scope()});
    }
    if (std::string_view(schema->name) == "xpath-filter") {
        xpath.emplace(ScopedText{"", scanner_.in_scope()});
    }
    children(schema, path, inside);
}

// libyang takes annotations (RFC 7952) and nothing else.
void RpcInput::attribute(const XmlScanner::Attribute &attribute, const lysc_node *schema, const std::string &path) {
    const auto *ns = attribute.prefix.empty() ? nullptr : scanner_.ns(attribute.prefix);
    if (ns == nullptr || !annotated(context_, *ns, attribute.name)) {
        const std::string name(attribute.name);
        report("unknown-attribute", std::string("<") + schema->name + "> has no attribute \"" + name + "\"" +
                                        (ns == nullptr ? "" : " of namespace " + *ns),
               path, {{"bad-attribute", name}, {"bad-element", schema->name}});
    }
}

void RpcInput::children(const lysc_node *schema, const std::string &path, const std::string &inside) {
    Siblings siblings(*this);
    const bool term = (schema->nodetype & LYD_NODE_TERM) != 0;
    const auto before = errors.size();
    bool stray = false;
    std::string text;
    for (;;) {
        switch (scanner_.next()) {
        case XmlScanner::Event::start: {
            const auto *child = child_of(schema, path);
            if (child == nullptr) {
                scanner_.skip();
                scanner_.next();
                break;
            }
            const auto child_path = path + data_step(child);
            siblings.add(child, child_path);
            const bool below = operation != nullptr;
            element(child, child_path, below ? (inside.empty() ? "" : inside + "/") + child->name : "");
            break;
        }
        case XmlScanner::Event::text:
            if (term) {
                text += xml_content({message_.data + scanner_.begin(), scanner_.end() - scanner_.begin()});
            } else if (scanner_.significant() && !stray) {
                stray = true;
                report("bad-element", std::string("text inside <") + schema->name + ">, which has elements only", path,
                       {{"bad-element", schema->name}});
            }
            break;
        default:
            if (xpath && std::string_view(schema->name) == "xpath-filter") {
                xpath->text = text;
                expression(schema, path);
            }
            if (term && errors.size() == before) {
                value(schema, path, text);
            }
            return;
        }
    }
}

// With the position of what is wrong, which libyang does not say.
void RpcInput::expression(const lysc_node *schema, const std::string &path) {
    auto prefixes = xpath->namespaces;
    prefixes.erase("");
    Errors found;
    compile_xpath(context_, xpath->text, prefixes, found);
    for (auto &error : found) {
        error.info.emplace_back("bad-element", schema->name);
        report(error.tag.c_str(), std::move(error.message), path, std::move(error.info));
    }
}

void RpcInput::value(const lysc_node *schema, const std::string &path, const std::string &text) {
    // Prefixes are known to the document alone: libyang has a look when it parses the whole.
    if (holds_prefixes(reinterpret_cast<const lysc_node_leaf *>(schema)->type)) {
        return;
    }
    clear_errors(context_);
    const auto result = lyd_value_validate(context_, schema, text.data(), text.size(), nullptr, nullptr, nullptr);
    if (result != LY_SUCCESS && result != LY_EINCOMPLETE) {
        auto found = take_errors(context_, std::string("\"") + schema->name + "\" has an invalid value", schema);
        const auto before = errors.size();
        report("invalid-value", found.front().message, path, {{"bad-element", schema->name}});
        if (errors.size() > before) {
            errors.back().app_tag = found.front().app_tag;
        }
    }
}

const lysc_node *RpcInput::child_of(const lysc_node *schema, const std::string &path) {
    const std::string name(scanner_.name());
    const auto &ns = scanner_.element_ns();
    if (errors.size() == most_errors) {
        untold_++;
        return nullptr;
    }
    // Clients in wide use send <config> without any namespace.
    if (ns.empty()) {
        const auto *bare = lys_find_child(schema, schema->module, name.c_str(), name.size(), 0, 0);
        if (bare != nullptr && (bare->nodetype & LYD_NODE_ANY) != 0) {
            return bare;
        }
    }
    const std::string in = std::string("<") + schema->name + ">";
    const auto *module = ly_ctx_get_module_implemented_ns(context_, ns.c_str());
    if (module == nullptr) {
        report("unknown-namespace",
               (ns.empty() ? "<" + name + "> in " + in + " has no namespace, it needs that of its module"
                           : "no module of this server has the namespace " + ns + " of <" + name + ">") +
                   elsewhere(schema, name),
               path, {{"bad-element", name}, {"bad-namespace", ns}});
        return nullptr;
    }
    if ((schema->nodetype & LYD_NODE_TERM) != 0) {
        report("unknown-element", in + " holds a value and no element, such as <" + name + ">", path, {{"bad-element", name}});
        return nullptr;
    }
    const auto *child = lys_find_child(schema, module, name.c_str(), name.size(), 0, 0);
    if (child != nullptr) {
        return child;
    }
    if (const auto right = elsewhere(schema, name); !right.empty()) {
        report("unknown-element", in + " has no element <" + name + "> of namespace " + ns + right, path, {{"bad-element", name}});
        return nullptr;
    }
    std::string others = "; " + in + " takes nothing here";
    bool first = true;
    const lysc_node *other = nullptr;
    while ((other = lys_getnext(other, schema, nullptr, 0)) != nullptr) {
        others = (first ? "; " + in + " takes <" : others + ", <") + std::string(other->name) + ">";
        first = false;
    }
    const auto feature = missing_feature(schema, module, name);
    if (feature.empty()) {
        report("unknown-element", in + " has no element <" + name + ">" + others, path, {{"bad-element", name}});
        return nullptr;
    }
    report("operation-not-supported",
           "<" + name + "> in " + in + " needs " + (module->ns == netconf_namespace ? "the capability :" : "the feature ") + feature +
               ", which is off" + others,
           path + (module == schema->module ? "/" : std::string("/") + module->name + ":") + name, {{"bad-element", name}});
    return nullptr;
}

void RpcInput::cut(const lysc_node *schema, const std::string &path, const std::string &inside) {
    RpcCut cut;
    cut.path = inside;
    cut.content.namespaces = scanner_.in_scope();
    const bool filter = std::string_view(schema->name) == "filter" && schema->module->ns == netconf_namespace;
    for (const auto &attribute : scanner_.attributes()) {
        const auto *ns = scanner_.ns(attribute.prefix);
        const bool ours = attribute.prefix.empty() || *ns == netconf_namespace;
        if (ours && filter && (attribute.name == "type" || attribute.name == "select")) {
            cut.attributes.emplace_back(attribute.name, xml_attribute(attribute.raw));
        } else {
            this->attribute(attribute, schema, path);
        }
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
