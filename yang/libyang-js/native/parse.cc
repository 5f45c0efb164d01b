#include "parse.h"

#include <algorithm>
#include <map>

#include "edit_path.h"
#include "json_scan.h"
#include "ly_error.h"
#include "value_text.h"
#include "xml_input.h"
#include "xml_scan.h"

namespace libyang_js {

namespace {

Error twice(const lyd_node *node, const std::string &message, const char *tag) {
    Error error;
    error.tag = tag;
    error.message = message;
    error.path = config_path(node);
    error.info.emplace_back("bad-element", LYD_NAME(node));
    return error;
}

class StructureCheck {
  public:
    explicit StructureCheck(Errors &errors) : errors_(errors) {}

    void siblings(const lyd_node *first) {
        std::map<const lysc_node *, const lysc_node *> cases;
        for (const auto *node = first; node != nullptr;) {
            const auto *schema = node->schema;
            if (schema == nullptr) {
                node = node->next;
                continue;
            }
            check_cases(node, cases);
            const bool many = (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
            const auto *from = node;
            size_t count = 0;
            for (; node != nullptr && node->schema == schema; node = node->next) {
                if (++count > 1 && !many) {
                    errors_.push_back(twice(node, std::string("\"") + schema->name + "\" stands twice", "bad-element"));
                }
                if ((schema->nodetype & LYD_NODE_INNER) != 0) {
                    siblings(lyd_child(node));
                }
            }
            const bool distinct = (schema->nodetype == LYS_LIST && (schema->flags & LYS_KEYLESS) == 0) ||
                                  (schema->nodetype == LYS_LEAFLIST && (schema->flags & LYS_CONFIG_W) != 0);
            if (distinct && count > 1) {
                entries(from, count);
            }
        }
    }

  private:
    void check_cases(const lyd_node *node, std::map<const lysc_node *, const lysc_node *> &cases) {
        for (const auto *at = node->schema; at->parent != nullptr; at = at->parent) {
            if (at->parent->nodetype == LYS_CASE) {
                const auto [known, added] = cases.emplace(at->parent->parent, at->parent);
                if (!added && known->second != at->parent) {
                    errors_.push_back(twice(node,
                                            std::string("\"") + node->schema->name + "\" stands beside another case of choice \"" +
                                                at->parent->parent->name + "\"",
                                            "bad-element"));
                }
            } else if (at->parent->nodetype != LYS_CHOICE) {
                return;
            }
        }
    }

    // Equal entries have equal hashes, and libyang has computed those.
    void entries(const lyd_node *from, size_t count) {
        hashes_.clear();
        hashes_.reserve(count);
        const auto *node = from;
        for (size_t i = 0; i < count; i++, node = node->next) {
            hashes_.emplace_back(node->hash, node);
        }
        std::sort(hashes_.begin(), hashes_.end(), [](const auto &a, const auto &b) { return a.first < b.first; });
        for (size_t i = 0; i < count; i++) {
            for (size_t k = i + 1; k < count && hashes_[k].first == hashes_[i].first; k++) {
                if (lyd_compare_single(hashes_[i].second, hashes_[k].second, 0) == LY_SUCCESS) {
                    errors_.push_back(twice(hashes_[k].second,
                                            std::string("an entry of \"") + hashes_[k].second->schema->name + "\" stands twice",
                                            "bad-element"));
                    break;
                }
            }
        }
    }

    Errors &errors_;
    std::vector<std::pair<uint32_t, const lyd_node *>> hashes_;
};

// libyang does not say which element it was that has a namespace which no module has.
void name_element(const ly_ctx *context, const std::string &text, Error &error) {
    try {
        XmlScanner scanner(text, XmlScanner::Roots::many);
        for (;;) {
            const auto event = scanner.next();
            if (event == XmlScanner::Event::done) {
                return;
            }
            if (event != XmlScanner::Event::start) {
                continue;
            }
            const auto &ns = scanner.element_ns();
            if (ly_ctx_get_module_implemented_ns(context, ns.c_str()) == nullptr) {
                const std::string name(scanner.name());
                error.tag = "unknown-namespace";
                error.info = {{"bad-element", name}, {"bad-namespace", ns}};
                error.message = ns.empty() ? "<" + name + "> has no namespace"
                                           : "<" + name + "> has the namespace " + ns + ", which no module here has";
                return;
            }
        }
    } catch (const Failure &) {
        return;
    }
}

}  // namespace

void check_structure(const lyd_node *siblings, Errors &errors) {
    StructureCheck(errors).siblings(siblings);
}

std::shared_ptr<TreeData> parse_data(const std::shared_ptr<Schema> &schema, const Bytes &bytes, LYD_FORMAT format) {
    const auto *context = schema->context();
    clear_errors(context);
    auto tree = std::make_shared<TreeData>(schema);
    std::string text(format == LYD_XML ? xml_input(bytes).view() : bytes.view());
    if (const auto zero = text.find('\0'); zero != std::string::npos) {
        Error error;
        error.type = "rpc";
        error.tag = "malformed-message";
        error.message = "a zero byte at offset " + std::to_string(zero);
        throw Failure{{error}};
    }
    if (text.find_first_not_of(" \t\r\n") == std::string::npos) {
        return tree;
    }
    if (format == LYD_JSON) {
        check_json(text);
    }
    if (lyd_parse_data_mem(context, text.c_str(), format, LYD_PARSE_ONLY | LYD_PARSE_STRICT, 0, &tree->root) != LY_SUCCESS) {
        auto errors = take_errors(context, "the data cannot be parsed");
        for (auto &error : errors) {
            if (format == LYD_XML && error.tag == "unknown-namespace") {
                name_element(context, text, error);
            }
        }
        throw Failure{std::move(errors)};
    }
    Errors errors;
    check_structure(tree->root, errors);
    if (!errors.empty()) {
        throw Failure{std::move(errors)};
    }
    clear_errors(context);
    prime_siblings(tree->root);
    return tree;
}

}  // namespace libyang_js
