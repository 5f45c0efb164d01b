// What reads text before libyang does: the door of XML documents, the scanner of messages, that of JSON, and tokens of XPath.
//
//   u8 which, text
#include <string>

#include "../../../yang/libyang-js/native/json_scan.h"
#include "../../../yang/libyang-js/native/xml_input.h"
#include "../../../yang/libyang-js/native/xml_scan.h"
#include "../../../yang/libyang-js/native/xpath_lexer.h"
#include "../target.h"

namespace {

using namespace libyang_js;

bool within(std::string_view part, std::string_view whole) {
    return part.empty() || (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void scan(std::string_view text, XmlScanner::Roots roots, unsigned skip) {
    XmlScanner scanner(text, roots);
    size_t before = 0, depth = 0;
    for (unsigned n = 0;; n++) {
        const auto event = scanner.next();
        CHECK(scanner.end() <= text.size());
        if (event == XmlScanner::Event::done) break;
        CHECK(scanner.begin() >= before || scanner.empty());
        before = scanner.begin();
        CHECK(within(scanner.name(), text) && within(scanner.prefix(), text));
        if (event == XmlScanner::Event::start) {
            depth++;
            for (const auto &attribute : scanner.attributes()) CHECK(within(attribute.raw, text));
            (void)scanner.ns(scanner.prefix());
            (void)scanner.in_scope();
            if (skip && n % 8 == skip % 8) CHECK(scanner.skip() <= text.size());
        }
        if (event == XmlScanner::Event::end) CHECK(depth-- > 0);
    }
    CHECK_EQUAL(depth, size_t{0});
    for (const size_t offset : scanner.breaks()) CHECK(offset < text.size());
}

void read(unsigned which, std::string text) {
    if (which % 4 == 3) return check_json(text);
    if (which % 4 == 2) {
        std::vector<xpath::Lexeme> lexemes;
        Errors errors;
        if (xpath::tokenize(text, lexemes, errors)) {
            CHECK(!lexemes.empty() && lexemes.back().token == xpath::Token::end);
            for (const xpath::Lexeme &one : lexemes) CHECK(within(one.text, text) && one.offset <= text.size());
        } else {
            CHECK(!errors.empty());
        }
        return;
    }
    const Bytes document = xml_input({text.data(), text.size(), nullptr});
    CHECK(document.size <= text.size());
    CHECK(document.view().find('\r') == std::string_view::npos);
    scan(document.view(), which & 1 ? XmlScanner::Roots::many : XmlScanner::Roots::one, which / 4);
}

}  // namespace

FUZZ_TARGET(in) {
    const unsigned which = in.u8();
    try {
        read(which, std::string(in.text()));
    } catch (const Failure &failure) {
        CHECK(!failure.errors.empty() && !failure.errors[0].message.empty());
    }
}
