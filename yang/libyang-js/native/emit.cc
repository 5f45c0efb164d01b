#include "emit.h"

#include <algorithm>

#include "edit_facts.h"
#include "value_text.h"

namespace libyang_js {

namespace {

bool is_key(const lysc_node *schema) { return schema->nodetype == LYS_LEAF && (schema->flags & LYS_KEY) != 0; }

}  // namespace

bool is_data(const lyd_meta *meta) {
    const std::string_view name(meta->annotation->module->name);
    return name != "yang" && name != "ietf-netconf" && name != "libyang-js-defaults";
}

Emitter::Emitter(const ly_ctx *context, PairView view, Pair parent, const EmitOptions &options)
    : view_(std::move(view)), options_(options) {
    auto way = Frame::Way::all;
    if (options.pattern != nullptr) {
        matcher_.emplace(context, *options.pattern, view_, options.budget, options.access);
        way = Frame::Way::planned;
    } else if (options.selection != nullptr) {
        way = Frame::Way::listed;
    }
    const bool restricted = options.access != nullptr && !options.access->top()->all;
    auto &top = push(parent, way, restricted ? options.access->top() : nullptr);
    top.opened = true;
    top.levels = options_.max_depth;
    if (way == Frame::Way::planned) {
        top.plan = &matcher_->top();
    } else if (!parent) {
        top.walk = view_.top();
    }
}

void Emitter::lift() {
    if (matcher_) {
        matcher_->lift();
    }
}

void Emitter::walks(const std::function<void(Siblings &)> &visit) {
    for (size_t i = 0; i < depth_; i++) {
        auto &frame = frames_[i];
        const bool walking = frame.way == Frame::Way::planned ? frame.begun && !frame.looked_up : frame.way == Frame::Way::all;
        if (walking && frame.walk.left.active) {
            visit(frame.walk.left);
        }
    }
}

bool Emitter::fill(std::string &out, size_t bytes, std::chrono::steady_clock::time_point until) {
    hole_ = nullptr;
    if (!started_) {
        started_ = true;
        start(out, frames_.front());
    }
    for (unsigned visits = 1; depth_ > 0; visits++) {
        if (out.size() >= bytes || (visits % 256 == 0 && std::chrono::steady_clock::now() >= until)) {
            return true;
        }
        step(out);
        if (hole_ != nullptr) {
            return true;
        }
    }
    return false;
}

bool Emitter::admits(const Frame &frame, Pair node, const Access::Grant *&grant) const {
    grant = nullptr;
    if (frame.grant == nullptr) {
        return true;
    }
    grant = options_.access->read(frame.grant, node.node());
    if (grant == nullptr) {
        return false;
    }
    if (grant->all) {
        grant = nullptr;
    }
    return true;
}

Emitter::Frame &Emitter::push(Pair node, Frame::Way way, const Access::Grant *grant) {
    if (depth_ == frames_.size()) {
        frames_.emplace_back();
    }
    auto &frame = frames_[depth_++];
    frame.node = node;
    frame.origin.reset();
    frame.provided = Origin::system;
    frame.levels = options_.max_depth;
    frame.sparse = way == Frame::Way::planned;
    frame.weighed = nullptr;
    if (depth_ > 1) {
        const auto &parent = frames_[depth_ - 2];
        const auto *origins = options_.origins;
        if (way == Frame::Way::all && options_.max_depth != SIZE_MAX) {
            frame.levels = parent.levels == 0 ? 0 : parent.levels - 1;
        }
        if (origins != nullptr) {
            frame.provided = provided(parent, node.schema());
            frame.origin = origin_of(parent, node, frame.provided);
            frame.origin = frame.origin ? frame.origin : parent.origin;
        }
        frame.sparse = frame.sparse || ((options_.state_only || (origins != nullptr && origins->filters())) &&
                                        (node.schema()->flags & LYS_CONFIG_W) != 0);
    }
    frame.opened = false;
    frame.empty = true;
    frame.array = nullptr;
    frame.annotations.clear();
    frame.annotated = false;
    frame.way = way;
    frame.grant = grant;
    switch (way) {
    case Frame::Way::all:
        frame.walk = view_.children(node);
        break;
    case Frame::Way::listed:
        frame.at = 0;
        if (!options_.selection->children(node.left, frame.list)) {
            frame.way = Frame::Way::all;
            frame.walk = view_.children(node);
        }
        break;
    case Frame::Way::planned:
        frame.run = 0;
        frame.begun = false;
        break;
    case Frame::Way::bare:
        break;
    }
    return frame;
}

void Emitter::leave(std::string &out) {
    auto &frame = frames_[depth_ - 1];
    if (!frame.opened && frame.sparse && is_selected(frame)) {
        if (frames_[depth_ - 2].levels == 0) {
            return put_cut(out);
        }
        open_all(out);
    }
    if (frame.opened) {
        close(out, frame);
        depth_--;
        return;
    }
    depth_--;
    if (frame.way == Frame::Way::bare || (!frame.sparse && !non_presence(frame.schema()))) {
        open_all(out);
        const auto &parent = frames_[depth_ - 1];
        leaf(out, frames_[depth_ - 1], frame.node.node(), tags(parent, frame.node));
    }
}

// What is picked is only known at the first node inside.
void Emitter::open_all(std::string &out) {
    size_t at = depth_;
    while (!frames_[at - 1].opened) {
        at--;
    }
    for (; at < depth_; at++) {
        auto &frame = frames_[at];
        const auto *node = frame.node.node();
        frame.empty = !open(out, frames_[at - 1], node, tags(frames_[at - 1], frame.node));
        frame.opened = true;
        if (!(frame.sparse || frame.way == Frame::Way::bare) || node->schema->nodetype != LYS_LIST) {
            continue;
        }
        for (const lyd_node *key = lyd_child(node); key != nullptr && is_key(key->schema); key = key->next) {
            leaf(out, frame, key, tags(frame, frame.node.left != nullptr ? Pair{key, nullptr} : Pair{nullptr, key}));
        }
    }
}

bool Emitter::is_hole(const lysc_node *schema) const {
    const auto &holes = options_.holes;
    return !holes.empty() && std::find(holes.begin(), holes.end(), schema) != holes.end();
}

void Emitter::put(std::string &out, Pair node, const Access::Grant *grant) {
    if (is_hole(node.schema())) {
        push(node, Frame::Way::all, grant);
        open_all(out);
        hole_ = node.node();
        return;
    }
    if (hidden(frames_[depth_ - 1], node)) {
        return;
    }
    (node.schema()->nodetype & LYD_NODE_INNER) != 0 ? put_inner(out, node, grant) : put_term(out, node);
}

void Emitter::put_inner(std::string &out, Pair node, const Access::Grant *grant) {
    const bool cut = frames_[depth_ - 1].levels == 0;
    auto &frame = push(node, Frame::Way::all, grant);
    if (frame.sparse || non_presence(node.schema())) {
        return;  // it is there when something in it is
    }
    if (cut) {
        put_cut(out);
    } else if (frame.levels == 0) {
        frame.way = Frame::Way::bare;
        if (node.schema()->nodetype == LYS_LIST) {
            open_all(out);
        }
    }
}

void Emitter::put_term(std::string &out, Pair node) {
    auto &frame = frames_[depth_ - 1];
    if (frame.node && frame.sparse && is_key(node.schema())) {
        return;
    }
    if (frame.levels == 0) {
        return put_cut(out);
    }
    open_all(out);
    leaf(out, frame, leaf_of(node), tags(frame, node));
}

// There is something below the last level that may be printed: the node of that level comes empty.
void Emitter::put_cut(std::string &out) {
    while (frames_[depth_ - 2].levels == 0) {
        depth_--;
    }
    auto &frame = frames_[depth_ - 1];
    frame.way = Frame::Way::bare;
    frame.sparse = false;
    if (frame.schema()->nodetype == LYS_LIST) {
        open_all(out);
    }
}

void Emitter::step(std::string &out) {
    auto &frame = frames_[depth_ - 1];
    switch (frame.way) {
    case Frame::Way::all:
        return walk_all(out, frame);
    case Frame::Way::listed:
        return walk_list(out, frame);
    case Frame::Way::planned:
        return walk_plan(out, frame);
    case Frame::Way::bare:
        return leave(out);
    }
}

void Emitter::walk_all(std::string &out, Frame &frame) {
    const Pair node = view_.next(frame.walk);
    if (!node) {
        return leave(out);
    }
    const Access::Grant *grant = nullptr;
    if (admits(frame, node, grant)) {
        put(out, node, grant);
    }
}

void Emitter::walk_list(std::string &out, Frame &frame) {
    if (frame.at == frame.list.size()) {
        return leave(out);
    }
    const Pair node = view_.pair(frame.node, frame.list[frame.at++]);
    const bool key = frame.node && is_key(node.schema());
    const auto pick = key ? Pick::all : options_.selection->pick(node.left);
    const Access::Grant *grant = nullptr;
    if (pick == Pick::none || !admits(frame, node, grant)) {
        return;
    }
    if (pick == Pick::all) {
        put(out, node, grant);
    } else if (!hidden(frame, node)) {
        push(node, Frame::Way::listed, grant);
    }
}

void Emitter::walk_plan(std::string &out, Frame &frame) {
    if (frame.run == frame.plan->size()) {
        return leave(out);
    }
    const auto &run = (*frame.plan)[frame.run];
    if (!frame.begun) {
        frame.begun = true;
        frame.at = 0;
        frame.looked_up = matcher_->lookup(frame.node, run, frame.entries);
        if (!frame.looked_up) {
            frame.walk = view_.instances(frame.node, run.schema);
        }
    }
    Pair node;
    if (!frame.looked_up) {
        node = view_.next(frame.walk);
    } else if (frame.at < frame.entries.size()) {
        node = frame.entries[frame.at++];
    }
    if (!node) {
        frame.run++;
        frame.begun = false;
        return;
    }
    const Access::Grant *grant = nullptr;
    if (hidden(frame, node) || !admits(frame, node, grant)) {
        return;
    }
    const Matcher::Plan *plan = nullptr;
    const auto pick = matcher_->judge(node, run, plan, grant);
    if (pick == Pick::descend) {
        push(node, Frame::Way::planned, grant).plan = plan;
    } else if (pick == Pick::all) {
        // The keys of an entry come with it.
        frame.node && is_key(run.schema) ? open_all(out) : put(out, node, grant);
    }
}

}  // namespace libyang_js
