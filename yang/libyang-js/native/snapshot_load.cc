#include <algorithm>

#include "journal.h"
#include "journal_place.h"
#include "journal_text.h"
#include "ly_error.h"
#include "node_text.h"
#include "parse.h"
#include "snapshot.h"

namespace libyang_js {

namespace {

using std::string_view;

std::string path_text(const lyd_node *node) {
    char *path = lyd_path(node, LYD_PATH_STD, nullptr, 0);
    std::string text(path);
    free(path);
    return text;
}

class Loader {
  public:
    explicit Loader(TreeData &tree) : tree_(tree), context_(tree.schema->context()) {}
    void chunk(string_view text);

  private:
    void stand_at(string_view place);
    // The present parent as a data path.
    std::string where() const;
    void create(string_view json);
    std::vector<lyd_node *> parse(string_view json);
    void put(lyd_node *node);
    const lysc_node *named(string_view json);
    [[noreturn]] void fail(const std::string &message, const std::string &path = "");

    TreeData &tree_;
    const ly_ctx *context_;
    lyd_node *parent_ = nullptr;
    size_t line_ = 0;
};

void Loader::fail(const std::string &message, const std::string &path) {
    auto errors = take_errors(context_, message);
    for (auto &error : errors) {
        error.type = "application";
        error.message = (error.message == message ? message : message + ": " + error.message) + " (snapshot, line " +
                        std::to_string(line_) + " of the chunk)";
        if (error.path.empty() || !path.empty()) {
            error.path = path.empty() ? where() : path;
        }
    }
    throw Failure{std::move(errors)};
}

std::string Loader::where() const {
    return parent_ == nullptr ? std::string() : path_text(parent_);
}

void Loader::stand_at(string_view place) {
    parent_ = nullptr;
    if (place.empty()) {
        return;
    }
    lyd_node *top = nullptr;
    const lyd_node *named = make_place(context_, place, &top);
    const std::unique_ptr<lyd_node, decltype(&lyd_free_all)> owned(top, lyd_free_all);
    std::vector<const lyd_node *> steps;
    for (const lyd_node *step = named; step != nullptr; step = lyd_parent(step)) {
        steps.push_back(step);
    }
    bool found = named != nullptr;
    for (auto step = steps.rbegin(); found && step != steps.rend(); ++step) {
        const auto *schema = (*step)->schema;
        parent_ = schema->nodetype == LYS_LIST ? tree_.find(parent_, *step) : tree_.find(parent_, schema);
        found = parent_ != nullptr;
    }
    if (!found) {
        fail("no chunk before has created this place", named == nullptr ? std::string(place) : path_text(named));
    }
}

// The schema of `{"module:name":…}` below the present parent.
const lysc_node *Loader::named(string_view json) {
    const auto colon = json.find(':');
    const auto end = json.find('"', 2);
    if (!json.starts_with("{\"") || end == string_view::npos || colon > end) {
        fail("a statement names its nodes with their module");
    }
    const auto *module = ly_ctx_get_module_implemented(context_, std::string(json.substr(2, colon - 2)).c_str());
    const auto name = json.substr(colon + 1, end - colon - 1);
    const auto *schema = module == nullptr ? nullptr
                                           : lys_find_child(parent_ == nullptr ? nullptr : parent_->schema, module, name.data(),
                                                            static_cast<uint32_t>(name.size()), 0, 0);
    if (schema == nullptr || (schema->flags & LYS_CONFIG_R) != 0) {
        fail("the schema has no configuration \"" + std::string(json.substr(2, end - 2)) + "\" here");
    }
    return schema;
}

// The way of whatever NodeBuilder does not take; libyang says what is wrong.
std::vector<lyd_node *> Loader::parse(string_view json) {
    const auto *schema = named(json);
    ly_in *in = nullptr;
    const std::string text(json);
    if (ly_in_new_memory(text.c_str(), &in) != LY_SUCCESS) {
        throw std::bad_alloc();
    }
    lyd_node *top = nullptr;
    const auto result = lyd_parse_data(context_, parent_, in, LYD_JSON, LYD_PARSE_ONLY | LYD_PARSE_STRICT | LYD_PARSE_NO_STATE, 0,
                                       parent_ == nullptr ? &top : nullptr);
    ly_in_free(in, 0);
    if (result != LY_SUCCESS) {
        lyd_free_all(top);
        fail("the nodes do not fit the schema");
    }
    // Those that have just been parsed are the last of their schema, and flagged new.
    std::vector<lyd_node *> nodes;
    lyd_node *first = parent_ != nullptr ? lyd_child(parent_) : top;
    lyd_node *node = first == nullptr ? nullptr : first->prev;
    while (node != nullptr && node->schema != schema && node != first) {
        node = node->prev;
    }
    for (; node != nullptr && node->schema == schema && (node->flags & LYD_NEW) != 0; node = node->prev) {
        nodes.push_back(node);
        if (node == first) {
            break;
        }
    }
    std::reverse(nodes.begin(), nodes.end());
    for (lyd_node *made : nodes) {
        lyd_unlink_tree(made);
        prime(made);
    }
    return nodes;
}

void Loader::create(string_view json) {
    std::vector<lyd_node *> nodes;
    try {
        NodeBuilder builder(context_, parent_ == nullptr ? nullptr : parent_->schema);
        build_json(builder, json);
        nodes = builder.take();
    } catch (const Unusual &) {
        clear_errors(context_);
        nodes = parse(json);
    }
    size_t done = 0;
    try {
        for (lyd_node *node : nodes) {
            put(node);
            done++;
        }
    } catch (...) {
        for (; done < nodes.size(); done++) {
            lyd_free_tree(nodes[done]);
        }
        throw;
    }
}

void Loader::put(lyd_node *node) {
    Errors errors;
    if ((node->schema->nodetype & LYD_NODE_INNER) != 0) {
        check_structure(lyd_child(node), errors);
    }
    const bool many = (node->schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
    if (errors.empty() && (many ? tree_.find(parent_, node) : tree_.find(parent_, node->schema)) != nullptr) {
        fail("stands twice", where() + step_of(node->schema, parent_ == nullptr ? nullptr : parent_->schema, node));
    }
    if (!errors.empty()) {
        for (auto &error : errors) {
            error.path = where() + (error.path.empty() ? "" : error.path);
        }
        throw Failure{std::move(errors)};
    }
    tree_.link(parent_, node);
}

void Loader::chunk(string_view text) {
    clear_errors(context_);
    const string_view header(journal_header);
    line_ = 1;
    if (!text.starts_with(header)) {
        fail("not a snapshot, or of another version");
    }
    text.remove_prefix(header.size());
    while (!text.empty()) {
        line_++;
        const auto end = text.find('\n');
        if (end == string_view::npos || end == 0) {
            fail("the chunk breaks off");
        }
        const auto line = text.substr(1, end - 1);
        switch (text.front()) {
        case '@':
            stand_at(line);
            break;
        case '<':
            break;  // entries ordered by the user stand in their order
        case '+':
            create(line);
            break;
        default:
            fail("a snapshot creates, it does nothing else");
        }
        text.remove_prefix(end + 1);
    }
    clear_errors(context_);
}

}  // namespace

void load_snapshot(TreeData &tree, string_view chunk) {
    tree.drop_indexes();
    Loader(tree).chunk(chunk);
}

}  // namespace libyang_js
