#include <cstring>
#include <string_view>
#include <unordered_map>

#include "edit_tree.h"
#include "journal_place.h"
#include "journal_text.h"
#include "ly_error.h"
#include "node_text.h"

namespace libyang_js {

namespace {

using std::string_view;

class Decoder {
  public:
    Decoder(const ly_ctx *context, Journal &journal, Errors &errors) : context_(context), journal_(journal), errors_(errors) {}
    ~Decoder() { lyd_free_all(top_); }
    bool chunk(const std::string &text);

  private:
    bool line(string_view text);
    bool stand_at(const std::string &place);
    // The nodes of one JSON object below the present parent.
    bool parse(string_view json, std::vector<NodeCopy> &nodes, size_t &count);
    // The common case of it, without libyang's parser.
    bool build(string_view json, std::vector<NodeCopy> &nodes, size_t &count);
    bool anchor(string_view json, NodeCopy &entry);
    PlaceRef place_of(const lyd_node *node);
    // The present parent as a data path.
    std::string where() const;
    bool fail(const std::string &message);

    const ly_ctx *context_;
    Journal &journal_;
    Errors &errors_;
    std::unordered_map<std::string, PlaceRef> places_;
    lyd_node *top_ = nullptr;     // of the present parent, which has just its ancestors and keys
    lyd_node *parent_ = nullptr;
    PlaceRef place_;
    std::string standing_;
    NodeCopy after_, old_after_, old_;
    bool old_derived_ = false;
    size_t number_ = 0;
};

std::string Decoder::where() const {
    if (parent_ == nullptr) {
        return "";
    }
    char *path = lyd_path(parent_, LYD_PATH_STD, nullptr, 0);
    std::string text(path);
    free(path);
    return text;
}

bool Decoder::fail(const std::string &message) {
    auto found = take_errors(context_, message);
    for (auto &error : found) {
        error.type = "application";
        if (error.message != message) {
            error.message = message + ": " + error.message;
        }
        error.message += " (journal, line " + std::to_string(number_) + ")";
        if (error.path.empty()) {
            error.path = where();
        }
        errors_.push_back(std::move(error));
    }
    return false;
}

PlaceRef Decoder::place_of(const lyd_node *node) {
    if (node == nullptr) {
        return nullptr;
    }
    auto &known = places_[place_text(node)];
    if (known == nullptr) {
        auto place = std::make_shared<Place>();
        place->schema = node->schema;
        place->entry = node->schema->nodetype == LYS_LIST ? instance_of(node) : nullptr;
        if (place->entry != nullptr) {
            prime(place->entry.get());
        }
        known = place;
        place->parent = place_of(lyd_parent(node));
        return place;
    }
    return known;
}

bool Decoder::stand_at(const std::string &place) {
    if (place == standing_ && (parent_ != nullptr || place.empty())) {
        return true;
    }
    lyd_free_all(top_);
    top_ = parent_ = nullptr;
    place_ = nullptr;
    standing_ = place;
    if (place.empty()) {
        return true;
    }
    parent_ = make_place(context_, place, &top_);
    if (parent_ == nullptr) {
        return fail("no such place in the schema: " + place);
    }
    place_ = place_of(parent_);
    return true;
}

bool Decoder::build(string_view json, std::vector<NodeCopy> &nodes, size_t &count) {
    try {
        NodeBuilder builder(context_, parent_ == nullptr ? nullptr : parent_->schema, true);
        build_json(builder, json);
        for (lyd_node *node : builder.take()) {
            nodes.push_back(own(node));
            count += count_nodes(node);
        }
    } catch (const Unusual &) {
        clear_errors(context_);
    }
    return !nodes.empty();
}

bool Decoder::parse(string_view json, std::vector<NodeCopy> &nodes, size_t &count) {
    if (build(json, nodes, count)) {
        return true;
    }
    ly_in *in = nullptr;
    const std::string text(json);
    if (ly_in_new_memory(text.c_str(), &in) != LY_SUCCESS) {
        return fail("out of memory");
    }
    lyd_node *tree = nullptr;
    const auto result = lyd_parse_data(context_, parent_, in, LYD_JSON, LYD_PARSE_ONLY | LYD_PARSE_STRICT | LYD_PARSE_NO_NEW, 0,
                                       parent_ == nullptr ? &tree : nullptr);
    ly_in_free(in, 0);
    lyd_node *node = parent_ != nullptr ? lyd_child_no_keys(parent_) : tree;
    if (result != LY_SUCCESS || node == nullptr) {
        for (lyd_node *next = node; next != nullptr;) {
            node = next;
            next = next->next;
            lyd_free_tree(node);
        }
        return fail("the nodes do not fit the schema");
    }
    while (node != nullptr) {
        lyd_node *next = node->next;
        lyd_unlink_tree(node);
        count += prime(node);
        nodes.push_back(own(node));
        node = next;
    }
    return true;
}

bool Decoder::anchor(string_view json, NodeCopy &entry) {
    entry = nullptr;
    std::vector<NodeCopy> nodes;
    size_t count = 0;
    if (json.empty()) {
        return true;
    }
    if (!parse(json, nodes, count)) {
        return false;
    }
    entry = nodes.front();
    return true;
}

bool Decoder::line(string_view text) {
    const char op = text.front();
    text.remove_prefix(1);
    if (op == '@') {
        return stand_at(std::string(text));
    }
    if (op == '<' || op == '(') {
        return anchor(text, op == '<' ? after_ : old_after_);
    }
    bool derived = false;
    bool is_default = false;
    for (; !text.empty() && (text.front() == '!' || text.front() == '?'); text.remove_prefix(1)) {
        (text.front() == '!' ? derived : is_default) = true;
    }
    std::vector<NodeCopy> nodes;
    size_t count = 0;
    if (std::strchr("+-~=>", op) == nullptr || !parse(text, nodes, count)) {
        return errors_.empty() ? fail("unknown statement") : false;
    }
    auto &data = journal_.data();
    if (is_default) {
        nodes.front()->flags |= LYD_DEFAULT;
    }
    switch (op) {
    case '+':
        for (auto &node : nodes) {
            const bool ordered = ordered_by_user(node->schema);
            data.add({Op::create, derived, place_, node, {}, ordered ? after_ : nullptr, {}}, count);
            after_ = ordered ? node : nullptr;
            count = 0;
        }
        after_ = nullptr;
        break;
    case '-':
        for (auto &node : nodes) {
            data.add({Op::remove, derived, place_, node, {}, {}, old_after_}, count);
            count = 0;
        }
        old_after_ = nullptr;
        break;
    case '~':
        old_ = nodes.front();
        old_derived_ = derived;
        break;
    case '=':
        if (old_ == nullptr || old_->schema != nodes.front()->schema) {
            return fail("a new value without the old one");
        }
        data.add({Op::value, old_derived_, place_, nodes.front(), std::move(old_), {}, {}}, count);
        old_ = nullptr;
        break;
    default:
        data.add({Op::move, derived, place_, nodes.front(), {}, after_, old_after_}, count);
        after_ = old_after_ = nullptr;
    }
    return true;
}

bool Decoder::chunk(const std::string &text) {
    clear_errors(context_);
    const string_view header(journal_header);
    if (!text.starts_with(header)) {
        return fail("not a journal, or of another version");
    }
    string_view rest(text);
    rest.remove_prefix(header.size());
    number_ = 1;
    stand_at("");
    while (!rest.empty()) {
        number_++;
        const auto end = rest.find('\n');
        if (end == string_view::npos || end == 0) {
            return fail("the journal breaks off");
        }
        if (!line(rest.substr(0, end))) {
            return false;
        }
        rest.remove_prefix(end + 1);
    }
    return true;
}

}  // namespace

std::unique_ptr<Journal> Journal::decode(const ly_ctx *context, const std::vector<std::string> &chunks, Errors &errors) {
    auto journal = std::make_unique<Journal>(context);
    journal->data_->partial = true;
    Decoder decoder(context, *journal, errors);
    for (const auto &chunk : chunks) {
        if (!decoder.chunk(chunk)) {
            return nullptr;
        }
    }
    return journal;
}

}  // namespace libyang_js
