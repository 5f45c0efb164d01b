// libyang's own way with a configuration, as a floor for the benchmark of the datastore: parse, validate, print.
//
//   libyang-floor --dir DIR … --module NAME@REVISION:FEATURE,FEATURE … FILE.xml
//
// FILE.xml holds the content of a <config>. Prints one JSON object: {"parse": ms, "validate": ms, "print": ms, "memory": MB};
// memory is what the process grew by until the tree was parsed, validated and printed, the text of both left out.
#include <libyang/libyang.h>
#include <malloc.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace {

[[noreturn]] void fail(const std::string &what, const ly_ctx *context) {
    const char *why = context == nullptr ? nullptr : ly_errmsg(context);
    std::fprintf(stderr, "libyang-floor: %s%s%s\n", what.c_str(), why == nullptr ? "" : ": ", why == nullptr ? "" : why);
    std::exit(1);
}

double resident() {
    malloc_trim(0);
    std::ifstream file("/proc/self/statm");
    double size = 0, pages = 0;
    file >> size >> pages;
    return pages * static_cast<double>(sysconf(_SC_PAGESIZE)) / (1 << 20);
}

void load(ly_ctx *context, const std::string &module) {
    const auto at = module.find('@');
    const auto colon = module.find(':', at);
    if (at == std::string::npos || colon == std::string::npos) {
        fail("not NAME@REVISION:FEATURES: " + module, nullptr);
    }
    const std::string name = module.substr(0, at), revision = module.substr(at + 1, colon - at - 1);
    std::vector<std::string> names;
    for (size_t from = colon + 1; from < module.size();) {
        const auto end = std::min(module.find(',', from), module.size());
        names.push_back(module.substr(from, end - from));
        from = end + 1;
    }
    std::vector<const char *> features;
    for (const auto &feature : names) {
        features.push_back(feature.c_str());
    }
    features.push_back(nullptr);
    if (ly_ctx_load_module(context, name.c_str(), revision.empty() ? nullptr : revision.c_str(), features.data()) == nullptr) {
        fail("module " + name, context);
    }
}

template <class Work>
double milliseconds(Work work) {
    const auto start = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

}  // namespace

int main(int count, char **words) {
    ly_ctx *context = nullptr;
    if (ly_ctx_new(nullptr, LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIR_CWD, &context) != LY_SUCCESS) {
        fail("no context", nullptr);
    }
    std::string path;
    for (int i = 1; i < count; i++) {
        const std::string word = words[i];
        if (word == "--dir" && i + 1 < count) {
            ly_ctx_set_searchdir(context, words[++i]);
        } else if (word == "--module" && i + 1 < count) {
            load(context, words[++i]);
        } else {
            path = word;
        }
    }
    std::ifstream file(path, std::ios::binary);
    if (!file) {
        fail("cannot read " + path, nullptr);
    }
    std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
    const double before = resident();
    lyd_node *tree = nullptr;
    const double parse = milliseconds([&] {
        if (lyd_parse_data_mem(context, text.c_str(), LYD_XML, LYD_PARSE_ONLY | LYD_PARSE_STRICT, 0, &tree) != LY_SUCCESS) {
            fail("parse", context);
        }
    });
    const double validate = milliseconds([&] {
        if (lyd_validate_all(&tree, context, LYD_VALIDATE_NO_STATE, nullptr) != LY_SUCCESS) {
            fail("validate", context);
        }
    });
    char *printed = nullptr;
    const double print = milliseconds([&] {
        if (lyd_print_mem(&printed, tree, LYD_XML, LYD_PRINT_WITHSIBLINGS | LYD_PRINT_SHRINK) != LY_SUCCESS) {
            fail("print", context);
        }
    });
    std::free(printed);
    const double memory = resident() - before;
    std::printf("{\"parse\": %.3f, \"validate\": %.3f, \"print\": %.3f, \"memory\": %.1f}\n", parse, validate, print, memory);
    std::fflush(stdout);
    std::_Exit(0);
}
