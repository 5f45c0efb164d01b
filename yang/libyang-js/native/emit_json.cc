// JSON of a data tree (RFC 7951; annotations as in RFC 7952, section 5.2): one object with the top-level nodes.
#include "emit.h"
#include "escape.h"
#include "value_text.h"

namespace libyang_js {

namespace {

bool is_array(const lysc_node *schema) {
    return (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0;
}

const lyd_value &real(const lyd_value &value) {
    return value.realtype->basetype == LY_TYPE_UNION ? real(value.subvalue->value) : value;
}

void print_value(std::string &out, const ly_ctx *context, const lyd_value &value) {
    const ValueText text(context, value, LY_VALUE_JSON);
    switch (real(value).realtype->basetype) {
    case LY_TYPE_UINT8:
    case LY_TYPE_UINT16:
    case LY_TYPE_UINT32:
    case LY_TYPE_INT8:
    case LY_TYPE_INT16:
    case LY_TYPE_INT32:
    case LY_TYPE_BOOL:
        out += text.view();
        break;
    case LY_TYPE_EMPTY:
        out += "[null]";
        break;
    default:
        escape_json(out, text.view());
    }
}

void term(std::string &out, const lyd_node *node) {
    print_value(out, LYD_CTX(node), reinterpret_cast<const lyd_node_term *>(node)->value);
}

bool annotated(const lyd_node *node) {
    for (const auto *meta = node->meta; meta != nullptr; meta = meta->next) {
        if (is_data(meta)) {
            return true;
        }
    }
    return false;
}

// The object of a node's annotations and tags, of which there is one.
void annotations(std::string &out, const lyd_node *node, const Tags &tags) {
    char before = '{';
    if (tags.by_default) {
        out += "{\"ietf-netconf-with-defaults:default\":true";
        before = ',';
    }
    if (tags.origin) {
        out += before;
        out += std::string("\"ietf-origin:origin\":\"ietf-origin:") + name_of(*tags.origin) + '"';
        before = ',';
    }
    for (const auto *meta = node->meta; meta != nullptr; meta = meta->next) {
        if (is_data(meta)) {
            const auto *module = meta->annotation->module;
            out += before;
            out += std::string("\"") + module->name + ":" + meta->name + "\":";
            print_value(out, module->ctx, meta->value);
            before = ',';
        }
    }
    out += '}';
}

void any(std::string &out, const lyd_node *node) {
    const auto *any = reinterpret_cast<const lyd_node_any *>(node);
    if (any->value_type == LYD_ANYDATA_DATATREE) {
        char *text = nullptr;
        if (lyd_print_mem(&text, any->value.tree, LYD_JSON, LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK) == LY_SUCCESS &&
            text != nullptr && *text != '\0') {
            out += text;
        } else {
            out += "{}";
        }
        free(text);
    } else if (any->value_type == LYD_ANYDATA_JSON && any->value.json != nullptr && *any->value.json != '\0') {
        out += any->value.json;
    } else if (any->value_type == LYD_ANYDATA_STRING || any->value_type == LYD_ANYDATA_XML) {
        escape_json(out, any->value.str == nullptr ? "" : any->value.str);
    } else {
        out += "{}";
    }
}

class JsonEmitter : public Emitter {
  public:
    JsonEmitter(const ly_ctx *context, PairView view, Pair parent, const EmitOptions &options)
        : Emitter(context, std::move(view), parent, options) {}

  private:
    void start(std::string &out, Frame &) override { out += '{'; }

    void name(std::string &out, Frame &frame, const lyd_node *node) {
        const lysc_node *schema = node->schema;
        if (frame.array == schema) {
            out += ',';
            return;
        }
        end_array(out, frame);
        if (!frame.empty) {
            out += ',';
        }
        frame.empty = false;
        member(out, frame, schema, "");
        if (is_array(schema)) {
            out += '[';
            frame.array = schema;
        }
    }

    static void member(std::string &out, const Frame &frame, const lysc_node *schema, const char *sign) {
        out += '"';
        out += sign;
        if (frame.schema() == nullptr || frame.schema()->module != schema->module) {
            out += schema->module->name;
            out += ':';
        }
        out += schema->name;
        out += "\":";
    }

    static void end_array(std::string &out, Frame &frame) {
        if (frame.array == nullptr) {
            return;
        }
        out += ']';
        if (frame.annotated) {
            out += ',';
            member(out, frame, frame.array, "@");
            out += '[';
            out += frame.annotations;
            out += ']';
        }
        frame.array = nullptr;
        frame.annotations.clear();
        frame.annotated = false;
    }

    void leaf(std::string &out, Frame &frame, const lyd_node *node, const Tags &tags) override {
        name(out, frame, node);
        const auto nodetype = node->schema->nodetype;
        if ((nodetype & (LYD_NODE_TERM | LYD_NODE_ANY)) == 0) {
            out += '{';
            inside(out, node, tags);
            out += '}';
            return;
        }
        if ((nodetype & LYD_NODE_TERM) != 0) {
            term(out, node);
        } else {
            any(out, node);
        }
        if (nodetype == LYS_LEAFLIST) {
            note(frame, node, tags);
        } else if (tags.any() || annotated(node)) {
            out += ',';
            member(out, frame, node->schema, "@");
            annotations(out, node, tags);
        }
    }

    static bool inside(std::string &out, const lyd_node *node, const Tags &tags) {
        if (!tags.any() && !annotated(node)) {
            return false;
        }
        out += "\"@\":";
        annotations(out, node, tags);
        return true;
    }

    static void note(Frame &frame, const lyd_node *node, const Tags &tags) {
        if (!frame.annotations.empty()) {
            frame.annotations += ',';
        }
        if (tags.any() || annotated(node)) {
            frame.annotated = true;
            annotations(frame.annotations, node, tags);
        } else {
            frame.annotations += "null";
        }
    }

    bool open(std::string &out, Frame &frame, const lyd_node *node, const Tags &tags) override {
        name(out, frame, node);
        out += '{';
        return inside(out, node, tags);
    }

    void close(std::string &out, Frame &frame) override {
        end_array(out, frame);
        out += '}';
    }
};

}  // namespace

std::unique_ptr<Emitter> emit_json(const ly_ctx *context, PairView view, const EmitOptions &options) {
    return std::make_unique<JsonEmitter>(context, std::move(view), Pair{}, options);
}

std::string json_of(const lyd_node *node) {
    std::string out;
    const auto nodetype = node->schema->nodetype;
    if ((nodetype & LYD_NODE_TERM) != 0) {
        term(out, node);
    } else if ((nodetype & LYD_NODE_ANY) != 0) {
        any(out, node);
    } else {
        JsonEmitter inside(LYD_CTX(node), PairView(nullptr, nullptr), Pair{node, nullptr}, {});
        inside.fill(out, SIZE_MAX, std::chrono::steady_clock::time_point::max());
    }
    return out;
}

}  // namespace libyang_js
