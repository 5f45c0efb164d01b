#include "convert.h"
#include "cursor.h"
#include "emit.h"
#include "ly_error.h"

namespace libyang_js {

namespace {

Defaults defaults_of(Napi::Object options) {
    const auto mode = options.Get("defaults");
    const auto name = mode.IsUndefined() ? std::string("explicit") : text(mode);
    if (name == "explicit") {
        return Defaults::set_explicitly;
    }
    if (name != "trim" && name != "report-all" && name != "report-all-tagged") {
        throw Napi::TypeError::New(options.Env(), "defaults: expected 'explicit', 'trim', 'report-all' or 'report-all-tagged'");
    }
    return name == "trim" ? Defaults::trim : name == "report-all" ? Defaults::all : Defaults::tagged;
}

Origin origin_of(Napi::Value name) {
    const auto origin = origin_named(text(name));
    if (!origin) {
        throw Napi::TypeError::New(name.Env(), "origins: expected an identity of ietf-origin without its prefix");
    }
    return *origin;
}

class PrintCursor : public Cursor {
  public:
    // `plain`: no option is set but format, configOnly, filter and budget. A look at an option costs as much as a small print's leaf.
    PrintCursor(Napi::Object options, bool plain, const Shared &shared) : bounds_(options.Get("budget")), budget_(bounds_.start()) {
        const auto format = text(options.Get("format"));
        if (format != "xml" && format != "json") {
            throw Napi::TypeError::New(options.Env(), "format: expected 'xml' or 'json'");
        }
        json_ = format == "json";
        options_.config_only = options.Get("configOnly").ToBoolean();
        const auto filter = options.Get("filter");
        if (!filter.IsUndefined()) {
            auto &handle = FilterHandle::of(filter, "Filter", Addon::of(options.Env()).filter_class);
            handle.same_context(options.Env(), shared);
            filter_ = handle.held().data;
        }
        if (!plain) {
            read_more(options, shared);
        }
    }

    ~PrintCursor() override {
        if (emitter_) {
            tree->unwatch(&overlay_);
        }
    }

    void open() override {
        const auto *context = tree->schema->context();
        budget_ = bounds_.start();
        if (filter_ && (options_.pattern = filter_->filter->pattern()) != nullptr) {
            options_.budget = &budget_;
        } else if (filter_) {
            Errors errors;
            selection_ = filter_->filter->select(tree->root, budget_, errors);
            if (!selection_) {
                if (errors.empty()) {
                    errors = take_errors(context, "the filter cannot be evaluated");
                }
                throw Failure{std::move(errors)};
            }
            options_.selection = selection_.get();
        }
        PairView view(tree.get(), beside_.get(), &overlay_, origins_.within);
        emitter_ = json_ ? emit_json(context, std::move(view), options_) : emit_xml(context, std::move(view), options_);
        overlay_.follow([this](const std::function<void(Siblings &)> &visit) { emitter_->walks(visit); });
        tree->watch(&overlay_);
    }

    bool quick() const override { return !filter_ || filter_->filter->pattern() != nullptr; }

    bool advance(Clock::time_point until) override {
        if (begun_) {
            slice_.reserve(std::min<size_t>(slice_bytes_, 1 << 20) + 4096);
        }
        begun_ = true;
        try {
            more_ = emitter_->fill(slice_, slice_bytes_, until);
        } catch (const Matcher::Spent &) {
            throw Failure{{spent()}};
        }
        clear_errors(tree->schema->context());
        if (!more_) {
            tree->unwatch(&overlay_);
        }
        hole_.clear();
        if (const auto *hole = emitter_->hole()) {
            char *path = lyd_path(hole, LYD_PATH_STD, nullptr, 0);
            hole_ = path;
            free(path);
        }
        const bool again = more_ && hole_.empty() && slice_.size() < slice_bytes_;
        if (!again) {
            // What has begun to be sent goes on to its end.
            emitter_->lift();
        }
        return again;
    }

    Napi::Value take(Napi::Env env) override {
        if (slice_.empty()) {
            return env.Undefined();
        }
        std::string slice;
        slice.swap(slice_);
        auto piece = buffer(env, std::move(slice));
        if (!hole_.empty()) {
            piece.As<Napi::Object>()["hole"] = hole_;
        }
        return piece;
    }

    bool ended() const override { return !more_; }
    // What was printed at one go has kept nothing of the trees, which others hold.
    bool light() const override {
        return !more_ && overlay_.empty() && tree.use_count() > 1 && (!beside_ || beside_.use_count() > 1);
    }

  private:
    void read_more(Napi::Object options, const Shared &shared) {
        options_.state_only = options.Get("stateOnly").ToBoolean();
        options_.defaults = defaults_of(options);
        const auto depth = options.Get("maxDepth");
        if (depth.IsNumber()) {
            options_.max_depth = static_cast<size_t>(std::max<int64_t>(1, depth.As<Napi::Number>().Int64Value()));
        }
        read_origins(options.Get("origins"), shared);
        origins_.within = !options.Get("intended").IsUndefined();
        const auto bytes = options.Get("sliceBytes");
        if (bytes.IsNumber()) {
            slice_bytes_ = static_cast<size_t>(std::max<int64_t>(1, bytes.As<Napi::Number>().Int64Value()));
        }
        const auto holes = options.Get("holes");
        if (holes.IsArray()) {
            const auto paths = holes.As<Napi::Array>();
            for (uint32_t i = 0; i < paths.Length(); i++) {
                const auto path = text(Napi::Value(paths[i]));
                options_.holes.push_back(schema_node(options.Env(), shared.schema->context(), path));
            }
        }
        const auto access = options.Get("access");
        if (!access.IsUndefined()) {
            access_ = AccessHandle::argument(access, shared).held().data;
            options_.access = &access_->access;
            if (filter_ && filter_->filter->pattern() == nullptr && !options_.access->clears(*filter_->filter)) {
                throw Napi::TypeError::New(options.Env(), "access: this filter looks at what may not be read; see Access.clears");
            }
        }
        const auto beside = options.Get(origins_.within ? "intended" : "beside");
        if (!beside.IsUndefined()) {
            auto &handle = TreeHandle::of(beside, "Tree", Addon::of(options.Env()).tree_class);
            handle.same_context(options.Env(), shared);
            beside_ = handle.held().data;
            turns.push_back({handle.held().gate, false});
            if (filter_ && filter_->filter->pattern() == nullptr && !origins_.within) {
                throw Napi::TypeError::New(options.Env(), "filter: this one cannot be evaluated over two trees; see Filter.onTheWay");
            }
        }
    }

    void read_origins(Napi::Value value, const Shared &shared) {
        if (!value.IsObject()) {
            return;
        }
        const auto from = value.As<Napi::Object>();
        origins_.shown = from.Get("shown").ToBoolean();
        const auto only = from.Get("only");
        if (only.IsArray()) {
            origins_.wanted = 0;
            const auto names = only.As<Napi::Array>();
            for (uint32_t i = 0; i < names.Length(); i++) {
                origins_.wanted |= 1U << static_cast<unsigned>(origin_of(names[i]));
            }
        }
        const auto provided = from.Get("provided");
        if (provided.IsObject()) {
            const auto rules = provided.As<Napi::Object>();
            const auto paths = rules.GetPropertyNames();
            for (uint32_t i = 0; i < paths.Length(); i++) {
                const auto path = text(Napi::Value(paths[i]));
                origins_.provided[schema_node(value.Env(), shared.schema->context(), path)] = origin_of(rules.Get(path));
            }
        }
        options_.origins = &origins_;
    }

    Error spent() const {
        Error error;
        error.tag = "resource-denied";
        error.message = "The filter passed " + budget_.passed() + "; name the entries that are wanted by their keys";
        return error;
    }

    std::shared_ptr<TreeData> beside_;
    Overlay overlay_;
    bool json_ = false;
    EmitOptions options_;
    Origins origins_;
    size_t slice_bytes_ = 256 << 10;
    std::shared_ptr<FilterData> filter_;
    std::shared_ptr<AccessData> access_;
    Bounds bounds_;
    Budget budget_;
    std::unique_ptr<Selection> selection_;
    std::unique_ptr<Emitter> emitter_;
    std::string slice_;
    std::string hole_;
    bool begun_ = false;
    bool more_ = true;
};

}  // namespace

Napi::Value open_print(Napi::Env env, const Held<TreeData> &tree, Napi::Object options, bool plain) {
    auto cursor = std::make_shared<PrintCursor>(options, plain, *tree.shared);
    cursor->tree = tree.data;
    cursor->each = tree.gate;
    return CursorHandle::make(env, Addon::of(env).cursor_class, tree.shared, std::move(cursor));
}

}  // namespace libyang_js
