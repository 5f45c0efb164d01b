// XML of a data tree (RFC 7950, sections 7.5.7 to 7.10.2). An element declares its namespace as the default one when
// it differs from its parent's; prefixes stand in values only and are declared on the element that holds the value.
#include "emit.h"
#include "escape.h"
#include "value_text.h"

namespace libyang_js {

namespace {

class XmlEmitter : public Emitter {
  public:
    XmlEmitter(const ly_ctx *context, PairView view, const EmitOptions &options)
        : Emitter(context, std::move(view), {}, options) {
        if (options.defaults == Defaults::tagged) {
            default_ = declare_tag(context, "wd", "urn:ietf:params:xml:ns:netconf:default:1.0");
        }
        if (options.origins != nullptr && options.origins->shown) {
            origin_ = declare_tag(context, "or", "urn:ietf:params:xml:ns:yang:ietf-origin");
        }
    }

  private:
    // The prefix, which no module of the values below has, is declared for all below a node of the top level.
    std::string declare_tag(const ly_ctx *context, std::string prefix, const char *ns) {
        uint32_t index = 0;
        while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
            if (module->prefix == prefix && std::string_view(module->ns) != ns) {
                prefix += '_';
                index = 0;
            }
        }
        declarations_ += " xmlns:" + prefix + "=\"" + ns + '"';
        return prefix;
    }

    void tag(std::string &out, const Frame &frame, const lyd_node *node, const Tags &tags) {
        const lysc_node *schema = node->schema;
        out += '<';
        out += schema->name;
        if (frame.schema() == nullptr || frame.schema()->module != schema->module) {
            out += " xmlns=\"";
            escape_attribute(out, schema->module->ns);
            out += '"';
        }
        if (!declarations_.empty() && frame.schema() == nullptr) {
            out += declarations_;
        }
        if (tags.by_default) {
            out += ' ' + default_ + ":default=\"true\"";
        }
        if (tags.origin) {
            out += ' ' + origin_ + ":origin=\"" + origin_ + ':' + name_of(*tags.origin) + '"';
        }
        if (node->meta != nullptr) {
            metadata(out, node);
        }
    }

    void metadata(std::string &out, const lyd_node *node) {
        ly_set modules{};
        for (const lyd_meta *meta = node->meta; meta != nullptr; meta = meta->next) {
            const lys_module *module = meta->annotation->module;
            if (!is_data(meta)) {
                continue;
            }
            ly_set_add(&modules, const_cast<lys_module *>(module), 0, nullptr);
            out += ' ';
            out += module->prefix;
            out += ':';
            out += meta->name;
            out += "=\"";
            const ValueText value(module->ctx, meta->value, LY_VALUE_XML, &modules);
            escape_attribute(out, value.view());
            out += '"';
        }
        declare(out, modules);
    }

    static void declare(std::string &out, ly_set &modules) {
        for (uint32_t i = 0; i < modules.count; i++) {
            const auto *module = static_cast<const lys_module *>(modules.objs[i]);
            out += " xmlns:";
            out += module->prefix;
            out += "=\"";
            escape_attribute(out, module->ns);
            out += '"';
        }
        ly_set_erase(&modules, nullptr);
    }

    void leaf(std::string &out, Frame &frame, const lyd_node *node, const Tags &tags) override {
        tag(out, frame, node, tags);
        const auto nodetype = node->schema->nodetype;
        if ((nodetype & LYD_NODE_TERM) != 0) {
            ly_set modules{};
            const ValueText value(LYD_CTX(node), reinterpret_cast<const lyd_node_term *>(node)->value, LY_VALUE_XML, &modules);
            if (modules.count != 0) {
                declare(out, modules);
            }
            if (!value.view().empty()) {
                out += '>';
                escape_text(out, value.view());
                end(out, node);
                return;
            }
        } else if ((nodetype & LYD_NODE_ANY) != 0) {
            any(out, node);
            return;
        }
        out += "/>";
    }

    void any(std::string &out, const lyd_node *node) {
        const auto *any = reinterpret_cast<const lyd_node_any *>(node);
        std::string content;
        switch (any->value_type) {
        case LYD_ANYDATA_DATATREE: {
            char *text = nullptr;
            if (lyd_print_mem(&text, any->value.tree, LYD_XML, LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK) == LY_SUCCESS &&
                text != nullptr) {
                content = text;
            }
            free(text);
            break;
        }
        case LYD_ANYDATA_XML:
            content = any->value.str == nullptr ? "" : any->value.str;
            break;
        case LYD_ANYDATA_STRING:
        case LYD_ANYDATA_JSON:
            escape_text(content, any->value.str == nullptr ? "" : any->value.str);
            break;
        default:
            break;
        }
        if (content.empty()) {
            out += "/>";
            return;
        }
        out += '>';
        out += content;
        end(out, node);
    }

    bool open(std::string &out, Frame &frame, const lyd_node *node, const Tags &tags) override {
        tag(out, frame, node, tags);
        out += '>';
        return false;
    }

    void close(std::string &out, Frame &frame) override {
        if (frame.node) {
            end(out, frame.node.node());
        }
    }

    static void end(std::string &out, const lyd_node *node) {
        out += "</";
        out += node->schema->name;
        out += '>';
    }

    std::string default_, origin_;  // prefixes of the tags
    std::string declarations_;
};

}  // namespace

std::unique_ptr<Emitter> emit_xml(const ly_ctx *context, PairView view, const EmitOptions &options) {
    return std::make_unique<XmlEmitter>(context, std::move(view), options);
}

}  // namespace libyang_js
