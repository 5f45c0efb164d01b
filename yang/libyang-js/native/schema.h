// A libyang context: made once from search folders and module names, then never changed.
#pragma once

#include <libyang/libyang.h>

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "data_tree.h"
#include "error.h"
#include "rules.h"

namespace libyang_js {

struct ModuleRequest {
    std::string name;
    std::string revision;
    std::vector<std::string> features;
    bool import_only = false;
};

struct ModuleInfo {
    std::string name, revision, ns, prefix;
    bool implemented = false;
    std::vector<std::string> features, deviations;
    std::vector<std::pair<std::string, std::string>> submodules;  // name, revision
};

class Schema {
  public:
    // Throws Failure, which names the module and the folders.
    Schema(std::vector<std::string> folders, const std::vector<ModuleRequest> &modules);
    ~Schema();
    Schema(const Schema &) = delete;
    Schema &operator=(const Schema &) = delete;

    ly_ctx *context() const { return context_; }
    const std::vector<ModuleInfo> &modules() const { return modules_; }
    const Rules &rules() const { return *rules_; }
    // Text of a module or submodule: its file, or, when built into libyang, what libyang prints. Throws Failure.
    std::string source(const std::string &name, const std::string &revision) const;

  private:
    void load(const ModuleRequest &request);
    void load_imports(const std::vector<ModuleRequest> &modules);
    void describe();
    std::string file(const std::string &name, const std::string &revision) const;
    [[noreturn]] void fail(const ModuleRequest &request) const;

    ly_ctx *context_ = nullptr;
    std::vector<std::string> folders_;
    std::vector<ModuleInfo> modules_;
    std::unique_ptr<Rules> rules_;
};

// One data tree of a client; owns its nodes. The schema outlives it.
struct TreeData : DataTree {
    std::shared_ptr<Schema> schema;
    explicit TreeData(std::shared_ptr<Schema> of, lyd_node *nodes = nullptr)
        : DataTree(of->context(), nodes), schema(std::move(of)) {}
    ~TreeData() { lyd_free_all(root); }
};

}  // namespace libyang_js
