#include "schema_hint.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace libyang_js {

namespace {

using std::string_view;

constexpr string_view netconf_module = "ietf-netconf";
constexpr size_t most_letters = 64;

bool between(uint16_t nodetype) {
    return (nodetype & (LYS_CHOICE | LYS_CASE | LYS_INPUT | LYS_OUTPUT)) != 0;
}

// The if-feature of a node that is off. Of an expression of several features any that is off.
string_view off(const lys_module *module, const lysp_node *node) {
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(node->iffeatures, i) {
        string_view words(node->iffeatures[i].str);
        while (!words.empty()) {
            const auto end = std::min(words.find_first_of(" ()"), words.size());
            if (lys_feature_value(module, std::string(words.substr(0, end)).c_str()) == LY_ENOT) {
                return node->iffeatures[i].str;
            }
            words.remove_prefix(std::min(end + 1, words.size()));
        }
    }
    return {};
}

// Names from the top of the data, without choices and cases.
std::string schema_names(const lysc_node *node) {
    std::string path;
    for (; node != nullptr; node = node->parent) {
        if (!between(node->nodetype)) {
            path.insert(0, std::string("/") + node->name);
        }
    }
    return path;
}

// Looks through what was parsed of a module, where nodes are that features leave out of the schema.
class Search {
  public:
    Search(const lys_module *module, const lysc_node *parent, const std::string &name)
        : module_(module), parent_(schema_names(parent)), name_(name) {}

    std::string run(const lysp_module *parsed) {
        siblings(parsed->data, "", {});
        siblings(reinterpret_cast<const lysp_node *>(parsed->rpcs), "", {});
        // What a grouping or an augment holds stands below a node that it does not name.
        for (const auto *grouping = parsed->groupings; grouping != nullptr; grouping = grouping->next) {
            siblings(grouping->child, parent_, {});
        }
        for (const auto *augment = parsed->augments; augment != nullptr; augment = augment->next) {
            siblings(augment->child, parent_, off(module_, reinterpret_cast<const lysp_node *>(augment)));
        }
        return found_;
    }

  private:
    void siblings(const lysp_node *node, const std::string &parent, string_view outer) {
        for (; node != nullptr && found_.empty(); node = node->next) {
            const auto own = off(module_, node);
            const auto feature = own.empty() ? outer : own;
            const bool transparent = between(node->nodetype);
            if (!transparent && name_ == node->name && parent == parent_ && !feature.empty()) {
                found_ = feature;
            }
            const auto below = transparent ? parent : parent + "/" + node->name;
            siblings(lysp_node_child(node), below, feature);
            if ((node->nodetype & (LYS_RPC | LYS_ACTION)) != 0) {
                siblings(reinterpret_cast<const lysp_node_action *>(node)->input.child, below, feature);
            }
        }
    }

    const lys_module *module_;
    std::string parent_;
    const std::string &name_;
    std::string found_;
};

// Levenshtein's.
size_t distance(string_view one, string_view other) {
    std::vector<size_t> row(other.size() + 1);
    for (size_t k = 0; k <= other.size(); k++) {
        row[k] = k;
    }
    for (size_t i = 1; i <= one.size(); i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= other.size(); k++) {
            const size_t changed = diagonal + (one[i - 1] == other[k - 1] ? 0 : 1);
            diagonal = row[k];
            row[k] = std::min({row[k] + 1, row[k - 1] + 1, changed});
        }
    }
    return row.back();
}

template <class Each>
void each_child(const ly_ctx *context, const lysc_node *parent, const Each &each) {
    const lysc_node *child = nullptr;
    if (parent != nullptr) {
        while ((child = lys_getnext(child, parent, nullptr, 0)) != nullptr) {
            each(child);
        }
        return;
    }
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
        child = nullptr;
        while (module->implemented && module->compiled != nullptr &&
               (child = lys_getnext(child, nullptr, module->compiled, 0)) != nullptr) {
            if ((child->nodetype & (LYS_RPC | LYS_NOTIF)) == 0) {
                each(child);
            }
        }
    }
}

}  // namespace

std::string missing_feature(const lysc_node *parent, const lys_module *module, const std::string &name) {
    return module->parsed == nullptr ? "" : Search(module, parent, name).run(module->parsed);
}

std::string hint_of_unknown(const ly_ctx *context, const lysc_node *parent, const lys_module *module, const std::string &name) {
    const lysc_node *same = nullptr;
    const lysc_node *near = nullptr;
    size_t least = name.size() > most_letters ? 0 : std::min<size_t>(2, name.size() / 3) + 1;
    each_child(context, parent, [&](const lysc_node *child) {
        if (name == child->name) {
            same = child;
        } else if (const auto away = least == 0 || child->module != module ? least : distance(name, child->name); away < least) {
            near = child;
            least = away;
        }
    });
    if (same != nullptr) {
        return std::string("; the \"") + name + "\" here is of module \"" + same->module->name + "\", namespace " + same->module->ns;
    }
    if (module != nullptr) {
        if (const auto feature = missing_feature(parent, module, name); !feature.empty()) {
            return "; it needs the feature \"" + feature + "\", which is off";
        }
        if (module->name == netconf_module && parent == nullptr) {
            return "; configuration declares the namespace of its module by xmlns";
        }
    }
    return near == nullptr ? "" : std::string("; there is \"") + near->name + "\"";
}

}  // namespace libyang_js
