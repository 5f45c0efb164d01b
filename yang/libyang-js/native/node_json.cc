#include "node_text.h"
#include "xml_text.h"

namespace libyang_js {

namespace {

using std::string_view;

class JsonBuilder {
  public:
    JsonBuilder(NodeBuilder &builder, string_view text) : builder_(builder), text_(text) {}

    void read() {
        object();
        if (at_ != text_.size()) {
            throw Unusual();
        }
    }

  private:
    char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }

    bool skip(char c) {
        const bool there = peek() == c;
        at_ += there ? 1 : 0;
        return there;
    }

    void expect(char c) {
        if (!skip(c)) {
            throw Unusual();
        }
    }

    void object() {
        expect('{');
        if (skip('}')) {
            return;
        }
        do {
            const auto name = string();
            const auto colon = name.find(':');
            expect(':');
            value(builder_.member(module(colon == string_view::npos ? string_view() : name.substr(0, colon)),
                                  name.substr(colon == string_view::npos ? 0 : colon + 1)));
        } while (skip(','));
        expect('}');
    }

    const lys_module *module(string_view name) {
        const auto *parent = builder_.standing();
        if (name.empty()) {
            return parent == nullptr ? nullptr : parent->module;
        }
        if (module_ == nullptr || module_->name != name) {
            module_ = ly_ctx_get_module_implemented(builder_.context(), std::string(name).c_str());
        }
        return module_;
    }

    void value(NodeBuilder::Member &member) {
        if ((member.schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) == 0) {
            single(member);
            return;
        }
        expect('[');
        do {
            single(member);
        } while (skip(','));
        expect(']');
    }

    void single(NodeBuilder::Member &member) {
        if ((member.schema->nodetype & LYD_NODE_TERM) == 0) {
            builder_.open(member);
            object();
            builder_.close();
        } else if (peek() == '"') {
            const auto text = string();
            builder_.term(member, text, LYD_VALHINT_STRING | LYD_VALHINT_NUM64, !unescaped_);
        } else if (skip('[')) {
            word("null]");
            builder_.term(member, "", LYD_VALHINT_EMPTY, true);
        } else {
            const size_t from = at_;
            while (at_ < text_.size() && text_[at_] != ',' && text_[at_] != '}' && text_[at_] != ']') {
                at_++;
            }
            const auto text = text_.substr(from, at_ - from);
            const bool truth = text == "true" || text == "false";
            if (!truth && text.find_first_not_of("-0123456789") != string_view::npos) {
                throw Unusual();
            }
            builder_.term(member, text, truth ? LYD_VALHINT_BOOLEAN : LYD_VALHINT_DECNUM, true);
        }
    }

    void word(string_view text) {
        if (!text_.substr(at_).starts_with(text)) {
            throw Unusual();
        }
        at_ += text.size();
    }

    // Valid until the next one.
    string_view string() {
        expect('"');
        const size_t from = at_;
        bool ascii = true;
        for (;; at_++) {
            const char c = peek();
            if (c == '"') {
                break;
            }
            if (c == '\\') {
                return escaped(from);
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                throw Unusual();
            }
            ascii = ascii && static_cast<unsigned char>(c) < 0x80;
        }
        const auto text = text_.substr(from, at_ - from);
        if (!ascii && invalid_utf8(text) != string_view::npos) {
            throw Unusual();
        }
        at_++;
        unescaped_ = false;
        return text;
    }

    string_view escaped(size_t from) {
        unescaped_ = true;
        buffer_.assign(text_.substr(from, at_ - from));
        for (;;) {
            const char c = peek();
            at_++;
            if (c == '"') {
                break;
            }
            if (static_cast<unsigned char>(c) < 0x20) {
                throw Unusual();
            }
            if (c != '\\') {
                buffer_ += c;
                continue;
            }
            const char what = peek();
            at_++;
            if (what == '"' || what == '\\') {
                buffer_ += what;
            } else {
                at_--;
                word("u00");
                const auto code = hex() * 16 + hex();
                if (code == 0 || code >= 0x20) {
                    throw Unusual();
                }
                buffer_ += static_cast<char>(code);
            }
        }
        if (invalid_utf8(buffer_) != string_view::npos) {
            throw Unusual();
        }
        return buffer_;
    }

    unsigned hex() {
        const char c = peek();
        at_++;
        if (c >= '0' && c <= '9') {
            return static_cast<unsigned>(c - '0');
        }
        if (c >= 'a' && c <= 'f') {
            return static_cast<unsigned>(c - 'a') + 10;
        }
        throw Unusual();
    }

    NodeBuilder &builder_;
    string_view text_;
    size_t at_ = 0;
    bool unescaped_ = false;  // the last string was put together in the buffer
    std::string buffer_;
    const lys_module *module_ = nullptr;  // that was named last
};

}  // namespace

void build_json(NodeBuilder &builder, string_view json) {
    JsonBuilder(builder, json).read();
}

}  // namespace libyang_js
