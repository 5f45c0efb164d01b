#include "journal_net_list.h"

#include <algorithm>

namespace libyang_js {

bool NetList::comes_anew(const Slot &slot) {
    return slot.whole && slot.before != nullptr && slot.after != nullptr && slot.after->schema->nodetype == LYS_LEAFLIST &&
           ordered_by_user(slot.after->schema) && ((slot.before->flags ^ slot.after->flags) & LYD_DEFAULT) != 0;
}

// The entry before this one in the end, those left out that come.
const Net::Slot *NetList::kept_before(const Slot *entry) const {
    const auto *before = static_cast<const Slot *>(last_.before(entry));
    while (before != nullptr && comes(before)) {
        before = static_cast<const Slot *>(last_.before(before));
    }
    return before;
}

// An entry stays when it is behind the same one as before, which was not touched or stays itself.
void NetList::find_staying() {
    std::vector<const Slot *> chain;
    for (const Slot *entry : entries_) {
        bool stays = true;
        chain.clear();
        for (const Slot *at = entry; at != nullptr && last_.knows(at) && first_.knows(at); at = kept_before(at)) {
            if ((marks(at) & judged) != 0) {
                stays = (marks(at) & staying) != 0;
                break;
            }
            chain.push_back(at);
            if (comes_anew(*at) || now_.before(at) != kept_before(at)) {
                stays = false;
                break;
            }
        }
        for (const Slot *at : chain) {
            marks(at) |= judged | (stays ? staying : 0);
        }
    }
}

void NetList::place(const Slot *entry, size_t number, std::vector<Net::Placed> &out) {
    const auto *before = static_cast<const Slot *>(last_.before(entry));
    const NodeCopy after = before == nullptr ? nullptr : before->named;
    if (comes(entry)) {
        out.push_back({number,
                       {Op::create, entry->derived, entry->place, entry->after, {}, after, {}, count_nodes(entry->after.get())}});
    } else if (now_.before(entry) != before) {
        const auto *old = static_cast<const Slot *>(now_.before(entry));
        out.push_back({number, {Op::move, (marks(entry) & meant) == 0, entry->place, entry->named, {}, after, old == nullptr ? nullptr : old->named}});
        now_.remove(entry);
    } else {
        return;
    }
    now_.insert(entry, before);
}

void NetList::emit(std::vector<Net::Placed> &out) {
    for (const auto &step : steps_) {
        auto &entry_marks = marks(step.entry);
        if (entry_marks == 0) {
            entries_.push_back(step.entry);
        }
        entry_marks |= seen | (step.derived ? 0 : meant);
        if (step.op != Op::create) {
            if (!last_.knows(step.entry)) {
                last_.know(step.entry, step.old_after);
            }
            last_.remove(step.entry);
        }
        if (step.op != Op::remove) {
            last_.insert(step.entry, step.after);
        }
    }
    for (auto step = steps_.rbegin(); step != steps_.rend(); ++step) {
        if (step->op != Op::remove) {
            if (!first_.knows(step->entry)) {
                first_.know(step->entry, step->after);
            }
            first_.remove(step->entry);
        }
        if (step->op != Op::create) {
            first_.insert(step->entry, step->old_after);
        }
    }
    now_ = first_;
    size_t gone = SIZE_MAX, done = 0;
    for (const Slot *entry : entries_) {
        const bool just_goes = goes(entry) && !comes(entry);
        (just_goes ? gone : done) = just_goes ? std::min(gone, entry->removed) : std::max(done, entry->last);
    }
    const size_t number = done != 0 ? done : gone;
    for (const Slot *entry : entries_) {
        if (goes(entry)) {
            const auto *old = static_cast<const Slot *>(now_.before(entry));
            out.push_back({number,
                           {Op::remove, entry->derived, entry->place, entry->before, {}, {}, old == nullptr ? nullptr : old->named,
                            count_nodes(entry->before.get())}});
            now_.remove(entry);
        }
    }
    find_staying();
    std::vector<const Slot *> chain;
    for (const Slot *entry : entries_) {
        const Slot *at = entry;
        while (at != nullptr && last_.knows(at) && (marks(at) & (staying | placed)) == 0) {
            marks(at) |= placed;
            chain.push_back(at);
            at = static_cast<const Slot *>(last_.before(at));
        }
        for (; !chain.empty(); chain.pop_back()) {
            place(chain.back(), number, out);
        }
    }
}

}  // namespace libyang_js
