// Mirrors in the next registry. One that is as it was keeps its counters. A source that goes away is looked at no more, and one whose
// destination does sends nothing. Copies are frames: tunnels of IP have none, and take none.
#include "../core.h"
#include "reader.h"

namespace weft {

namespace {

// Why copies can't leave by it, for a person; empty: they can.
std::string no_way_out(const Interface &i) {
    if (i.kind == InterfaceKind::bridge) return "routes for a bridge domain";
    if (i.layer3()) return "carries IP, not frames";
    if (i.tunnel && i.tunnel->headers.size() > 1) return "has several remotes";
    return {};
}

}  // namespace

std::string Core::prepare_mirrors(Transaction &t) {
    Registry &next = *t.registry;
    if (t.full) next.mirrors.clear();
    for (const MirrorOp &op : t.mirrors) {
        const std::string what = "mirror " + quoted(op.spec.name);
        if (op.remove) {
            next.mirrors.erase(op.spec.name);
            continue;
        }
        if (!next.interfaces.count(op.spec.destination))
            return what + " sends to interface " + quoted(op.spec.destination) + ", which does not exist";
        for (const auto &[source, points] : op.spec.sources)
            if (!next.interfaces.count(source)) return what + " takes from interface " + quoted(source) + ", which does not exist";
        const auto before = registry.mirrors.find(op.spec.name);
        const bool same = before != registry.mirrors.end() && before->second->spec == op.spec;
        next.mirrors[op.spec.name] = same ? before->second : std::make_shared<Mirror>(op.spec);
    }
    for (const auto &[name, mirror] : next.mirrors) {
        if (const auto to = next.interfaces.find(mirror->spec.destination); to != next.interfaces.end())
            if (const std::string why = no_way_out(*to->second); !why.empty())
                return "mirror " + quoted(name) + " sends to interface " + quoted(to->first) + ", which " + why;
        for (const auto &[source, points] : mirror->spec.sources)
            if (const auto from = next.interfaces.find(source); from != next.interfaces.end() && from->second->layer3())
                return "mirror " + quoted(name) + " takes from interface " + quoted(source) + ", which carries IP, not frames";
    }
    // What is sent to would be looked at, and sent there again.
    for (const auto &[name, mirror] : next.mirrors)
        for (const auto &[other, from] : next.mirrors)
            for (const auto &[source, points] : from->spec.sources)
                if (source == mirror->spec.destination)
                    return "mirror " + quoted(name) + " sends to interface " + quoted(source) + ", from which " +
                           (name == other ? "it" : "mirror " + quoted(other)) + " takes";
    return {};
}

}  // namespace weft
