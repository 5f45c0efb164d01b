#include "access.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "addon.h"
#include "xpath_eval.h"
#include "xpath_value.h"

namespace libyang_js {

namespace {

constexpr uint8_t writes = access_create | access_update | access_delete;
constexpr AccessOperation all_operations[] = {access_create, access_read, access_update, access_delete, access_exec};

bool marked(const lysc_ext_instance *extensions, const char *name) {
    LY_ARRAY_COUNT_TYPE i;
    LY_ARRAY_FOR(extensions, i) {
        const auto *def = extensions[i].def;
        if (std::strcmp(def->name, name) == 0 && std::strcmp(def->module->name, "ietf-netconf-acm") == 0) return true;
    }
    return false;
}

// Number of a key; of a leaf-list's value 0. Of another leaf: none.
bool key_number(const lysc_node *schema, const std::string &name, size_t &number, const lysc_node *&leaf) {
    if (schema->nodetype == LYS_LEAFLIST) {
        leaf = schema;
        number = 0;
        return name == ".";
    }
    number = 0;
    for (leaf = schema->nodetype == LYS_LIST ? lysc_node_child(schema) : nullptr; leaf && (leaf->flags & LYS_KEY); leaf = leaf->next) {
        if (name == leaf->name) return true;
        number++;
    }
    return false;
}

size_t key_count(const lysc_node *schema) {
    if (schema->nodetype == LYS_LEAFLIST) return 1;
    size_t count = 0;
    for (const lysc_node *key = lysc_node_child(schema); key && (key->flags & LYS_KEY); key = key->next) count++;
    return count;
}

// All keys as one text.
void add_key(std::string &all, std::string_view value, size_t keys) {
    if (keys > 1) all.append(std::to_string(value.size())).append(":");
    all.append(value);
}

// Which of `marks` stands for a key: by its length and its ends, since it is asked for every entry that is read.
size_t mark_of(std::string_view key, size_t marks) {
    uint64_t head = 0, tail = 0;
    const size_t ends = std::min<size_t>(key.size(), sizeof head);
    std::memcpy(&head, key.data(), ends);
    std::memcpy(&tail, key.data() + key.size() - ends, ends);
    const uint64_t mixed = (head ^ (tail * 0x9e3779b97f4a7c15u) ^ key.size()) * 0xff51afd7ed558ccdu;
    return static_cast<size_t>(mixed >> 40) & (marks * 64 - 1);
}

}  // namespace

Access::Access(const ly_ctx *context, AccessRules rules) : context_(context), rules_(std::move(rules)) {
    Errors errors;
    compile(errors);
    if (!errors.empty()) throw Failure{std::move(errors)};
    std::vector<Pending> pending;
    for (uint32_t i = 0; i < compiled_.size(); i++) {
        if (!compiled_[i].steps.empty()) pending.push_back({i, 0});
    }
    top_ = make(nullptr, nullptr, {}, std::move(pending));
}

void Access::compile(Errors &errors) {
    const xpath::Quiet quiet;
    for (const auto &path : rules_.sensitive) {
        if (const auto *node = lys_find_path(context_, nullptr, path.c_str(), 0)) sensitive_.push_back(node);
    }
    for (const auto &rule : rules_.rules) {
        Compiled compiled{rule.kind, nullptr, rule.operations, rule.permit, {}, 0};
        // A rule about a module that is not there matches nothing.
        if (rule.module != "*" && !(compiled.module = ly_ctx_get_module_implemented(context_, rule.module.c_str()))) continue;
        std::vector<PathStep> steps;
        if (rule.kind == AccessRule::Kind::data && rule.path != "/") {
            const lysc_node *schema = nullptr;
            std::string wrong;
            if (!parse_instance_path(rule.path, steps)) wrong = "it must be an instance identifier, whose keys may be left out";
            for (size_t i = 0; i < steps.size() && wrong.empty(); i++) {
                schema = schema_below(context_, schema, steps[i]);
                if (!schema) {
                    wrong = "there is no data node " + steps[i].name + " at its step " + std::to_string(i + 1);
                    break;
                }
                Step step{schema, {{}, steps[i].position}};
                for (const auto &[name, value] : steps[i].values) {
                    size_t number = 0;
                    const lysc_node *leaf = nullptr;
                    if (!key_number(schema, name, number, leaf)) {
                        wrong = name + " is no key of " + schema->name;
                        break;
                    }
                    step.test.keys.emplace_back(number, xpath::canonical_text(leaf, {}, value));
                }
                compiled.steps.push_back(std::move(step));
            }
            if (!wrong.empty()) {
                Error error;
                error.tag = "invalid-value";
                error.message = "no rule can be about " + rule.path + ": " + wrong;
                error.path = std::to_string(&rule - rules_.rules.data());
                errors.push_back(std::move(error));
                continue;
            }
        }
        const uint32_t number = static_cast<uint32_t>(compiled_.size());
        const auto *before = compiled_.empty() ? nullptr : &compiled_.back();
        const bool alike = before && before->module == compiled.module && before->operations == compiled.operations &&
                           before->permit == compiled.permit;
        compiled.alike = alike ? before->alike : number;
        compiled_.push_back(std::move(compiled));
    }
    uint32_t index = 0;
    while (const lys_module *module = ly_ctx_get_module_iter(context_, &index)) {
        if (!module->implemented) continue;
        auto &list = generic_[module];
        for (uint32_t i = 0; i < compiled_.size(); i++) {
            const auto &rule = compiled_[i];
            const bool data = rule.kind == AccessRule::Kind::any || (rule.kind == AccessRule::Kind::data && rule.steps.empty());
            if (data && (!rule.module || rule.module == module)) list.push_back(i);
        }
    }
}

const Access::Generic &Access::generic(const lys_module *module) const {
    static const Generic none;
    const auto found = generic_.find(module);
    return found == generic_.end() ? none : found->second;
}

Access::Grant *Access::make(const Grant *parent, const lysc_node *schema, std::vector<uint32_t> covered,
                            std::vector<Pending> pending) const {
    auto &grant = grants_.emplace_back();
    grant.schema = schema;
    grant.covered = std::move(covered);
    grant.pending = std::move(pending);
    std::sort(grant.covered.begin(), grant.covered.end());
    grant.covered.erase(std::unique(grant.covered.begin(), grant.covered.end()), grant.covered.end());
    if (schema) {
        const bool sensitive = std::find(sensitive_.begin(), sensitive_.end(), schema) != sensitive_.end();
        grant.marked_all = parent->marked_all || sensitive || marked(schema->exts, "default-deny-all");
        grant.marked_write = parent->marked_write || marked(schema->exts, "default-deny-write");
        grant.operations = judge(grant);
    } else {
        grant.operations = 0xff;
    }
    fill(grant);
    return &grant;
}

// The grants below one, and what they mean for it.
void Access::fill(Grant &grant) const {
    const auto *schema = grant.schema;
    grant.all = grant.may(access_read);
    grant.writable = (grant.operations & writes) == writes;
    if (schema && !(schema->nodetype & (LYS_CONTAINER | LYS_LIST))) return;
    for (const lysc_node *node : schema ? xpath::data_children(schema) : xpath::top_level(context_)) {
        Child child;
        child.schema = node;
        child.keys = node->nodetype & (LYS_LIST | LYS_LEAFLIST) ? key_count(node) : 0;
        auto covered = grant.covered;
        std::vector<Pending> pending;
        for (const auto &[rule, step] : grant.pending) {
            const auto &steps = compiled_[rule].steps;
            if (steps[step].schema != node) continue;
            if (!steps[step].any()) {
                const auto &test = steps[step].test;
                // See above of positions.
                if (test.position && compiled_[rule].permit) continue;
                if (!test.position) {
                    std::vector<const std::string *> values(child.keys, nullptr);
                    for (const auto &[number, value] : test.keys) values[number] = &value;
                    if (std::find(values.begin(), values.end(), nullptr) == values.end()) {
                        std::string all;
                        for (const auto *value : values) add_key(all, *value, child.keys);
                        child.full[all].tests.push_back(child.tests.size());
                    } else {
                        child.partial.push_back(child.tests.size());
                    }
                    child.tests.push_back({rule, step});
                    continue;
                }
            }
            if (step + 1 == steps.size()) {
                covered.push_back(rule);
            } else {
                pending.push_back({rule, step + 1});
            }
        }
        if (child.keys == 1 && !child.full.empty()) {
            child.marks.resize(std::bit_ceil(child.full.size() / 4 + 1));
            for (const auto &[key, named] : child.full) {
                const size_t mark = mark_of(key, child.marks.size());
                child.marks[mark / 64] |= uint64_t{1} << (mark % 64);
            }
        }
        const auto *plain = make(&grant, node, std::move(covered), std::move(pending));
        child.plain = plain;
        const bool key = schema && schema->nodetype == LYS_LIST && (node->flags & LYS_KEY) && node->nodetype == LYS_LEAF;
        if (key && !plain->may(access_read)) grant.operations &= static_cast<uint8_t>(~access_read);
        const bool action = node->nodetype & (LYS_RPC | LYS_ACTION | LYS_NOTIF);
        grant.all = grant.all && (action || (plain->all && child.tests.empty()));
        grant.writable = grant.writable && (action || (plain->writable && child.tests.empty()));
        grant.children.emplace(node, std::move(child));
    }
    grant.all = grant.all && grant.may(access_read);
}

uint8_t Access::judge(const Grant &grant) const {
    const auto &everywhere = generic(grant.schema->module);
    uint8_t permitted = 0, open = access_create | access_read | access_update | access_delete | access_exec;
    const auto take = [&](uint32_t index) {
        const auto &rule = compiled_[index];
        if (rule.module && rule.module != grant.schema->module) return;
        if (rule.permit) permitted |= open & rule.operations;
        open &= static_cast<uint8_t>(~rule.operations);
    };
    for (size_t one = 0, other = 0; open && (one < everywhere.size() || other < grant.covered.size());) {
        const bool first = other == grant.covered.size() || (one < everywhere.size() && everywhere[one] < grant.covered[other]);
        take(first ? everywhere[one++] : grant.covered[other++]);
    }
    for (const auto operation : all_operations) {
        if (!(open & operation)) continue;
        const bool denied = grant.marked_all || (grant.marked_write && (operation & writes));
        if (!denied && (rules_.defaults & operation)) permitted |= operation;
    }
    return permitted;
}

const Access::Grant *Access::join(const Grant *parent, const Child &child, std::vector<size_t> fit) const {
    auto covered = child.plain->covered;
    auto pending = child.plain->pending;
    std::vector<uint64_t> says;
    for (const size_t index : fit) {
        const auto &[rule, step] = child.tests[index];
        const bool here = step + 1 == compiled_[rule].steps.size();
        if (here) {
            covered.push_back(compiled_[rule].alike);
        } else {
            pending.push_back({rule, step + 1});
        }
        says.push_back(here ? compiled_[rule].alike : compiled_.size() + index);
    }
    std::sort(says.begin(), says.end());
    says.erase(std::unique(says.begin(), says.end()), says.end());
    const std::lock_guard<std::mutex> lock(making_);
    const auto [known, fresh] = child.fitting.try_emplace(std::move(says), nullptr);
    if (fresh) known->second = make(parent, child.schema, std::move(covered), std::move(pending));
    return known->second;
}

// `key`: the canonical value of a key by its number.
template <class Key>
const Access::Grant *Access::fitting(const Grant *parent, const Child &child, const Key &key) const {
    const Named *named = nullptr;
    if (child.keys == 1 && !child.full.empty()) {
        const std::string_view only = key(0);
        const size_t mark = mark_of(only, child.marks.size());
        const bool marked = (child.marks[mark / 64] >> (mark % 64) & 1) != 0;
        if (!marked && child.partial.empty()) return child.plain;
        const auto found = marked ? child.full.find(only) : child.full.end();
        if (found != child.full.end()) named = &found->second;
    } else if (!child.full.empty()) {
        std::string all;
        for (size_t i = 0; i < child.keys; i++) add_key(all, key(i), child.keys);
        const auto found = child.full.find(all);
        if (found != child.full.end()) named = &found->second;
    }
    std::vector<size_t> fit;
    for (const size_t index : child.partial) {
        const auto &[rule, step] = child.tests[index];
        const auto &keys = compiled_[rule].steps[step].test.keys;
        const auto holds = [&](const auto &wanted) { return key(wanted.first) == wanted.second; };
        if (std::all_of(keys.begin(), keys.end(), holds)) fit.push_back(index);
    }
    if (!named) return fit.empty() ? child.plain : join(parent, child, std::move(fit));
    if (!fit.empty()) {
        fit.insert(fit.end(), named->tests.begin(), named->tests.end());
        return join(parent, child, std::move(fit));
    }
    const auto *grant = named->grant.load(std::memory_order_acquire);
    if (!grant) {
        grant = join(parent, child, named->tests);
        named->grant.store(grant, std::memory_order_release);
    }
    return grant;
}

const Access::Grant *Access::of_entry(const Grant *parent, const Child &child, const lyd_node *entry) const {
    std::string scratch;
    return fitting(parent, child, [&](size_t number) {
        const lyd_node *key = entry;
        if (entry->schema->nodetype == LYS_LIST) {
            for (key = lyd_child(entry); number > 0; number--) key = key->next;
        }
        return xpath::canonical_value(key, scratch);
    });
}

bool Access::executes(const std::string &module, const std::string &name) const {
    for (size_t i = 0; i < rules_.rules.size(); i++) {
        const auto &rule = rules_.rules[i];
        if (rule.kind != AccessRule::Kind::any && rule.kind != AccessRule::Kind::operation) continue;
        const bool named = rule.kind == AccessRule::Kind::any || rule.name == "*" || rule.name == name;
        if (named && (rule.module == "*" || rule.module == module) && (rule.operations & access_exec)) return rule.permit;
    }
    if (module == "ietf-netconf" && (name == "kill-session" || name == "delete-config")) return false;
    const xpath::Quiet quiet;
    const auto *operation = lys_find_path(context_, nullptr, ("/" + module + ":" + name).c_str(), 0);
    return !(operation && marked(operation->exts, "default-deny-all")) && (rules_.defaults & access_exec);
}

const Access::Grant *Access::at(const std::string &path, Hidden *hidden, bool &readable) const {
    std::vector<PathStep> steps;
    readable = true;
    if (!parse_instance_path(path, steps)) return nullptr;
    const Grant *grant = top_;
    size_t begin = 0;
    for (const auto &step : steps) {
        const auto *schema = schema_below(context_, grant->schema, step);
        const auto found = schema ? grant->children.find(schema) : grant->children.end();
        if (found == grant->children.end()) return nullptr;
        const auto &child = found->second;
        const auto value = [&](size_t wanted) -> std::string_view {
            for (const auto &[name, text] : step.values) {
                size_t number = 0;
                const lysc_node *leaf = nullptr;
                if (key_number(schema, name, number, leaf) && number == wanted) return text;
            }
            return {};
        };
        grant = child.tests.empty() ? child.plain : fitting(grant, child, value);
        if (readable && !grant->may(access_read)) {
            readable = false;
            if (hidden) *hidden = {begin, step.end, (schema->nodetype & (LYS_LIST | LYS_LEAFLIST)) != 0};
        }
        begin = step.end;
    }
    return grant;
}

bool Access::reads(const std::string &path) const {
    Hidden hidden;
    return !hides(path, hidden);
}

bool Access::hides(const std::string &path, Hidden &out) const {
    bool readable = true;
    at(path, &out, readable);
    return !readable;
}

bool Access::executes_at(const std::string &path, const std::string &action) const {
    bool readable = true;
    const Grant *grant = at(path, nullptr, readable);
    if (!grant || !readable) return false;
    for (const auto &[schema, child] : grant->children) {
        if (schema->nodetype == LYS_ACTION && action == schema->name) return child.plain->may(access_exec);
    }
    return false;
}

const Access::Grant *Access::plain(const std::string &schema_path) const {
    const xpath::Quiet quiet;
    std::vector<const lysc_node *> path;
    for (const auto *node = lys_find_path(context_, nullptr, schema_path.c_str(), 0); node; node = xpath::data_parent(node)) {
        path.push_back(node);
    }
    const Grant *grant = path.empty() ? nullptr : top_;
    for (auto at = path.rbegin(); at != path.rend() && grant; ++at) {
        const auto found = grant->children.find(*at);
        if (found == grant->children.end() || !found->second.tests.empty()) return nullptr;
        grant = found->second.plain;
        if (!grant->may(access_read)) return grant;
    }
    return grant;
}

bool Access::reads_all(const std::string &schema_path) const {
    const Grant *grant = plain(schema_path);
    return grant && grant->all;
}

bool Access::reads_none(const std::string &schema_path) const {
    const Grant *grant = plain(schema_path);
    return grant && !grant->may(access_read);
}

bool Access::clears(const Filter &filter) const { return clears(filter, *top_); }

bool Access::clears(const Filter &filter, const Grant &grant) const {
    for (const auto &[schema, child] : grant.children) {
        if (schema->nodetype & (LYS_RPC | LYS_ACTION | LYS_NOTIF)) continue;
        const Pick pick = filter.reach(schema);
        if (pick == Pick::none || (child.plain->all && child.tests.empty())) continue;
        if (pick == Pick::all || !child.tests.empty() || !child.plain->may(access_read)) return false;
        if (!clears(filter, *child.plain)) return false;
    }
    return true;
}

}  // namespace libyang_js
