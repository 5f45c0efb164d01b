#include "edit_attributes.h"

#include <optional>
#include <string_view>
#include <vector>

#include "edit_wrapper.h"

namespace libyang_js {

namespace {

using std::string_view;

constexpr string_view netconf = "urn:ietf:params:xml:ns:netconf:base:1.0";
constexpr string_view with_defaults = "urn:ietf:params:xml:ns:netconf:default:1.0";
constexpr string_view yang = "urn:ietf:params:xml:ns:yang:1";

struct Element {
    std::string path;
    std::string keys;  // predicates read so far, of a list entry
    const lysc_node *schema = nullptr;
    size_t bindings = 0;  // number of namespace bindings outside of it
    size_t text = 0;      // where its content starts
};

class Check {
  public:
    Check(const ly_ctx *context, const std::string &xml, Errors &errors) : context_(context), xml_(xml), errors_(errors) {}

    std::string run() {
        string_view text(xml_);
        for (size_t at = text.find('<'); at != string_view::npos; at = text.find('<', at)) {
            const char next = at + 1 < text.size() ? text[at + 1] : '\0';
            if (next == '/') {
                close(at);
                at += 2;
            } else if (next == '!' || next == '?') {
                at = skip_special(text, at);
                if (at == 0) {
                    break;
                }
            } else {
                Tag tag;
                if (!read_tag(text, at, true, tag)) {
                    break;
                }
                open(at, tag);
                at = tag.end;
            }
        }
        return clean_.append(text.substr(copied_));
    }

  private:
    std::optional<string_view> bound(string_view prefix) const {
        for (auto at = bindings_.rbegin(); at != bindings_.rend(); ++at) {
            if (at->first == prefix) {
                return at->second;
            }
        }
        return std::nullopt;
    }

    void open(size_t at, const Tag &tag) {
        Element element;
        element.bindings = bindings_.size();
        element.text = tag.end;
        for (const auto &[name, declaration] : tag.declarations) {
            const auto quote = declaration.find_first_of("\"'");
            bindings_.emplace_back(name.size() > 6 ? name.substr(6) : string_view(),
                                   declaration.substr(quote + 1, declaration.size() - quote - 2));
        }
        auto name = string_view(xml_).substr(at + 1, tag.name_end - at - 1);
        string_view prefix;
        if (const auto colon = name.find(':'); colon != string_view::npos) {
            prefix = name.substr(0, colon);
            name.remove_prefix(colon + 1);
        }
        const auto ns = bound(prefix);
        const auto *module = ns ? ly_ctx_get_module_implemented_ns(context_, std::string(*ns).c_str()) : nullptr;
        const Element *parent = stack_.empty() ? nullptr : &stack_.back();
        const bool known = module != nullptr && (parent == nullptr || parent->schema != nullptr);
        element.schema = known ? lys_find_child(parent == nullptr ? nullptr : parent->schema, module, name.data(), name.size(), 0, 0)
                               : nullptr;
        if (parent != nullptr) {
            element.path = parent->path + parent->keys;
        }
        element.path += "/";
        if (module != nullptr && (parent == nullptr || parent->schema == nullptr || parent->schema->module != module)) {
            element.path += std::string(module->name) + ":";
        }
        element.path += name;
        const bool data = inside_any_ == 0;
        for (const auto &attribute : tag.attributes) {
            if (data) {
                check(attribute, element, name);
            }
        }
        if (tag.closed) {
            bindings_.resize(element.bindings);
            return;
        }
        inside_any_ += inside_any_ > 0 || (element.schema != nullptr && (element.schema->nodetype & LYD_NODE_ANY) != 0) ? 1 : 0;
        stack_.push_back(std::move(element));
    }

    void close(size_t at) {
        if (stack_.empty()) {
            return;
        }
        const Element element = std::move(stack_.back());
        stack_.pop_back();
        inside_any_ -= inside_any_ > 0 ? 1 : 0;
        bindings_.resize(element.bindings);
        if (element.schema != nullptr && (element.schema->flags & LYS_KEY) != 0 && !stack_.empty()) {
            const auto value = string_view(xml_).substr(element.text, at - element.text);
            const char quote = value.find('\'') == string_view::npos ? '\'' : '"';
            stack_.back().keys += std::string("[") + element.schema->name + "=" + quote + std::string(value) + quote + "]";
        }
    }

    void check(const Tag::Attribute &attribute, const Element &element, string_view of) {
        const auto colon = attribute.name.find(':');
        const auto local = colon == string_view::npos ? attribute.name : attribute.name.substr(colon + 1);
        const auto ns = colon == string_view::npos ? std::nullopt : bound(attribute.name.substr(0, colon));
        std::string tag = "unknown-attribute";
        std::string message = "unknown attribute \"" + std::string(attribute.name) + "\"";
        if (colon == string_view::npos) {
            message += ", which is in no namespace";
        } else if (!ns) {
            message += ", whose prefix is bound to no namespace";
        } else if (*ns == netconf && local == "operation") {
            if (is_one_of(attribute.value, {"merge", "replace", "create", "delete", "remove"})) {
                return;
            }
            tag = "bad-attribute";
            message = "\"" + std::string(attribute.value) + "\" is not an operation: merge, replace, create, delete or remove";
        } else if (*ns == yang && local == "insert") {
            if (is_one_of(attribute.value, {"first", "last", "before", "after"})) {
                return;
            }
            tag = "bad-attribute";
            message = "\"" + std::string(attribute.value) + "\" is no place to insert at: first, last, before or after";
        } else if (annotated(context_, *ns, local)) {
            if (*ns != with_defaults || is_one_of(attribute.value, {"true", "1", "false", "0"})) {
                return;
            }
            tag = "bad-attribute";
            message = "\"" + std::string(attribute.value) + "\" does not say whether this is the default: true or false";
        }
        Error error;
        error.tag = tag;
        error.message = message;
        error.path = element.path;
        error.info = {{"bad-attribute", std::string(local)}, {"bad-element", std::string(of)}};
        errors_.push_back(std::move(error));
        clean_.append(xml_, copied_, attribute.start - copied_);
        copied_ = attribute.end;
    }

    static bool is_one_of(string_view value, std::initializer_list<string_view> words) {
        for (const auto word : words) {
            if (word == value) {
                return true;
            }
        }
        return false;
    }

    const ly_ctx *context_;
    const std::string &xml_;
    Errors &errors_;
    std::vector<Element> stack_;
    std::vector<std::pair<string_view, string_view>> bindings_;
    size_t inside_any_ = 0;
    std::string clean_;
    size_t copied_ = 0;
};

}  // namespace

bool annotated(const ly_ctx *context, string_view ns, string_view name) {
    const auto *module = ly_ctx_get_module_implemented_ns(context, std::string(ns).c_str());
    if (module == nullptr || module->compiled == nullptr) {
        return false;
    }
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(module->compiled->exts, i) {
        const auto &extension = module->compiled->exts[i];
        if (string_view(extension.def->name) == "annotation" && extension.argument == name) {
            return true;
        }
    }
    return false;
}

std::string check_attributes(const ly_ctx *context, const std::string &xml, Errors &errors) {
    return Check(context, xml, errors).run();
}

}  // namespace libyang_js
