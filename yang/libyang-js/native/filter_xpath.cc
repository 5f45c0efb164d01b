// XPath filters (RFC 6241, section 8.9): the nodes of the result with all under them, and the path to each.
#include <optional>

#include "filter_marks.h"
#include "filter_subtree.h"
#include "xpath.h"
#include "xpath_order.h"
#include "xpath_reach.h"

namespace libyang_js {

namespace {

class XpathFilter : public Filter {
  public:
    explicit XpathFilter(std::unique_ptr<xpath::Expression> expression)
        : expression_(std::move(expression)), reach_(*expression_), subtree_(as_subtree(*expression_)) {}

    const FilterNode *pattern() const override { return subtree_.get(); }

    std::unique_ptr<Selection> select(const lyd_node *root, Budget &budget, Errors &errors) const override {
        xpath::Value value;
        if (!expression_->evaluate(root, nullptr, budget, value, errors)) return nullptr;
        auto marks = std::make_unique<Marks>();
        if (!xpath::sort(value.nodes, root, budget)) {
            errors.push_back(xpath::budget_passed(budget));
            return nullptr;
        }
        for (const xpath::Item &item : value.nodes.items) {
            if (item.kind() == xpath::Item::Kind::root) {
                marks->add_everything();
            } else {
                marks->add(item.node());
            }
        }
        return marks;
    }

    bool divides(const lysc_node *schema) const override {
        return subtree_ ? libyang_js::divides(*subtree_, schema) : reach_.divides(schema);
    }
    Pick reach(const lysc_node *schema) const override { return reach_.of(schema); }
    bool may_match(const std::string &schema_path) const override { return reach_.may_match(schema_path); }
    bool values(const std::string &leaf_path, std::vector<std::string> &out) const override {
        return subtree_ && values_of(expression_->context(), *subtree_, leaf_path, out);
    }

  private:
    std::unique_ptr<xpath::Expression> expression_;
    xpath::Reach reach_;
    std::unique_ptr<FilterNode> subtree_;
};

}  // namespace

std::unique_ptr<Filter> compile_xpath(const ly_ctx *context, const std::string &expression, const Prefixes &prefixes,
                                      Errors &errors) {
    xpath::Names names;
    names.prefixes = prefixes;
    auto compiled = xpath::Expression::compile(context, expression, names, errors);
    if (!compiled) return nullptr;
    if (xpath::result_type(*compiled) != xpath::Type::nodes) {
        Error error;
        error.type = "protocol";
        error.tag = "invalid-value";
        error.message = std::string("XPath: a filter selects nodes; this expression gives a ") +
                        xpath::name_of(xpath::result_type(*compiled));
        errors.push_back(std::move(error));
        return nullptr;
    }
    return std::make_unique<XpathFilter>(std::move(compiled));
}

namespace xpath {

std::vector<const lyd_node *> find(const ly_ctx *context, const lyd_node *root, std::string_view expression,
                                   const Prefixes &prefixes, Budget &budget, Errors &errors) {
    Names names;
    names.prefixes = prefixes;
    std::vector<const lyd_node *> out;
    const auto compiled = Expression::compile(context, expression, names, errors);
    if (!compiled) return out;
    if (result_type(*compiled) != Type::nodes) {
        Error error;
        error.type = "protocol";
        error.tag = "invalid-value";
        error.message = std::string("XPath: nodes are wanted; this expression gives a ") + name_of(result_type(*compiled));
        errors.push_back(std::move(error));
        return out;
    }
    Value value;
    if (!compiled->evaluate(root, nullptr, budget, value, errors)) return out;
    if (!sort(value.nodes, root, budget)) {
        errors.push_back(budget_passed(budget));
        return out;
    }
    AddressSet seen(value.nodes.items.size());
    auto put = [&](const lyd_node *node) {
        if (seen.insert(reinterpret_cast<uintptr_t>(node))) out.push_back(node);
    };
    for (const Item &item : value.nodes.items) {
        if (item.kind() != Item::Kind::root) {
            put(item.node());
            continue;
        }
        for (const lyd_node *node = root; node; node = node->next) out.push_back(node);
        // What else was found is under these, and in document order they would have to be mixed.
        NodeSet rest;
        rest.ordered = false;
        for (const lyd_node *node : out) rest.items.push_back(Item::element(node));
        for (const Item &other : value.nodes.items) {
            if (other.node()) rest.items.push_back(other);
        }
        out.clear();
        if (!remove_duplicates(rest, budget) || !sort(rest, root, budget)) {
            errors.push_back(budget_passed(budget));
            return out;
        }
        for (const Item &one : rest.items) put(one.node());
        return out;
    }
    return out;
}

std::vector<const lyd_node *> find(const lyd_node *root, std::string_view expression, const Prefixes &prefixes,
                                   Budget &budget, Errors &errors) {
    if (!root) return {};
    return find(LYD_CTX(root), root, expression, prefixes, budget, errors);
}

}  // namespace xpath

}  // namespace libyang_js
