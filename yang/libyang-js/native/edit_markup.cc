#include "edit_markup.h"

#include <initializer_list>
#include <optional>
#include <vector>

#include "edit_anchor.h"
#include "edit_path.h"
#include "edit_wrapper.h"
#include "error.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

using std::string_view;

constexpr string_view yang = "urn:ietf:params:xml:ns:yang:1";

struct Element {
    std::string path;
    std::string keys;  // predicates read so far, of a list entry
    const lysc_node *schema = nullptr;
    string_view name;
    size_t bindings = 0;  // number of namespace bindings outside of it
    size_t text = 0;      // where its content starts
    bool stray = false;   // text in it has been reported
    bool dropped = false; // it goes with all that is in it
};

bool is_one_of(string_view value, std::initializer_list<string_view> words) {
    for (const auto word : words) {
        if (word == value) {
            return true;
        }
    }
    return false;
}

class MarkupCheck {
  public:
    MarkupCheck(const ly_ctx *context, const std::string &xml, Errors &errors) : context_(context), xml_(xml), errors_(errors) {}

    std::string run() {
        const string_view text(xml_);
        size_t from = 0;
        for (size_t at = text.find('<'); at != string_view::npos; at = text.find('<', from)) {
            content(from, at);
            const char next = at + 1 < text.size() ? text[at + 1] : '\0';
            if (next == '/') {
                from = text.find('>', at);
                from = from == string_view::npos ? text.size() : from + 1;
                close(at, from);
            } else if (next == '!' || next == '?') {
                from = skip_special(text, at);
                if (from == 0) {
                    return clean_.append(text.substr(copied_));
                }
                special(at, from);
            } else {
                Tag tag;
                if (!read_tag(text, at, true, tag)) {
                    return clean_.append(text.substr(copied_));
                }
                open(at, tag);
                from = tag.end;
            }
        }
        content(from, text.size());
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

    // Is this a place in data, which is checked? Not in anydata, and not in what is dropped.
    bool checked() const { return inside_any_ == 0 && dropped_ == 0; }
    bool in(uint16_t nodetypes) const { return !stack_.empty() && stack_.back().schema != nullptr && (stack_.back().schema->nodetype & nodetypes) != 0; }

    void drop(size_t from, size_t to) {
        if (dropped_ == 0) {
            clean_.append(xml_, copied_, from - copied_);
            copied_ = to;
        }
    }

    void report(const char *tag, std::string message, const std::string &path, std::vector<std::pair<std::string, std::string>> info) {
        errors_.push_back({"application", tag, std::move(message), path, "", std::move(info)});
    }

    // Characters between two tags.
    void content(size_t from, size_t to) {
        size_t first = from;
        while (first < to && is_xml_space(xml_[first])) {
            first++;
        }
        if (first < to && checked() && (stack_.empty() || in(LYD_NODE_INNER))) {
            stray(from, to);
        }
    }

    void special(size_t at, size_t end) {
        if (!checked()) {
            return;
        }
        const bool cdata = string_view(xml_).substr(at).starts_with("<![CDATA[");
        if (!cdata && in(LYD_NODE_TERM)) {
            drop(at, end);
        } else if (cdata && (stack_.empty() || in(LYD_NODE_INNER))) {
            stray(at, end);
        }
    }

    void stray(size_t from, size_t to) {
        drop(from, to);
        if (stack_.empty()) {
            if (!top_stray_) {
                report("bad-element", "text between the elements of the configuration", "", {{"bad-element", "config"}});
            }
            top_stray_ = true;
            return;
        }
        auto &element = stack_.back();
        if (!element.stray) {
            report("bad-element", "text inside " + quoted(element.name) + ", which has elements only", element.path + element.keys,
                   {{"bad-element", std::string(element.name)}});
        }
        element.stray = true;
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
        element.name = name;
        const auto ns = bound(prefix).value_or("");
        const auto *module = ly_ctx_get_module_implemented_ns(context_, std::string(ns).c_str());
        const Element *parent = stack_.empty() ? nullptr : &stack_.back();
        const bool known = module != nullptr && (parent == nullptr || parent->schema != nullptr);
        element.schema = known ? lys_find_child(parent == nullptr ? nullptr : parent->schema, module, name.data(), name.size(), 0, 0)
                               : nullptr;
        if (parent != nullptr) {
            element.path = parent->path + parent->keys;
        }
        element.path += step(module, ns, name, parent == nullptr || parent->schema == nullptr ? nullptr : parent->schema->module);
        if (dropped_ == 0 && prefix.empty() && ns.empty()) {
            report("unknown-namespace", quoted(name) + " is in no namespace: declare that of its module with xmlns", element.path,
                   {{"bad-element", std::string(name)}, {"bad-namespace", ""}});
            element.dropped = true;
            drop(at, tag.end);
        } else if (checked() && in(LYD_NODE_TERM)) {
            report("unknown-element", quoted(parent->name) + " holds a value and no element, such as " + quoted(name), element.path,
                   {{"bad-element", std::string(name)}});
            element.dropped = true;
            drop(at, tag.end);
        }
        if (checked() && !element.dropped) {
            for (const auto &attribute : tag.attributes) {
                check(attribute, element);
            }
        }
        if (tag.closed) {
            bindings_.resize(element.bindings);
            return;
        }
        dropped_ += element.dropped ? 1 : 0;
        inside_any_ += inside_any_ > 0 || (element.schema != nullptr && (element.schema->nodetype & LYD_NODE_ANY) != 0) ? 1 : 0;
        stack_.push_back(std::move(element));
    }

    void close(size_t at, size_t end) {
        if (stack_.empty()) {
            return;
        }
        const Element element = std::move(stack_.back());
        stack_.pop_back();
        inside_any_ -= inside_any_ > 0 ? 1 : 0;
        bindings_.resize(element.bindings);
        if (element.dropped) {
            dropped_--;
            drop(copied_, end);
        }
        if (element.schema != nullptr && (element.schema->flags & LYS_KEY) != 0 && !stack_.empty()) {
            const auto value = string_view(xml_).substr(element.text, at - element.text);
            stack_.back().keys += predicate(element.schema->name, xml_content(value));
        }
    }

    void check(const Tag::Attribute &attribute, const Element &element) {
        const auto colon = attribute.name.find(':');
        const auto local = colon == string_view::npos ? attribute.name : attribute.name.substr(colon + 1);
        const auto ns = colon == string_view::npos ? std::nullopt : bound(attribute.name.substr(0, colon));
        const char *tag = "unknown-attribute";
        std::string message = "unknown attribute " + quoted(attribute.name);
        if (colon == string_view::npos) {
            message += ", which is in no namespace" + hint(local);
        } else if (!ns) {
            message += ", whose prefix is bound to no namespace";
        } else if (*ns == netconf_namespace && local == "operation") {
            if (is_one_of(attribute.value, {"merge", "replace", "create", "delete", "remove"})) {
                return;
            }
            tag = "bad-attribute";
            message = quoted(attribute.value) + " is not an operation: merge, replace, create, delete or remove";
        } else if (*ns == yang && local == "insert") {
            if (is_one_of(attribute.value, {"first", "last", "before", "after"})) {
                return;
            }
            tag = "bad-attribute";
            message = quoted(attribute.value) + " is no place to insert at: first, last, before or after";
        } else if (*ns == yang && is_one_of(local, {"key", "value"})) {
            message = element.schema == nullptr ? "" : wrong_anchor(local, xml_attribute(attribute.value), element.schema, [this](string_view prefix) {
                return bound(prefix);
            });
            if (message.empty()) {
                return;
            }
            tag = "bad-attribute";
        } else if (annotated(context_, *ns, local)) {
            if (*ns != with_defaults_namespace || is_one_of(attribute.value, {"true", "1", "false", "0"})) {
                return;
            }
            tag = "bad-attribute";
            message = quoted(attribute.value) + " does not say whether this is the default: true or false";
        } else {
            message += " of namespace " + std::string(*ns);
        }
        report(tag, std::move(message), element.path, {{"bad-attribute", std::string(local)}, {"bad-element", std::string(element.name)}});
        drop(attribute.start, attribute.end);
    }

    static std::string hint(string_view name) {
        const bool ours = name == "operation";
        if (!ours && !is_one_of(name, {"insert", "key", "value"})) {
            return {};
        }
        return "; " + quoted(name) + " is one of namespace " + std::string(ours ? netconf_namespace : yang);
    }

    const ly_ctx *context_;
    const std::string &xml_;
    Errors &errors_;
    std::vector<Element> stack_;
    std::vector<std::pair<string_view, string_view>> bindings_;
    size_t inside_any_ = 0;
    size_t dropped_ = 0;  // elements that the text is in and that go
    bool top_stray_ = false;
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

bool may_lack_namespaces(const std::string &xml) {
    Tag wrapper;
    const auto first = xml.find('<');
    if (first == std::string::npos || !read_tag(xml, first, true, wrapper)) {
        return true;
    }
    bool declared = false;
    for (const auto &[name, declaration] : wrapper.declarations) {
        declared = declared || (name == "xmlns" && declaration.find_first_of("\"'") + 2 < declaration.size());
    }
    const string_view content = string_view(xml).substr(wrapper.end);
    const auto holds = [&](string_view what) { return content.find(what) != string_view::npos; };
    // White space may stand around the equals sign.
    return !declared || holds("xmlns=\"\"") || holds("xmlns=''") || holds("xmlns ") || holds("xmlns\t") || holds("xmlns\n") ||
           holds("xmlns\r") || holds("xmlns= ") || holds("xmlns=\t") || holds("xmlns=\n") || holds("xmlns=\r");
}

std::string check_markup(const ly_ctx *context, const std::string &xml, Errors &errors) {
    return MarkupCheck(context, xml, errors).run();
}

}  // namespace libyang_js
