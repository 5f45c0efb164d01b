#include "convert.h"
#include "cursor.h"
#include "emit.h"
#include "extract.h"
#include "handles.h"
#include "index.h"
#include "journal_diff.h"
#include "ly_error.h"
#include "node_copy.h"
#include "siblings.h"
#include "snapshot.h"
#include "validate.h"
#include "value_text.h"
#include "xpath.h"

namespace libyang_js {

template <class T>
Napi::Value TreeHandle::call(Napi::Env env, Lane lane, JournalHandle *journal, bool writes_journal,
                             std::function<T(TreeData &, Journal *)> work, Result<T> result) {
    check(env);
    std::vector<Turn> turns{{held_.gate, lane == Lane::write}};
    std::shared_ptr<Journal> changes;
    if (journal != nullptr) {
        journal->same_context(env, *held_.shared);
        turns.push_back({journal->held().gate, writes_journal});
        changes = journal->held().data;
    }
    return submit<T>(
        env, held_.shared->pool, lane, std::move(turns),
        [tree = held_.data, changes, work = std::move(work)] { return work(*tree, changes.get()); }, std::move(result));
}

namespace {

struct Nothing {};

Result<Nothing> undefined() {
    return [](Napi::Env env, Nothing &) { return env.Undefined(); };
}

lyd_node *find_node(const TreeData &tree, const std::string &path) {
    const ly_ctx *context = tree.schema->context();
    clear_errors(context);
    lyd_node *node = nullptr;
    LY_ERR status = LY_ENOTFOUND;
    if (tree.root != nullptr) {
        status = find_path(tree.root, path.c_str(), &node);
    } else if (lys_find_path(context, nullptr, without_keys(path).c_str(), 0) == nullptr) {
        status = LY_EINVAL;
    }
    if (status == LY_SUCCESS) {
        return node;
    }
    if (status == LY_ENOTFOUND || status == LY_EINCOMPLETE) {
        clear_errors(context);
        return nullptr;
    }
    auto errors = take_errors(context, "not a data path: " + path);
    for (auto &error : errors) {
        error.tag = "invalid-value";
        error.type = "application";
        error.message = "not a data path: " + path + ": " + error.message;
    }
    throw Failure{std::move(errors)};
}

EditOptions edit_options(Napi::Object from) {
    EditOptions options;
    const auto operation = text(from.Get("defaultOperation"));
    const auto on_error = text(from.Get("errorOption"));
    options.default_operation = operation == "replace" ? DefaultOperation::replace
                                : operation == "none"  ? DefaultOperation::none
                                                       : DefaultOperation::merge;
    options.error_option = on_error == "continue-on-error"   ? ErrorOption::resume
                           : on_error == "rollback-on-error" ? ErrorOption::rollback
                                                             : ErrorOption::stop;
    options.derived = from.Get("derived").ToBoolean();
    options.state = from.Get("state").ToBoolean();
    return options;
}

}  // namespace

Napi::Value TreeHandle::edit(const Napi::CallbackInfo &info) {
    auto &addon = Addon::of(info.Env());
    const auto fragment = FragmentHandle::of(info[0], "Fragment", addon.fragment_class).held().data;
    const auto options = edit_options(info[1].ToObject());
    struct Done {
        std::shared_ptr<Journal> journal;
        Errors errors;
    };
    return call<Done>(
        info.Env(), Lane::write, nullptr, false,
        [fragment, options](TreeData &tree, Journal *) {
            Done done{std::make_shared<Journal>(tree.schema->context()), {}};
            libyang_js::edit(tree, fragment->wrapped("config"), options, *done.journal, done.errors);
            clear_errors(tree.schema->context());
            return done;
        },
        [shared = held_.shared](Napi::Env env, Done &done) -> Napi::Value {
            auto object = Napi::Object::New(env);
            object["journal"] = JournalHandle::make(env, Addon::of(env).journal_class, shared, std::move(done.journal));
            object["errors"] = to_js(env, done.errors);
            return object;
        });
}

Napi::Value TreeHandle::set(const Napi::CallbackInfo &info) {
    const auto path = required(info, 0, "path");
    std::shared_ptr<std::string> value;
    if (!info[1].IsUndefined() && !info[1].IsNull()) {
        value = std::make_shared<std::string>(required(info, 1, "value"));
    }
    auto &journal = JournalHandle::argument(info[2]);
    const bool derived = info[3].ToBoolean();
    return call<Nothing>(
        info.Env(), Lane::write, &journal, true,
        [path, value, derived](TreeData &tree, Journal *journal) {
            Errors errors;
            const auto *context = tree.schema->context();
            const bool done = libyang_js::set(tree, path, value ? value->c_str() : nullptr, derived, *journal, errors);
            clear_errors(context);
            if (!done) {
                throw Failure{std::move(errors)};
            }
            return Nothing{};
        },
        undefined());
}

Napi::Value TreeHandle::remove(const Napi::CallbackInfo &info) {
    const auto path = required(info, 0, "path");
    auto &journal = JournalHandle::argument(info[1]);
    const bool derived = info[2].ToBoolean();
    return call<size_t>(
        info.Env(), Lane::write, &journal, true,
        [path, derived](TreeData &tree, Journal *journal) {
            Errors errors;
            const auto count = libyang_js::remove(tree, path, derived, *journal, errors);
            clear_errors(tree.schema->context());
            if (!errors.empty()) {
                throw Failure{std::move(errors)};
            }
            return count;
        },
        [](Napi::Env env, size_t &count) -> Napi::Value { return Napi::Number::New(env, static_cast<double>(count)); });
}

Napi::Value TreeHandle::apply(const Napi::CallbackInfo &info) {
    auto &journal = JournalHandle::argument(info[0]);
    return call<Nothing>(
        info.Env(), Lane::write, &journal, false,
        [](TreeData &tree, Journal *journal) {
            Errors errors;
            const bool done = libyang_js::apply(tree, *journal, errors);
            clear_errors(tree.schema->context());
            if (!done) {
                throw Failure{std::move(errors)};
            }
            return Nothing{};
        },
        undefined());
}

Napi::Value TreeHandle::redo(const Napi::CallbackInfo &info) {
    auto &journal = JournalHandle::argument(info[0]);
    return call<std::shared_ptr<Journal>>(
        info.Env(), Lane::write, &journal, false,
        [](TreeData &tree, Journal *journal) {
            Errors errors;
            auto changes = std::make_shared<Journal>(tree.schema->context());
            const bool done = libyang_js::apply(tree, *journal, errors, changes.get());
            clear_errors(tree.schema->context());
            if (!done) {
                throw Failure{std::move(errors)};
            }
            return changes;
        },
        [shared = held_.shared](Napi::Env env, std::shared_ptr<Journal> &changes) -> Napi::Value {
            return JournalHandle::make(env, Addon::of(env).journal_class, shared, std::move(changes));
        });
}

Napi::Value TreeHandle::validate(const Napi::CallbackInfo &info) {
    const Napi::Env env = info.Env();
    check(env);
    auto &journal = JournalHandle::argument(info[0]);
    journal.same_context(env, *held_.shared);
    std::vector<Turn> turns{{held_.gate, true}, {journal.held().gate, true}};
    struct Given {
        std::shared_ptr<Journal> derived;
        std::vector<std::shared_ptr<Journal>> journals;
        std::vector<Changed> changed;
        bool only_derive;
    } given{journal.held().data, {}, {}, info[2].ToBoolean()};
    const auto changed = info[1].As<Napi::Array>();
    for (uint32_t i = 0; i < changed.Length(); i++) {
        const auto one = changed.Get(i).ToObject();
        auto &changes = JournalHandle::argument(one.Get("journal"));
        if (&changes == &journal) {
            throw Napi::TypeError::New(env, "what is derived goes into a journal of its own");
        }
        changes.same_context(env, *held_.shared);
        turns.push_back({changes.held().gate, false});
        given.journals.push_back(changes.held().data);
        given.changed.push_back({changes.held().data.get(), static_cast<size_t>(one.Get("from").ToNumber().Int64Value())});
    }
    return submit<Errors>(
        env, held_.shared->pool, Lane::write, std::move(turns),
        [tree = held_.data, given = std::move(given)] {
            Errors errors;
            const auto &rules = tree->schema->rules();
            if (given.only_derive) {
                libyang_js::derive(rules, *tree, given.changed, *given.derived);
                clear_errors(tree->context);
                return errors;
            }
            given.changed.empty() ? libyang_js::validate(rules, *tree, *given.derived, errors)
                                  : libyang_js::validate(rules, *tree, given.changed, *given.derived, errors);
            clear_errors(tree->context);
            return errors;
        },
        [](Napi::Env env, Errors &errors) { return to_js(env, errors); });
}

Napi::Value TreeHandle::check_all(const Napi::CallbackInfo &info) {
    const Napi::Env env = info.Env();
    check(env);
    // To make the indexes is to write.
    const bool writes = !held_.data->indexed();
    return submit<Errors>(
        env, held_.shared->pool, writes ? Lane::write : Lane::read, {{held_.gate, writes}},
        [tree = held_.data] {
            auto errors = libyang_js::check(tree->schema->rules(), *tree);
            clear_errors(tree->context);
            return errors;
        },
        [](Napi::Env env, Errors &errors) { return to_js(env, errors); });
}

Napi::Value TreeHandle::validate_by_libyang(const Napi::CallbackInfo &info) {
    return call<Errors>(
        info.Env(), Lane::read, nullptr, false, [](TreeData &tree, Journal *) { return libyang_js::validate_by_libyang(tree); },
        [](Napi::Env env, Errors &errors) { return to_js(env, errors); });
}

Napi::Value TreeHandle::copy(const Napi::CallbackInfo &info) {
    return call<std::shared_ptr<TreeData>>(
        info.Env(), Lane::read, nullptr, false,
        [](TreeData &tree, Journal *) {
            auto copy = std::make_shared<TreeData>(tree.schema);
            for (const lyd_node *node = tree.root; node != nullptr; node = node->next) {
                if (lyd_insert_sibling(copy->root, copy_node(node, true), &copy->root) != LY_SUCCESS) {
                    throw Failure{take_errors(tree.schema->context(), "the tree cannot be copied")};
                }
            }
            if (tree.indexed()) {
                copy->indexes();
            }
            return copy;
        },
        [shared = held_.shared](Napi::Env env, std::shared_ptr<TreeData> &copy) {
            return TreeHandle::make(env, Addon::of(env).tree_class, shared, std::move(copy));
        });
}

Napi::Value TreeHandle::difference(const Napi::CallbackInfo &info) {
    auto &other = TreeHandle::of(info[0], "Tree", Addon::of(info.Env()).tree_class);
    other.same_context(info.Env(), *held_.shared);
    check(info.Env());
    return submit<std::shared_ptr<Journal>>(
        info.Env(), held_.shared->pool, Lane::read, {{held_.gate, false}, {other.held_.gate, false}},
        [from = held_.data, to = other.held_.data] { return std::shared_ptr<Journal>(libyang_js::difference(from, to)); },
        [shared = held_.shared](Napi::Env env, std::shared_ptr<Journal> &journal) {
            return JournalHandle::make(env, Addon::of(env).journal_class, shared, std::move(journal));
        });
}

Napi::Value TreeHandle::extract(const Napi::CallbackInfo &info) {
    auto &filter = FilterHandle::of(info[0], "Filter", Addon::of(info.Env()).filter_class);
    filter.same_context(info.Env(), *held_.shared);
    return call<std::shared_ptr<TreeData>>(
        info.Env(), Lane::read, nullptr, false,
        [filter = filter.held().data, bounds = Bounds(info[1])](TreeData &tree, Journal *) {
            auto budget = bounds.start();
            auto part = std::make_shared<TreeData>(tree.schema);
            libyang_js::extract(tree, *filter->filter, budget, *part);
            return part;
        },
        [shared = held_.shared](Napi::Env env, std::shared_ptr<TreeData> &part) {
            return TreeHandle::make(env, Addon::of(env).tree_class, shared, std::move(part));
        });
}

Napi::Value TreeHandle::value(const Napi::CallbackInfo &info) {
    using Value = std::optional<std::string>;
    return call<Value>(
        info.Env(), Lane::read, nullptr, false,
        [path = required(info, 0, "path")](TreeData &tree, Journal *) -> Value {
            const auto *node = find_node(tree, path);
            if (node == nullptr || node->schema == nullptr || (node->schema->nodetype & LYD_NODE_TERM) == 0) {
                return std::nullopt;
            }
            const ValueText text(tree.schema->context(), reinterpret_cast<const lyd_node_term *>(node)->value, LY_VALUE_CANON);
            return std::string(text.view());
        },
        [](Napi::Env env, Value &value) -> Napi::Value {
            return value ? Napi::String::New(env, *value) : env.Undefined();
        });
}

Napi::Value TreeHandle::find(const Napi::CallbackInfo &info) {
    return call<std::vector<std::string>>(
        info.Env(), Lane::read, nullptr, false,
        [expression = required(info, 0, "xpath"), bounds = Bounds(info[1])](TreeData &tree, Journal *) {
            Errors errors;
            auto budget = bounds.start();
            std::vector<std::string> paths;
            for (const auto *node : xpath::find(tree.schema->context(), tree.root, expression, {}, budget, errors)) {
                char *path = lyd_path(node, LYD_PATH_STD, nullptr, 0);
                if (path != nullptr) {
                    paths.emplace_back(path);
                }
                free(path);
            }
            clear_errors(tree.schema->context());
            if (!errors.empty()) {
                throw Failure{std::move(errors)};
            }
            return paths;
        },
        [](Napi::Env env, std::vector<std::string> &paths) { return strings(env, paths); });
}

Napi::Value TreeHandle::json(const Napi::CallbackInfo &info) {
    using Value = std::optional<std::string>;
    return call<Value>(
        info.Env(), Lane::read, nullptr, false,
        [path = required(info, 0, "path")](TreeData &tree, Journal *) -> Value {
            const auto *node = find_node(tree, path);
            return node == nullptr ? Value() : Value(json_of(node));
        },
        [](Napi::Env env, Value &value) -> Napi::Value {
            return value ? Napi::String::New(env, *value) : env.Undefined();
        });
}

Napi::Value TreeHandle::print(const Napi::CallbackInfo &info) {
    check(info.Env());
    return open_print(info.Env(), held_, info[0].ToObject(), info[1].ToBoolean());
}

Napi::Value TreeHandle::entries(const Napi::CallbackInfo &info) {
    check(info.Env());
    auto *journal = info[1].IsUndefined() ? nullptr : &JournalHandle::argument(info[1]);
    return open_entries(info.Env(), held_, info[0].ToObject(), journal);
}

Napi::Value TreeHandle::indexed(const Napi::CallbackInfo &info) {
    return call<std::vector<std::string>>(
        info.Env(), Lane::write, nullptr, false, [](TreeData &tree, Journal *) { return tree.indexes().describe(); },
        [](Napi::Env env, std::vector<std::string> &lines) { return strings(env, lines); });
}

Napi::Value TreeHandle::snapshot(const Napi::CallbackInfo &info) {
    check(info.Env());
    const auto bytes = info[0].ToNumber().Int64Value();
    if (bytes < 1) {
        throw Napi::RangeError::New(info.Env(), "chunkBytes: expected a number above 0");
    }
    return open_snapshot(info.Env(), held_, static_cast<size_t>(bytes));
}

Napi::Value TreeHandle::load(const Napi::CallbackInfo &info) {
    return call<Nothing>(
        info.Env(), Lane::write, nullptr, false,
        [chunk = Addon::of(info.Env()).bytes(info[0])](TreeData &tree, Journal *) {
            load_snapshot(tree, chunk.view());
            return Nothing{};
        },
        undefined());
}

Napi::Function TreeHandle::define(Napi::Env env) {
    return DefineClass(env, "NativeTree",
                       {InstanceMethod<&TreeHandle::edit>("edit"), InstanceMethod<&TreeHandle::set>("set"),
                        InstanceMethod<&TreeHandle::remove>("remove"), InstanceMethod<&TreeHandle::apply>("apply"),
                        InstanceMethod<&TreeHandle::redo>("redo"),
                        InstanceMethod<&TreeHandle::validate>("validate"),
                        InstanceMethod<&TreeHandle::check_all>("check"),
                        InstanceMethod<&TreeHandle::validate_by_libyang>("validateByLibyang"),
                        InstanceMethod<&TreeHandle::copy>("copy"), InstanceMethod<&TreeHandle::difference>("difference"),
                        InstanceMethod<&TreeHandle::extract>("extract"), InstanceMethod<&TreeHandle::prune>("prune"),
                        InstanceMethod<&TreeHandle::print>("print"), InstanceMethod<&TreeHandle::value>("value"),
                        InstanceMethod<&TreeHandle::find>("find"), InstanceMethod<&TreeHandle::json>("json"),
                        InstanceMethod<&TreeHandle::entries>("entries"), InstanceMethod<&TreeHandle::snapshot>("snapshot"),
                        InstanceMethod<&TreeHandle::indexed>("indexed"),
                        InstanceMethod<&TreeHandle::load>("load"), InstanceMethod<&TreeHandle::dispose>("dispose")});
}

}  // namespace libyang_js
