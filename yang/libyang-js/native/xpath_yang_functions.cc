// The functions of YANG 1.1 (RFC 7950, section 10).
#define PCRE2_CODE_UNIT_WIDTH 8
#include <libyang/plugins_types.h>
#include <pcre2.h>

#include <limits>

#include "siblings.h"
#include "xpath_eval.h"
#include "xpath_names.h"
#include "xpath_order.h"

namespace libyang_js::xpath {

namespace {

const lyd_value *value_of(const lyd_node *node) {
    if (!node || !node->schema || !(node->schema->nodetype & LYD_NODE_TERM)) return nullptr;
    const lyd_value *value = &reinterpret_cast<const lyd_node_term *>(node)->value;
    while (value->realtype->basetype == LY_TYPE_UNION) value = &value->subvalue->value;
    return value;
}

// A pattern of XML Schema as one of PCRE2: `^` and `$` are characters there.
std::string translated(const std::string &pattern) {
    std::string out;
    unsigned brackets = 0;
    for (size_t i = 0; i < pattern.size(); i++) {
        const char c = pattern[i];
        if (c == '\\' && i + 1 < pattern.size()) {
            out.append(1, c).append(1, pattern[++i]);
            continue;
        }
        if (c == '[') brackets++;
        if (c == ']' && brackets) brackets--;
        if (c == '$' || (c == '^' && !brackets)) out += '\\';
        out += c;
    }
    return out;
}

const lysc_ident *find_identity(const lys_module *module, const std::string &name) {
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(module->identities, i) {
        if (name == module->identities[i].name) return &module->identities[i];
    }
    return nullptr;
}

// 1: matches; 0: does not; -1: malformed, `problem` says why; -2: given up.
int match(const std::string &pattern, const std::string &text, std::string &problem) {
    int code = 0;
    PCRE2_SIZE offset = 0;
    const std::string source = translated(pattern);
    const uint32_t options = PCRE2_UTF | PCRE2_ANCHORED | PCRE2_ENDANCHORED | PCRE2_DOLLAR_ENDONLY;
    pcre2_code *compiled =
        pcre2_compile(reinterpret_cast<PCRE2_SPTR>(source.data()), source.size(), options, &code, &offset, nullptr);
    if (!compiled) {
        PCRE2_UCHAR message[256] = {0};
        pcre2_get_error_message(code, message, sizeof message);
        problem = reinterpret_cast<const char *>(message);
        return -1;
    }
    pcre2_match_context *limits = pcre2_match_context_create(nullptr);
    pcre2_set_match_limit(limits, 200000);
    pcre2_match_data *data = pcre2_match_data_create_from_pattern(compiled, nullptr);
    const int result =
        pcre2_match(compiled, reinterpret_cast<PCRE2_SPTR>(text.data()), text.size(), 0, 0, data, limits);
    pcre2_match_data_free(data);
    pcre2_match_context_free(limits);
    pcre2_code_free(compiled);
    if (result >= 0) return 1;
    if (result == PCRE2_ERROR_NOMATCH) return 0;
    problem = result == PCRE2_ERROR_MATCHLIMIT ? ", which takes too long" : ", whose subject is not UTF-8";
    return -2;
}

}  // namespace

Value Evaluator::yang_function(const Expr &expr, const Context &context) {
    Value result;
    if (expr.function == Function::current) {
        result.nodes.items.push_back(current_ ? Item::element(current_) : Item::root());
        return result;
    }
    Value given = evaluate(*expr.operands[0], context);
    std::string second;
    if (expr.operands.size() > 1) {
        Value scratch;
        second = string(value(*expr.operands[1], context, scratch));
    }
    result.type = expr.type;
    switch (expr.function) {
    case Function::deref:
        if (const lyd_node *node = first(given)) deref(node, result.nodes);
        break;
    case Function::re_match: {
        const std::string subject = string(given);
        spend_bytes((subject.size() + second.size()) * 64);
        std::string problem;
        const int matched = match(second, subject, problem);
        if (matched == -1) fail("re-match() was given a malformed pattern \"" + second + "\": " + problem);
        if (matched == -2) fail("re-match() gave up on the pattern \"" + second + "\"" + problem);
        result.boolean = matched == 1;
        break;
    }
    case Function::derived_from:
    case Function::derived_from_or_self:
        for (const Item &item : given.nodes.items) {
            spend();
            result.boolean |= item.is_element() &&
                              derived(item.node(), second, expr.function == Function::derived_from_or_self);
        }
        break;
    case Function::enum_value: {
        const lyd_value *value = value_of(first(given));
        const bool is_enum = value && value->realtype->basetype == LY_TYPE_ENUM;
        result.number = is_enum ? value->enum_item->value : std::numeric_limits<double>::quiet_NaN();
        break;
    }
    default: {  // bit-is-set
        const lyd_node *node = first(given);
        const lyd_value *value = value_of(node);
        if (!value || value->realtype->basetype != LY_TYPE_BITS) break;
        std::string scratch;
        const std::string bits = " " + std::string(canonical_value(node, scratch)) + " ";
        result.boolean = !second.empty() && bits.find(" " + second + " ") != std::string::npos;
        break;
    }
    }
    return result;
}

bool Evaluator::derived(const lyd_node *leaf, const std::string &name, bool self) {
    const lyd_value *value = value_of(leaf);
    if (!value || value->realtype->basetype != LY_TYPE_IDENT) return false;
    const size_t colon = name.find(':');
    const lys_module *module = expression_.names().unprefixed ? expression_.names().unprefixed : leaf->schema->module;
    if (colon != std::string::npos) {
        const std::string prefix = name.substr(0, colon);
        if (!resolve_prefix(expression_.context(), expression_.names(), prefix, module)) {
            fail("the prefix \"" + prefix + "\" of the identity \"" + name +
                 "\" is neither declared nor the name of a module");
        }
        if (!module) module = ly_ctx_get_module_latest(expression_.context(), prefix.c_str());
    }
    if (!module) return false;
    const lysc_ident *base = find_identity(module, colon == std::string::npos ? name : name.substr(colon + 1));
    if (!base) return false;
    if (self && base == value->ident) return true;
    return lyplg_type_identity_isderived(base, value->ident) == LY_SUCCESS;
}

void Evaluator::deref(const lyd_node *leaf, NodeSet &out) {
    if (!leaf->schema || !(leaf->schema->nodetype & LYD_NODE_TERM)) return;
    const lyd_value *value = value_of(leaf);
    if (value->realtype->basetype == LY_TYPE_INST) {
        lyd_node *found = nullptr;
        Quiet quiet;
        if (find_target(value->target, root_, &found) == LY_SUCCESS && found) out.items.push_back(Item::element(found));
        return;
    }
    const lysc_type *type = leaf->schema->nodetype == LYS_LEAF
                                ? reinterpret_cast<const lysc_node_leaf *>(leaf->schema)->type
                                : reinterpret_cast<const lysc_node_leaflist *>(leaf->schema)->type;
    std::vector<const lysc_type_leafref *> references;
    if (type->basetype == LY_TYPE_LEAFREF) {
        references.push_back(reinterpret_cast<const lysc_type_leafref *>(type));
    } else if (type->basetype == LY_TYPE_UNION) {
        const lysc_type **members = const_cast<const lysc_type **>(reinterpret_cast<const lysc_type_union *>(type)->types);
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(members, i) {
            if (members[i]->basetype != LY_TYPE_LEAFREF) continue;
            references.push_back(reinterpret_cast<const lysc_type_leafref *>(members[i]));
        }
    }
    if (depth_ > 8) fail("deref() leads through more than 8 leafrefs with deref() in their path");
    std::string wanted_scratch;
    const std::string wanted(canonical_value(leaf, wanted_scratch));
    std::string scratch;
    for (const lysc_type_leafref *reference : references) {
        const Expression *path = expression_.leafref(reference, leaf->schema, *errors_);
        if (!path) throw Abort();
        auto &inner = inner_[path];
        if (!inner) inner = std::make_unique<Evaluator>(*path, depth_ + 1);
        inner->keep_between(keep_between_);
        inner->start(root_, leaf, *budget_, *errors_);
        const Value targets = inner->evaluate(path->top(), {Item::element(leaf)});
        for (const Item &item : targets.nodes.items) {
            spend();
            if (text(item, scratch) == wanted) out.items.push_back(item);
        }
        out.ordered = out.disjoint = targets.nodes.ordered && targets.nodes.disjoint;
        if (!out.items.empty()) return;
    }
}

}  // namespace libyang_js::xpath
