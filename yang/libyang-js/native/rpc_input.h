// The input of an operation, read along its schema: copies it for libyang to parse, but leaves out the content of
// anydata and anyxml, which is kept as a cut. Finds all that is wrong and that libyang says late, not well, or only of the
// first: unknown namespaces, elements and attributes, elements twice, two cases of one choice, values.
#pragma once

#include "rpc.h"
#include "xml_scan.h"

namespace libyang_js {

class RpcInput {
  public:
    RpcInput(const ly_ctx *context, XmlScanner &scanner, const Bytes &message)
        : context_(context), scanner_(scanner), message_(message) {}

    // With the scanner behind the start tag of the operation, or of the first element of an action. Leaves it behind the
    // end tag. Throws Failure when the text is not well-formed; what else is wrong is in `errors`.
    void read(const lysc_node *schema);

    std::string xml;  // the element, with all declarations in scope
    std::vector<RpcCut> cuts;
    std::vector<RpcScope> scopes;
    std::optional<ScopedText> xpath;
    const lysc_node *operation = nullptr;
    Errors errors;

  private:
    using Info = std::vector<std::pair<std::string, std::string>>;
    class Siblings;
    static constexpr size_t most_errors = 1000;
    void element(const lysc_node *schema, const std::string &path, const std::string &inside);
    void children(const lysc_node *schema, const std::string &path, const std::string &inside);
    void cut(const lysc_node *schema, const std::string &path, const std::string &inside);
    void expression(const lysc_node *schema, const std::string &path);
    void value(const lysc_node *schema, const std::string &path, const std::string &text);
    void attribute(const XmlScanner::Attribute &attribute, const lysc_node *schema, const std::string &path);
    const lysc_node *child_of(const lysc_node *schema, const std::string &path);
    void report(const char *tag, std::string message, std::string path, Info info);
    void copy_to(size_t offset);

    const ly_ctx *context_;
    XmlScanner &scanner_;
    const Bytes &message_;
    size_t copied_ = 0;
    size_t untold_ = 0;  // errors beyond `most_errors`
};

// The last part of a node's data path: `/name`, with its module where that changes.
std::string data_step(const lysc_node *schema);

// Every mandatory leaf, choice and list entry of the input that is not there, as missing-element.
void check_mandatory(const lyd_node *node, Errors &errors);

[[noreturn]] void fail(const char *type, const char *tag, std::string message, std::string path = {},
                       std::vector<std::pair<std::string, std::string>> info = {});

}  // namespace libyang_js
