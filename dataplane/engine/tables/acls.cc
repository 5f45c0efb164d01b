#include "acls.h"

#include <new>
#include <utility>

namespace weft {

AclProgram::AclProgram(AclSpec said)
    : spec(std::move(said)),
      stride_((spec.entries.size() + 1 + 3) / 4 * 4),
      hits_(static_cast<AclHits *>(std::calloc(max_workers * stride_, sizeof(AclHits))), &std::free) {
    if (!hits_) throw std::bad_alloc();
    for (const AclEntry &e : spec.entries) {
        actions_.push_back(e.action);
        layer4 |= e.tcp_mask || !e.source_ports.empty() || !e.destination_ports.empty();
    }
    actions_.push_back(spec.otherwise);
    if (spec.v6)
        trees6_ = std::make_unique<AclTrees<4>>(acl_rules<4>(spec));
    else
        trees4_ = std::make_unique<AclTrees<1>>(acl_rules<1>(spec));
}

AclTotals AclProgram::total(uint32_t entry) const {
    AclTotals all;
    for (unsigned worker = 0; worker < max_workers; worker++) {
        all.packets += hits(worker)[entry].packets.value();
        all.octets += hits(worker)[entry].octets.value();
    }
    return all;
}

void AclList::replace(std::shared_ptr<const AclProgram> next, Epochs &epochs) {
    current.store(next.get(), std::memory_order_release);
    const std::shared_ptr<const AclProgram> old = std::exchange(program_, std::move(next));
    leaving_.push_back(old.get());
    epochs.retire([list = shared_from_this(), old] { list->fold(*old); });
}

void AclList::fold(const AclProgram &gone) {
    std::erase(leaving_, &gone);
    std::unordered_map<std::string, AclTotals> next;
    const auto keep = [&](const std::string &name) { next.emplace(name, AclTotals{}); };
    for (const AclEntry &e : spec().entries) keep(e.name);
    // What leaves later may still name an entry that the list has again by then.
    for (const AclProgram *p : leaving_)
        for (const AclEntry &e : p->spec.entries) keep(e.name);
    keep({});
    for (auto &[name, totals] : next)
        if (const auto found = before_.find(name); found != before_.end()) totals = found->second;
    const auto add = [&](const std::string &name, const AclTotals &more) {
        const auto found = next.find(name);
        if (found == next.end()) return;
        found->second.packets += more.packets;
        found->second.octets += more.octets;
    };
    for (uint32_t n = 0; n < gone.rest(); n++) add(gone.spec.entries[n].name, gone.total(n));
    add({}, gone.total(gone.rest()));
    before_ = std::move(next);
}

std::vector<AclEntryState> AclList::state() const {
    const AclProgram &now = *current.load(std::memory_order_acquire);
    std::vector<AclEntryState> all;
    all.reserve(now.rest() + 1);
    for (uint32_t n = 0; n <= now.rest(); n++) {
        const AclTotals total = now.total(n);
        all.push_back({n < now.rest() ? now.spec.entries[n].name : std::string(), total.packets, total.octets});
        if (const auto found = before_.find(all.back().name); found != before_.end()) {
            all.back().packets += found->second.packets;
            all.back().octets += found->second.octets;
        }
    }
    if (leaving_.empty()) return all;
    std::unordered_map<std::string, AclEntryState *> by_name;
    for (AclEntryState &e : all) by_name[e.name] = &e;
    for (const AclProgram *p : leaving_)
        for (uint32_t n = 0; n <= p->rest(); n++) {
            const auto found = by_name.find(n < p->rest() ? p->spec.entries[n].name : std::string());
            if (found == by_name.end()) continue;
            const AclTotals more = p->total(n);
            found->second->packets += more.packets;
            found->second->octets += more.octets;
        }
    return all;
}

}  // namespace weft
