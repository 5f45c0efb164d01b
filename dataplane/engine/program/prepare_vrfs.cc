// The VRFs of a transaction: those that are new are made at once, with their namespaces, and unmade when it is undone; those that
// are to go are taken away at the end of apply(), when nothing leads to them any more.
#include <algorithm>
#include <map>

#include "../core.h"
#include "reader.h"

namespace weft {

std::string Core::prepare_vrfs(Transaction &t) {
    std::map<uint32_t, const VrfOp *> last;
    for (const VrfOp &op : t.vrfs) last[op.id] = &op;
    vrfs.each([&](const Vrf &vrf) {
        const auto said = last.find(vrf.id);
        const bool gone = said == last.end() ? t.full && vrf.id != 0 : said->second->remove;
        if (gone) t.vrfs_gone.push_back(vrf.id);
    });
    size_t count = vrfs.size() - t.vrfs_gone.size();
    for (const auto &[id, op] : last) {
        if (op->remove) continue;
        if (const Vrf *known = vrfs.find(id)) {
            if (known->name == op->name) continue;
            return "VRF " + std::to_string(id) + " is called " + quoted(known->name) + " and can't be called " + quoted(op->name);
        }
        if (++count > Vrfs::limit) return "VRF " + quoted(op->name) + " is one more than " + std::to_string(Vrfs::limit);
        const std::string error = factory->make_vrf(id, op->name);
        if (!error.empty()) return "VRF " + quoted(op->name) + ": " + error;
        vrfs.make(id, op->name);
        t.vrfs_made.push_back(id);
    }
    return {};
}

std::shared_ptr<Vrf> Core::vrf_after(const Transaction &t, uint32_t id) const {
    return std::find(t.vrfs_gone.begin(), t.vrfs_gone.end(), id) == t.vrfs_gone.end() ? vrfs.share(id) : nullptr;
}

void Core::undo_vrfs(Transaction &t) {
    for (const uint32_t id : t.vrfs_made) {
        factory->remove_vrf(id);
        vrfs.erase(id);
    }
    t.vrfs_made.clear();
    t.vrfs_gone.clear();
}

// After the table without them was published: bursts under way may still have them.
void Core::end_vrfs(const Transaction &t) {
    for (const uint32_t id : t.vrfs_gone) {
        const std::shared_ptr<Vrf> vrf = vrfs.share(id);
        const auto drop = [&](uint32_t object) { objects.drop(object); };
        for (const bool generation : {false, true}) {
            vrf->fib4.sweep(generation, drop);
            vrf->fib6.sweep(generation, drop);
        }
        vrf->inject.store(nullptr, std::memory_order_release);
        if (fast) fast->forget(*vrf);
        vrfs.erase(id);
        epochs.retire([vrf] {});
        factory->remove_vrf(id);
    }
}

}  // namespace weft
