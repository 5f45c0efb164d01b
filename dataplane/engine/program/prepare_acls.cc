// Access lists of a transaction: compiled here, and bound to the interfaces of the next registry.
#include <algorithm>

#include "../core.h"
#include "reader.h"

namespace weft {

std::string Core::prepare_acls(Transaction &t) {
    if (t.full)
        for (const auto &[name, list] : acls) t.acls.emplace(name, AclOp{{}, true});
    for (auto &[name, op] : t.acls) {
        const auto found = acls.find(name);
        if (op.remove) continue;
        if (found != acls.end() && found->second->spec() == op.spec) continue;
        auto program = std::make_unique<const AclProgram>(std::move(op.spec));
        // A list of the other family is another list.
        if (found != acls.end() && found->second->v6 == program->spec.v6)
            t.acl_programs.emplace_back(found->second, std::move(program));
        else
            t.acls_made[name] = std::make_shared<AclList>(std::move(program));
    }
    const bool removed = std::any_of(t.acls.begin(), t.acls.end(), [](const auto &op) { return op.second.remove; });
    if (!t.registry && t.acls_made.empty() && t.acl_bindings.empty() && !removed) return {};

    // Bindings as they will be; each needs its interface, and a list of its family.
    AclBindings bindings = t.full ? AclBindings{} : registry.acls;
    for (const auto &[place, name] : t.acl_bindings) {
        if (name.empty())
            bindings.erase(place);
        else
            bindings[place] = name;
    }
    const Registry &names = t.registry ? *t.registry : registry;
    std::erase_if(bindings, [&](const auto &b) { return !names.interfaces.count(b.first.first) && !t.acl_bindings.count(b.first); });
    std::map<std::string, std::array<std::shared_ptr<AclList>, acl_slots>> wanted;
    for (const auto &[place, name] : bindings) {
        const std::string what = "interface " + quoted(place.first) + " binds access list " + quoted(name);
        if (!names.interfaces.count(place.first)) return what + ", but does not exist";
        const auto op = t.acls.find(name);
        std::shared_ptr<AclList> list;
        if (const auto made = t.acls_made.find(name); made != t.acls_made.end())
            list = made->second;
        else if (const auto found = acls.find(name); found != acls.end() && (op == t.acls.end() || !op->second.remove))
            list = found->second;
        if (!list) return what + ", which does not exist";
        if (list->v6 != place.second % 2) return what + " for IPv" + (list->v6 ? "4, which is of IPv6" : "6, which is of IPv4");
        wanted[place.first][place.second] = std::move(list);
    }

    std::map<std::string, std::shared_ptr<const Interface>> rebound;
    for (const auto &[name, interface] : names.interfaces) {
        const auto found = wanted.find(name);
        const auto lists = found == wanted.end() ? decltype(interface->acls){} : found->second;
        if (interface->acls == lists) continue;
        auto made = std::make_shared<Interface>(*interface);
        made->acls = lists;
        made->features = features_of(*made);
        rebound.emplace(name, std::move(made));
    }
    if (!t.registry) {
        if (rebound.empty()) return {};
        t.registry = std::make_unique<Registry>(registry);
    }
    for (auto &[name, interface] : rebound) t.registry->interfaces[name] = interface;
    t.registry->acls = std::move(bindings);
    return {};
}

void Core::apply_acls(Transaction &t) {
    for (auto &[list, program] : t.acl_programs) list->replace(std::move(program), epochs);
    for (auto &[name, list] : t.acls_made) acls[name] = std::move(list);
    if (trace_busy) note_trace_programs();
}

// When no interface refers to them any more.
void Core::forget_acls(const Transaction &t) {
    for (const auto &[name, op] : t.acls)
        if (op.remove) acls.erase(name);
}

std::vector<AclState> Core::acl_states(const std::string &only) const {
    std::vector<AclState> all;
    for (const auto &[name, list] : acls)
        if (only.empty() || name == only) all.push_back({name, list->state()});
    return all;
}

}  // namespace weft
