#include "addon.h"
#include "node_text.h"
#include "xml_scan.h"

namespace libyang_js {

namespace {

using std::string_view;
using Event = XmlScanner::Event;

class XmlBuilder {
  public:
    XmlBuilder(NodeBuilder &builder, const std::string &text) : builder_(builder), text_(text), scanner_(text) {}

    void read() {
        while (scanner_.next() != Event::start) {
        }
        if (!scanner_.attributes().empty()) {
            throw Unusual();
        }
        for (;;) {
            switch (scanner_.next()) {
            case Event::start:
                element();
                break;
            case Event::text:
                if (scanner_.significant()) {
                    throw Unusual();
                }
                break;
            case Event::end:
                if (builder_.inside()) {
                    builder_.close();
                }
                break;
            case Event::done:
                return;
            }
        }
    }

  private:
    void element() {
        if (!scanner_.attributes().empty()) {
            throw Unusual();
        }
        auto &member = builder_.member(string_view(scanner_.element_ns()), scanner_.name());
        if ((member.schema->nodetype & LYD_NODE_TERM) == 0) {
            builder_.open(member);
            return;
        }
        string_view value;
        auto event = scanner_.next();
        if (event == Event::text) {
            value = string_view(text_).substr(scanner_.begin(), scanner_.end() - scanner_.begin());
            event = scanner_.next();
        }
        // References, CDATA sections, comments and line ends that are to be changed.
        if (event != Event::end || value.find_first_of("&<\r") != string_view::npos) {
            throw Unusual();
        }
        if (member.identity) {
            builder_.term(member, identity(member, value), LYD_HINT_DATA, false);
        } else if (member.prefixed) {
            throw Unusual();
        } else {
            builder_.term(member, value, LYD_HINT_DATA, true);
        }
    }

    // As JSON names it, by its module.
    string_view identity(const NodeBuilder::Member &member, string_view value) {
        const auto colon = value.find(':');
        const auto *ns = scanner_.ns(colon == string_view::npos ? string_view() : value.substr(0, colon));
        const auto *module = ns == nullptr ? nullptr : ly_ctx_get_module_implemented_ns(builder_.context(), ns->c_str());
        if (module == nullptr || (colon == string_view::npos && module != member.schema->module)) {
            throw Unusual();
        }
        buffer_ = module->name;
        buffer_.append(":").append(value.substr(colon == string_view::npos ? 0 : colon + 1));
        return buffer_;
    }

    NodeBuilder &builder_;
    const std::string &text_;
    XmlScanner scanner_;
    std::string buffer_;
};

}  // namespace

void build_xml(NodeBuilder &builder, const std::string &xml) {
    try {
        XmlBuilder(builder, xml).read();
    } catch (const Failure &) {
        throw Unusual();
    }
}

}  // namespace libyang_js
