// A journal as the edits of a YANG Patch (RFC 8072, section 2) with source values (RFC 9144), in XML. Defaults that nobody
// set are not there (RFC 6243, section 3.3).
#include "emit.h"
#include "escape.h"
#include "journal.h"

namespace libyang_js {

namespace {

constexpr const char *origin_namespace = "urn:ietf:params:xml:ns:yang:ietf-origin";

// As in the path of a RESTCONF request (RFC 8040, section 3.5.3).
void encode(std::string &out, const char *value) {
    static constexpr char digits[] = "0123456789ABCDEF";
    for (; *value != '\0'; value++) {
        const auto c = static_cast<unsigned char>(*value);
        if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' || c == '~') {
            out += *value;
        } else {
            out += '%';
            out += digits[c >> 4];
            out += digits[c & 15];
        }
    }
}

void append_step(std::string &out, const lysc_node *schema, const lysc_node *above, const lyd_node *node) {
    out += step_of(schema, above, nullptr);
    if (node != nullptr && schema->nodetype == LYS_LEAFLIST) {
        out += '=';
        encode(out, lyd_get_value(node));
    } else if (node != nullptr && schema->nodetype == LYS_LIST) {
        char before = '=';
        for (const lyd_node *key = lyd_child(node); key != nullptr && lysc_is_key(key->schema); key = key->next) {
            out += before;
            encode(out, lyd_get_value(key));
            before = ',';
        }
    }
}

void append_place(std::string &out, const Place *place) {
    if (place != nullptr) {
        append_place(out, place->parent.get());
        append_step(out, place->schema, place->parent == nullptr ? nullptr : place->parent->schema, place->entry.get());
    }
}

std::string target(const Place *parent, const lyd_node *node) {
    std::string out;
    append_place(out, parent);
    append_step(out, node->schema, parent == nullptr ? nullptr : parent->schema, node);
    return out;
}

class Patch {
  public:
    Patch(std::vector<std::string> &edits, size_t limit) : edits_(edits), limit_(limit) {}

    bool full() const { return edits_.size() > limit_; }

    void add(const Journal::Change &change) {
        const lyd_node *node = change.node.get();
        switch (change.op) {
        case Op::create:
            created(change, node);
            break;
        case Op::remove:
            removed(change, node);
            break;
        case Op::value:
            // To set what is so by default is to make it be there.
            if (by_default(change.old.get())) {
                created(change, node);
            } else if (by_default(node)) {
                removed(change, change.old.get());
            } else {
                begin("replace", target(change.parent.get(), node));
                put("value", node);
                put("source-value", change.old.get());
                end();
            }
            break;
        case Op::move:
            begin("move", target(change.parent.get(), node));
            where(change);
            end();
            break;
        }
    }

  private:
    void created(const Journal::Change &change, const lyd_node *node) {
        if (by_default(node)) {
            return;
        }
        const bool ordered = change.op == Op::create && ordered_by_user(node->schema) && (node->schema->flags & LYS_CONFIG_W) != 0;
        begin(ordered ? "insert" : "create", target(change.parent.get(), node));
        if (ordered) {
            where(change);
        }
        put("value", node);
        end();
    }

    void removed(const Journal::Change &change, const lyd_node *node) {
        if (by_default(node)) {
            return;
        }
        begin("delete", target(change.parent.get(), node));
        put("source-value", node);
        end();
    }

    void begin(const char *operation, const std::string &path) {
        edit_ = "<edit><edit-id>" + std::to_string(edits_.size() + 1) + "</edit-id><operation>" + operation + "</operation><target>";
        escape_text(edit_, path);
        edit_ += "</target>";
    }

    void end() { edits_.push_back(std::move(edit_)); edits_.back() += "</edit>"; }

    void where(const Journal::Change &change) {
        if (change.after == nullptr) {
            edit_ += "<where>first</where>";
            return;
        }
        edit_ += "<point>";
        escape_text(edit_, target(change.parent.get(), change.after.get()));
        edit_ += "</point><where>after</where>";
    }

    void put(const char *name, const lyd_node *node) {
        char *text = nullptr;
        if (lyd_print_mem(&text, node, LYD_XML, LYD_PRINT_SHRINK | LYD_PRINT_WD_EXPLICIT) != LY_SUCCESS) {
            throw std::bad_alloc();
        }
        edit_ += std::string("<") + name + ">";
        const std::string xml = text == nullptr ? "" : text;
        free(text);
        const auto at = xml.find_first_of(" />", 1);
        const auto origin = inherited_origin(node);
        edit_ += origin.empty() || at == std::string::npos ? xml : xml.substr(0, at) + origin + xml.substr(at);
        edit_ += std::string("</") + name + ">";
    }

    // An attribute that the node has by what is above it.
    static std::string inherited_origin(const lyd_node *node) {
        for (const lyd_node *at = node; at != nullptr; at = lyd_parent(at)) {
            for (const lyd_meta *meta = at->meta; meta != nullptr; meta = meta->next) {
                if (std::string_view(meta->annotation->module->ns) == origin_namespace) {
                    if (at == node) {
                        return {};
                    }
                    std::string_view name = lyd_get_meta_value(meta);
                    name.remove_prefix(name.find(':') == std::string_view::npos ? 0 : name.find(':') + 1);
                    return std::string(" xmlns:or=\"") + origin_namespace + "\" or:origin=\"or:" + std::string(name) + '"';
                }
            }
        }
        return {};
    }

    std::vector<std::string> &edits_;
    size_t limit_;
    std::string edit_;
};

}  // namespace

std::vector<std::string> Journal::patch(size_t limit) const {
    std::vector<std::string> edits;
    Patch patch(edits, limit);
    for (const auto &change : data_->changes) {
        if (patch.full()) {
            break;
        }
        patch.add(change);
    }
    return edits;
}

}  // namespace libyang_js
