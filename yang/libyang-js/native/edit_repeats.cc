#include "edit_repeats.h"

#include <string_view>
#include <unordered_map>
#include <vector>

#include "ly_error.h"
#include "node_builder.h"
#include "rpc_input.h"
#include "xml_scan.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

constexpr size_t shortest_text = 64 * 1024;
constexpr size_t most = 100;

struct Level {
    const lysc_node *schema;
    std::string value;  // of a leaf or leaf-list; of a list: its keys
    std::unordered_map<std::string, size_t> seen;
};

std::string canonical(const ly_ctx *context, const lysc_node *schema, const std::string &text) {
    if (holds_prefixes(reinterpret_cast<const lysc_node_leaf *>(schema)->type)) {
        const auto last = text.find_last_not_of(" \t\r\n");
        const auto colon = text.find(':');
        const auto first = colon == std::string::npos ? text.find_first_not_of(" \t\r\n") : colon + 1;
        return last == std::string::npos ? "" : text.substr(first, last + 1 - first);
    }
    const char *value = nullptr;
    const auto result = lyd_value_validate(context, schema, text.data(), text.size(), nullptr, nullptr, &value);
    std::string form = value != nullptr && (result == LY_SUCCESS || result == LY_EINCOMPLETE) ? value : text;
    lydict_remove(context, value);
    return form;
}

// True when it is one too many.
bool count(Level &parent, const Level &node) {
    const bool many = (node.schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
    std::string name = std::string(node.schema->module->name) + ":" + node.schema->name;
    return ++parent.seen[many ? name + " " + node.value : name] > most;
}

Error refusal(const std::vector<Level> &levels) {
    const auto *schema = levels.back().schema;
    std::string path;
    for (const auto &level : levels) {
        path += level.schema == nullptr ? "" : data_step(level.schema);
    }
    const std::string what = schema->nodetype == LYS_LIST ? "an entry of " : schema->nodetype == LYS_LEAFLIST ? "a value of " : "";
    Error error;
    error.tag = "bad-element";
    error.message = what + "\"" + schema->name + "\" is given more than " + std::to_string(most) + " times, it can be given once";
    error.path = path;
    error.info.emplace_back("bad-element", schema->name);
    return error;
}

bool search(const ly_ctx *context, const std::string &xml, Errors &errors) {
    XmlScanner scanner(xml);
    std::vector<Level> levels;
    for (;;) {
        switch (scanner.next()) {
        case XmlScanner::Event::start: {
            if (levels.empty()) {
                levels.push_back({nullptr, "", {}});
                break;
            }
            const auto *module = ly_ctx_get_module_implemented_ns(context, scanner.element_ns().c_str());
            const auto name = scanner.name();
            const auto *schema = module == nullptr ? nullptr : lys_find_child(levels.back().schema, module, name.data(), name.size(), 0, 0);
            if (schema == nullptr) {
                scanner.skip();
                scanner.next();
                break;
            }
            levels.push_back({schema, "", {}});
            if ((schema->nodetype & LYD_NODE_ANY) != 0) {
                scanner.skip();
            }
            break;
        }
        case XmlScanner::Event::text:
            if (levels.back().schema != nullptr && (levels.back().schema->nodetype & LYD_NODE_TERM) != 0) {
                levels.back().value += xml_content(std::string_view(xml).substr(scanner.begin(), scanner.end() - scanner.begin()));
            }
            break;
        case XmlScanner::Event::end: {
            if (levels.size() == 1) {
                return false;
            }
            auto &node = levels.back();
            auto &parent = levels[levels.size() - 2];
            const bool key = (node.schema->nodetype & LYS_LEAF) != 0 && (node.schema->flags & LYS_KEY) != 0;
            if (key || node.schema->nodetype == LYS_LEAFLIST) {
                node.value = canonical(context, node.schema, node.value);
            }
            if (key) {
                parent.value += " " + node.value;
            }
            if (count(parent, node)) {
                errors.push_back(refusal(levels));
                return true;
            }
            levels.pop_back();
            break;
        }
        case XmlScanner::Event::done:
            return false;
        }
    }
}

}  // namespace

bool find_repeats(const ly_ctx *context, const std::string &xml, Errors &errors) {
    if (xml.size() < shortest_text) {
        return false;
    }
    bool found = false;
    try {
        found = search(context, xml, errors);
    } catch (const Failure &) {
    }
    clear_errors(context);
    return found;
}

}  // namespace libyang_js
