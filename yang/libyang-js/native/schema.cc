#include "schema.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "addon.h"
#include "ly_error.h"
#include "variables.h"

namespace libyang_js {

namespace {

// Modules that are only imported are imported by this one, which nobody sees: libyang implements what it loads.
constexpr const char *importer = "libyang-js-imports";
// The attribute `default` of RFC 6243, section 6, which is of no YANG module, as an annotation.
constexpr const char *tagger = "libyang-js-defaults";
constexpr const char *tagger_text =
    "module libyang-js-defaults { yang-version 1.1; namespace \"urn:ietf:params:xml:ns:netconf:default:1.0\"; prefix wd; "
    "import ietf-yang-metadata { prefix md; } md:annotation default { type enumeration { enum true; enum 1; enum false; "
    "enum 0; } } }";

std::string read(const std::string &path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return file ? text.str() : std::string();
}

std::string quoted_list(const std::vector<std::string> &folders) {
    std::string list;
    for (const auto &folder : folders) {
        list += (list.empty() ? "" : ", ") + folder;
    }
    return list.empty() ? "no folder" : list;
}

Failure failure(const std::string &tag, const std::string &message) {
    Error error;
    error.tag = tag;
    error.message = message;
    return Failure{{error}};
}

std::string text(const char *string) {
    return string == nullptr ? std::string() : std::string(string);
}

// The module of the last node of a deviation's target; null when its prefix is not known.
const lys_module *deviated_module(const lys_module *by, const char *target) {
    const std::string_view path = target;
    const auto last = path.substr(path.rfind('/') + 1);
    const auto colon = last.find(':');
    const auto prefix = colon == std::string_view::npos ? std::string_view() : last.substr(0, colon);
    if (prefix.empty() || prefix == by->prefix) {
        return by;
    }
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(by->parsed->imports, i) {
        if (prefix == by->parsed->imports[i].prefix) {
            return by->parsed->imports[i].module;
        }
    }
    return nullptr;
}

// By deviated module, the names of those that deviate nodes of it (RFC 8525: leaf-list deviation). libyang's own list is
// kept at the module of each target's first node.
std::map<const lys_module *, std::set<std::string>> deviating_modules(const ly_ctx *context) {
    std::map<const lys_module *, std::set<std::string>> deviating;
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(context, &index)) {
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(module->parsed->deviations, i) {
            const auto *target = module->implemented ? deviated_module(module, module->parsed->deviations[i].nodeid) : nullptr;
            if (target != nullptr) {
                deviating[target].insert(module->name);
            }
        }
    }
    return deviating;
}

}  // namespace

Schema::Schema(std::vector<std::string> folders, const std::vector<ModuleRequest> &modules) : folders_(std::move(folders)) {
    const auto options = LY_CTX_NO_YANGLIBRARY | LY_CTX_DISABLE_SEARCHDIR_CWD | LY_CTX_EXPLICIT_COMPILE;
    if (ly_ctx_new(nullptr, options, &context_) != LY_SUCCESS) {
        throw failure("operation-failed", "libyang makes no context");
    }
    try {
        for (const auto &folder : folders_) {
            const auto status = ly_ctx_set_searchdir(context_, folder.c_str());
            if (status != LY_SUCCESS && status != LY_EEXIST) {
                throw failure("invalid-value", "cannot search " + folder + " for YANG modules: not a readable folder");
            }
        }
        clear_errors(context_);
        for (const auto &module : modules) {
            if (!module.import_only) {
                load(module);
            }
        }
        load_imports(modules);
        const bool tags = ly_ctx_get_module_implemented(context_, "ietf-netconf-with-defaults") != nullptr;
        if (tags && lys_parse_mem(context_, tagger_text, LYS_IN_YANG, nullptr) != LY_SUCCESS) {
            throw Failure{take_errors(context_, "the attribute of RFC 6243 cannot be defined")};
        }
        if (ly_ctx_compile(context_) != LY_SUCCESS) {
            auto errors = take_errors(context_, "the modules do not compile together");
            for (auto &error : errors) {
                error.tag = "operation-failed";
                error.type = "application";
                error.message = "YANG modules do not compile: " + error.message;
            }
            throw Failure{std::move(errors)};
        }
        refuse_variables(context_);
        describe();
        clear_errors(context_);
        rules_ = std::make_unique<Rules>(context_);
    } catch (...) {
        ly_ctx_destroy(context_);
        throw;
    }
}

Schema::~Schema() {
    ly_ctx_destroy(context_);
}

void Schema::load(const ModuleRequest &request) {
    std::vector<const char *> features;
    for (const auto &feature : request.features) {
        features.push_back(feature.c_str());
    }
    features.push_back(nullptr);
    const char *revision = request.revision.empty() ? nullptr : request.revision.c_str();
    if (ly_ctx_load_module(context_, request.name.c_str(), revision, features.data()) == nullptr) {
        fail(request);
    }
    const auto *module = ly_ctx_get_module_implemented(context_, request.name.c_str());
    for (const auto &feature : request.features) {
        if (feature != "*" && lys_feature_value(module, feature.c_str()) != LY_SUCCESS) {
            throw failure("invalid-value", "module " + request.name + " has no feature " + feature);
        }
    }
    clear_errors(context_);
}

void Schema::load_imports(const std::vector<ModuleRequest> &modules) {
    std::string text;
    size_t count = 0;
    for (const auto &module : modules) {
        if (module.import_only) {
            text += "import " + module.name + " { prefix i" + std::to_string(count++) + "; " +
                    (module.revision.empty() ? "" : "revision-date " + module.revision + "; ") + "}";
        }
    }
    if (count == 0) {
        return;
    }
    text = std::string("module ") + importer + " { yang-version 1.1; namespace \"urn:libyang-js:imports\"; prefix self; " +
           text + "}";
    if (lys_parse_mem(context_, text.c_str(), LYS_IN_YANG, nullptr) != LY_SUCCESS) {
        for (const auto &module : modules) {
            const char *revision = module.revision.empty() ? nullptr : module.revision.c_str();
            const bool loaded = revision != nullptr ? ly_ctx_get_module(context_, module.name.c_str(), revision) != nullptr
                                                    : ly_ctx_get_module_latest(context_, module.name.c_str()) != nullptr;
            if (module.import_only && !loaded) {
                fail(module);
            }
        }
        throw Failure{take_errors(context_, "modules cannot be imported")};
    }
}

void Schema::fail(const ModuleRequest &request) const {
    const auto path = file(request.name, request.revision);
    const auto errors = take_errors(context_, "");
    const auto name = request.name + (request.revision.empty() ? "" : "@" + request.revision);
    std::string message;
    if (path.empty()) {
        message = "no YANG module " + name + " in " + quoted_list(folders_);
    } else {
        message = "YANG module " + name + " (" + path + ") cannot be loaded";
        for (const auto &error : errors) {
            if (!error.message.empty()) {
                message += ": " + error.message;
            }
        }
    }
    throw failure(path.empty() ? "data-missing" : "operation-failed", message);
}

void Schema::describe() {
    const auto deviating = deviating_modules(context_);
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(context_, &index)) {
        const std::string_view name(module->name);
        if (name == importer || name == tagger) {
            continue;
        }
        ModuleInfo info;
        info.name = module->name;
        info.revision = text(module->revision);
        info.ns = module->ns;
        info.prefix = module->prefix;
        info.implemented = module->implemented != 0;
        uint32_t at = 0;
        for (const lysp_feature *feature = nullptr; (feature = lysp_feature_next(feature, module->parsed, &at)) != nullptr;) {
            if ((feature->flags & LYS_FENABLED) != 0) {
                info.features.emplace_back(feature->name);
            }
        }
        if (const auto found = deviating.find(module); found != deviating.end()) {
            info.deviations.assign(found->second.begin(), found->second.end());
        }
        LY_ARRAY_COUNT_TYPE i;
        LY_ARRAY_FOR(module->parsed->includes, i) {
            const auto *submodule = module->parsed->includes[i].submodule;
            if (submodule != nullptr) {
                info.submodules.emplace_back(submodule->name, submodule->revs == nullptr ? "" : submodule->revs[0].date);
            }
        }
        modules_.push_back(std::move(info));
    }
}

std::string Schema::file(const std::string &name, const std::string &revision) const {
    namespace fs = std::filesystem;
    std::string latest, found;
    for (const auto &folder : folders_) {
        std::error_code ignored;
        if (!revision.empty()) {
            const auto exact = folder + "/" + name + "@" + revision + ".yang";
            if (fs::is_regular_file(exact, ignored)) {
                return exact;
            }
        }
        for (fs::recursive_directory_iterator at(folder, ignored), end; !ignored && at != end; at.increment(ignored)) {
            const auto stem = at->path().filename().string();
            if (!stem.starts_with(name) || !stem.ends_with(".yang")) {
                continue;
            }
            const auto rest = stem.substr(name.size(), stem.size() - name.size() - 5);
            if (rest.empty() && (found.empty() || latest.empty())) {
                found = at->path().string();
            } else if (rest.starts_with('@') && revision.empty() && rest > latest) {
                latest = rest;
                found = at->path().string();
            }
        }
        if (!found.empty()) {
            return found;
        }
    }
    return found;
}

std::string Schema::source(const std::string &name, const std::string &revision) const {
    const char *wanted = revision.empty() ? nullptr : revision.c_str();
    const auto *module = wanted != nullptr ? ly_ctx_get_module(context_, name.c_str(), wanted) : nullptr;
    if (wanted == nullptr) {
        module = ly_ctx_get_module_implemented(context_, name.c_str());
        module = module != nullptr ? module : ly_ctx_get_module_latest(context_, name.c_str());
    }
    const auto *submodule = module != nullptr   ? nullptr
                            : wanted != nullptr ? ly_ctx_get_submodule(context_, name.c_str(), wanted)
                                                : ly_ctx_get_submodule_latest(context_, name.c_str());
    const char *path = module != nullptr ? module->filepath : submodule != nullptr ? submodule->filepath : nullptr;
    if (path != nullptr && std::string_view(path).ends_with(".yang")) {
        if (auto text = read(path); !text.empty()) {
            return text;
        }
    }
    if (module != nullptr || submodule != nullptr) {
        char *text = nullptr;
        ly_out *out = nullptr;
        if (ly_out_new_memory(&text, 0, &out) == LY_SUCCESS) {
            const auto status = module != nullptr ? lys_print_module(out, module, LYS_OUT_YANG, 0, 0)
                                                  : lys_print_submodule(out, submodule, LYS_OUT_YANG, 0, 0);
            ly_out_free(out, nullptr, 0);
            std::string printed = status == LY_SUCCESS && text != nullptr ? text : "";
            free(text);
            if (!printed.empty()) {
                return printed;
            }
        }
        clear_errors(context_);
    }
    throw failure("invalid-value", "no YANG source of " + name + (revision.empty() ? "" : "@" + revision) +
                                       " in this schema context");
}

}  // namespace libyang_js
