#include "access_edit.h"

#include <cstring>

#include "access_journal.h"
#include "edit_facts.h"
#include "edit_parse.h"
#include "edit_path.h"
#include "ly_error.h"

namespace libyang_js {

namespace {

enum class Asks : uint8_t { nothing, creation, presence, removal };

Asks asked_by(const lyd_node *node, Asks inherited) {
    if (asks_for_default(node)) return Asks::removal;
    const char *operation = operation_of(node);
    if (operation == nullptr) return inherited;
    if (std::strcmp(operation, "create") == 0) return Asks::creation;
    return std::strcmp(operation, "delete") == 0 || std::strcmp(operation, "remove") == 0 ? Asks::removal : Asks::presence;
}

class Asking {
  public:
    Asking(const Access &access, size_t limit) : access_(access), denials_(limit) {}

    // Was any of what may not be read judged?
    bool siblings(const lyd_node *first, const lysc_node *parent, const Access::Grant *above, bool readable, Asks inherited) {
        bool judged = false;
        for (const lyd_node *node = first; node != nullptr; node = node->next) {
            judged = one(node, parent, above, readable, inherited) || judged;
        }
        return judged;
    }
    Errors end() { return denials_.end(); }

  private:
    bool one(const lyd_node *node, const lysc_node *parent, const Access::Grant *above, bool readable, Asks inherited) {
        const auto *schema = schema_of(node, parent);
        const auto known = schema == nullptr ? above->children.end() : above->children.find(schema);
        if (known == above->children.end()) return false;
        const auto *grant = node->schema == nullptr ? known->second.plain : access_.of(above, node);
        if (grant->writable) return true;
        readable = readable && grant->may(access_read);
        const Asks asks = asked_by(node, inherited);
        const bool inner = (schema->nodetype & (LYS_CONTAINER | LYS_LIST)) != 0;
        const bool says = !readable && !non_presence(schema);
        if (asks == Asks::nothing) {
            // It is named for what is below; where that says nothing, for being there.
            if ((schema->flags & LYS_KEY) != 0) return false;
            const bool below = inner && siblings(lyd_child(node), schema, grant, readable, asks);
            if (!below && says) judge(node, schema, grant, Asks::presence);
            return below || says;
        }
        if (says) judge(node, schema, grant, asks);
        const bool below = inner && asks != Asks::removal && siblings(lyd_child(node), schema, grant, readable, asks);
        return below || says;
    }

    // A leaf that is to be there may be changed or made; which of them it would be is not to be told.
    void judge(const lyd_node *node, const lysc_node *schema, const Access::Grant *grant, Asks asks) {
        const auto operation = asks == Asks::removal ? access_delete : access_create;
        if (grant->may(operation)) return;
        if (asks == Asks::presence && schema->nodetype == LYS_LEAF && grant->may(access_update)) return;
        denials_.add(operation, path(lyd_parent(node)) + step(node, schema));
    }

    static std::string path(const lyd_node *node) {
        return node == nullptr ? "" : path(lyd_parent(node)) + step(node, node->schema);
    }
    static std::string step(const lyd_node *node, const lysc_node *schema) {
        const lyd_node *parent = lyd_parent(node);
        return step_of(schema, parent == nullptr ? nullptr : parent->schema, node->schema == nullptr ? nullptr : node);
    }

    const Access &access_;
    Denials denials_;
};

}  // namespace

Errors refused(const Access &access, const std::string &xml, DefaultOperation operation, size_t limit) {
    OwnedSiblings config;
    Errors errors;
    const bool parsed = parse_config(access.context(), xml, false, config, errors);
    clear_errors(access.context());
    if (!parsed) return {};
    Asking asking(access, limit);
    asking.siblings(config.get(), nullptr, access.top(), true, operation == DefaultOperation::none ? Asks::nothing : Asks::presence);
    return asking.end();
}

}  // namespace libyang_js
