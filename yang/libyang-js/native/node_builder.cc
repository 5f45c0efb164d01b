#include "node_builder.h"

#include <libyang/plugins_types.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <string>

#include "edit_facts.h"
#include "value_words.h"

namespace libyang_js {

namespace {

using std::string_view;

// So few siblings are searched one after another; libyang makes an index when one more comes.
constexpr size_t linked_children = 7;

uint32_t hash_more(uint32_t hash, string_view text) {
    for (const char c : text) {
        hash += static_cast<uint32_t>(c);
        hash += hash << 10;
        hash ^= hash >> 6;
    }
    return hash;
}

uint32_t hash_end(uint32_t hash) {
    hash += hash << 3;
    hash ^= hash >> 11;
    hash += hash << 15;
    return hash;
}

// Adds what libyang tells values apart by.
uint32_t hash_value(uint32_t hash, const lyd_value &value) {
    ly_bool dynamic = 0;
    size_t size = 0;
    const void *bytes = value.realtype->plugin->print(nullptr, &value, LY_VALUE_LYB, nullptr, &dynamic, &size);
    // An empty part finishes the hash, as libyang has it.
    hash = bytes == nullptr || size == 0 ? hash_end(hash) : hash_more(hash, {static_cast<const char *>(bytes), size});
    if (dynamic != 0) {
        free(const_cast<void *>(bytes));
    }
    return hash;
}

template <class Node>
Node *blank(const lysc_node *schema, uint32_t hash) {
    auto *node = static_cast<Node *>(calloc(1, sizeof(Node)));
    if (node == nullptr) {
        throw std::bad_alloc();
    }
    node->schema = schema;
    node->hash = hash;
    node->prev = &node->node;
    return node;
}

}  // namespace

bool holds_prefixes(const lysc_type *type) {
    type = type_behind(type);
    if (type->basetype == LY_TYPE_UNION) {
        const auto *types = reinterpret_cast<const lysc_type_union *>(type)->types;
        LY_ARRAY_COUNT_TYPE u;
        LY_ARRAY_FOR(types, u) {
            if (holds_prefixes(types[u])) {
                return true;
            }
        }
        return false;
    }
    return type->basetype == LY_TYPE_IDENT || type->basetype == LY_TYPE_INST || std::strstr(type->plugin->id, "xpath") != nullptr ||
           std::strstr(type->plugin->id, "instance") != nullptr;
}

NodeBuilder::NodeBuilder(const ly_ctx *context, const lysc_node *parent, bool state)
    : context_(context), parent_(parent), state_(state) {
    if (parent != nullptr) {
        outermost_ = shape_of(parent);
    }
    levels_.push_back({nullptr, &outermost_, nullptr});
}

NodeBuilder::~NodeBuilder() {
    for (const auto &level : levels_) {
        if (level.node != nullptr) {
            lyd_free_tree(&level.node->node);
        }
    }
    for (lyd_node *node : done_) {
        lyd_free_tree(node);
    }
}

NodeBuilder::Member NodeBuilder::make(const lysc_node *schema, size_t order) const {
    Member member;
    member.schema = schema;
    member.order = order;
    member.name_hash = hash_more(hash_more(0, schema->module->name), schema->name);
    member.hash = hash_end(member.name_hash);
    if ((schema->nodetype & LYD_NODE_TERM) != 0) {
        const auto *type = reinterpret_cast<const lysc_node_leaf *>(schema)->type;
        member.prefixed = holds_prefixes(type);
        member.identity = type_behind(type)->basetype == LY_TYPE_IDENT;
    }
    return member;
}

NodeBuilder::Shape NodeBuilder::shape_of(const lysc_node *schema) const {
    Shape shape;
    const lysc_node *child = nullptr;
    while ((child = lys_getnext(child, schema, nullptr, 0)) != nullptr) {
        const bool ordinary = (child->nodetype & (LYS_CONTAINER | LYS_LIST | LYS_LEAF | LYS_LEAFLIST)) != 0 &&
                              !(child->nodetype == LYS_LIST && (child->flags & LYS_KEYLESS) != 0) &&
                              (state_ || (child->flags & LYS_CONFIG_W) != 0);
        if (ordinary) {
            shape.members.push_back(make(child, shape.members.size()));
            shape.keys += (child->flags & LYS_KEY) != 0 ? 1 : 0;
        }
    }
    return shape;
}

const lysc_node *NodeBuilder::standing() const {
    const auto *member = levels_.back().member;
    return member != nullptr ? member->schema : parent_;
}

NodeBuilder::Member &NodeBuilder::member(const lys_module *module, string_view name) {
    if (module == nullptr) {
        throw Unusual();
    }
    auto &shape = *levels_.back().shape;
    if (standing() == nullptr) {
        for (auto &known : top_) {
            if (known->schema->module == module && known->schema->name == name) {
                return *known;
            }
        }
        const auto *schema = lys_find_child(nullptr, module, name.data(), static_cast<uint32_t>(name.size()), 0, 0);
        if (schema == nullptr || (schema->nodetype & (LYS_CONTAINER | LYS_LIST | LYS_LEAF | LYS_LEAFLIST)) == 0 ||
            (schema->nodetype == LYS_LIST && (schema->flags & LYS_KEYLESS) != 0) ||
            (!state_ && (schema->flags & LYS_CONFIG_W) == 0)) {
            throw Unusual();
        }
        top_.push_back(std::make_unique<Member>(make(schema, 0)));
        return *top_.back();
    }
    // From the member that was found last, because text mostly follows the schema and entries repeat.
    const size_t count = shape.members.size();
    for (size_t i = 0, at = shape.next; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
        auto &member = shape.members[at];
        if (member.schema->name == name && member.schema->module == module) {
            shape.next = at;
            return member;
        }
    }
    throw Unusual();
}

NodeBuilder::Member &NodeBuilder::member(string_view ns, string_view name) {
    auto &shape = *levels_.back().shape;
    if (standing() != nullptr) {
        const size_t count = shape.members.size();
        for (size_t i = 0, at = shape.next; i < count; i++, at = at + 1 == count ? 0 : at + 1) {
            auto &member = shape.members[at];
            if (member.schema->name == name && member.schema->module->ns == ns) {
                shape.next = at;
                return member;
            }
        }
        throw Unusual();
    }
    for (auto &known : top_) {
        if (known->schema->module->ns == ns && known->schema->name == name) {
            return *known;
        }
    }
    return member(ly_ctx_get_module_implemented_ns(context_, std::string(ns).c_str()), name);
}

void NodeBuilder::open(Member &member) {
    if ((member.schema->nodetype & (LYS_CONTAINER | LYS_LIST)) == 0) {
        throw Unusual();
    }
    if (!member.below) {
        member.below = std::make_unique<Shape>(shape_of(member.schema));
    }
    member.below->next = 0;
    auto *node = blank<lyd_node_inner>(member.schema, member.hash);
    node->flags = non_presence(member.schema) ? LYD_DEFAULT : 0;
    levels_.push_back({&member, member.below.get(), node});
}

void NodeBuilder::check_hash(Shape &shape, const lyd_node *node) const {
    if (shape.checked) {
        return;
    }
    lyd_node *copy = nullptr;
    const bool alike = lyd_dup_single(node, nullptr, 0, &copy) == LY_SUCCESS && copy->hash == node->hash;
    lyd_free_tree(copy);
    if (!alike) {
        throw Unusual();
    }
    shape.checked = true;
}

void NodeBuilder::close() {
    auto &level = levels_.back();
    auto &member = *level.member;
    auto *node = level.node;
    if (member.schema->nodetype == LYS_LIST) {
        uint32_t hash = member.name_hash;
        const lyd_node *child = node->child;
        for (size_t key = 0; key < level.shape->keys; key++, child = child->next) {
            if (child == nullptr || child->schema != level.shape->members[key].schema) {
                throw Unusual();
            }
            hash = hash_value(hash, reinterpret_cast<const lyd_node_term *>(child)->value);
        }
        if (child != nullptr && (child->schema->flags & LYS_KEY) != 0) {
            throw Unusual();
        }
        node->hash = hash_end(hash);
    }
    check_hash(*level.shape, &node->node);
    levels_.pop_back();
    attach(member, &node->node);
}

void NodeBuilder::term(Member &member, string_view text, uint32_t hints, bool lasting) {
    if ((member.schema->nodetype & LYD_NODE_TERM) == 0) {
        throw Unusual();
    }
    auto *node = blank<lyd_node_term>(member.schema, member.hash);
    LY_ERR result;
    if (lasting && member.last != nullptr && member.last_text == text) {
        const auto &value = member.last->value;
        result = value.realtype->plugin->duplicate(context_, &value, &node->value);
    } else {
        const auto *type = reinterpret_cast<const lysc_node_leaf *>(member.schema)->type;
        ly_err_item *error = nullptr;
        result = type->plugin->store(context_, type, text.data(), text.size(), 0, LY_VALUE_JSON, nullptr, hints, member.schema,
                                     &node->value, nullptr, &error);
        ly_err_free(error);
    }
    if (result != LY_SUCCESS && result != LY_EINCOMPLETE) {
        free(node);
        throw Unusual();
    }
    if (lyd_get_value(&node->node) == nullptr) {
        lyd_free_tree(&node->node);
        throw std::bad_alloc();
    }
    if (member.schema->nodetype == LYS_LEAFLIST) {
        node->hash = hash_end(hash_value(member.name_hash, node->value));
    }
    if (lasting) {
        member.last = node;
        member.last_text = text;
    }
    attach(member, &node->node);
}

// Each node of very many that are alike is compared with all others of them: the caller is to look what they are.
void NodeBuilder::count(Level &level, const lyd_node *node) {
    constexpr size_t buckets = 4096;
    constexpr size_t first = 1024;
    if (state_ || ++level.children < first) {
        return;
    }
    level.alike.resize(buckets);
    if (++level.alike[node->hash % buckets] > 100 + level.children / 512) {
        throw Unusual();
    }
}

void NodeBuilder::attach(Member &member, lyd_node *node) {
    auto &level = levels_.back();
    if (level.node == nullptr) {
        done_.push_back(node);
        count(level, node);
        return;
    }
    auto &parent = *level.node;
    if ((node->flags & LYD_DEFAULT) == 0) {
        parent.flags = 0;
    }
    // An index that libyang has made for one child must know of the next ones.
    if (parent.children_ht != nullptr || level.children >= linked_children || (level.children > 0 && member.order < level.order)) {
        if (lyd_insert_child(&parent.node, node) != LY_SUCCESS) {
            lyd_free_tree(node);
            throw Unusual();
        }
    } else {
        node->parent = &parent;
        if (parent.child == nullptr) {
            parent.child = node;
        } else {
            node->prev = parent.child->prev;
            node->prev->next = node;
            parent.child->prev = node;
        }
    }
    level.order = level.children == 0 || member.order > level.order ? member.order : level.order;
    count(level, node);
}

}  // namespace libyang_js
