#include "decode_settings.h"

namespace weft {
namespace {

constexpr uint32_t most = 1000000;

// The default where a flag is missing; a text when it is more than a policer can hold to.
std::string decode_limit(Reader &r, Limit preset, const std::string &what, Limit &limit) {
    const uint8_t flags = r.u8();
    limit.rate = r.u32();
    limit.burst = r.u32();
    if (!(flags & limit_has_rate)) limit.rate = preset.rate;
    if (!(flags & limit_has_burst)) limit.burst = preset.burst;
    if (!r.good()) return {};
    if (limit.rate > most) return what + " has a rate of " + std::to_string(limit.rate) + ", above " + std::to_string(most);
    if (limit.burst == 0 || limit.burst > most)
        return what + " has a burst of " + std::to_string(limit.burst) + ", which is not 1 to " + std::to_string(most);
    return {};
}

std::string decode_family(Reader &r, const std::string &interface, FamilySettings &settings) {
    const uint8_t check = r.u8(), flags = r.u8();
    if (!r.good()) return {};
    if (check > static_cast<uint8_t>(ReversePath::loose))
        return "interface " + quoted(interface) + " has unknown reverse path check " + std::to_string(check);
    settings.reverse_path = static_cast<ReversePath>(check);
    settings.allow_default = flags & feature_allow_default;
    settings.redirects = flags & feature_redirects;
    settings.unreachables = !(flags & feature_no_unreachables);
    return {};
}

}  // namespace

std::string decode_interface_features(Reader &r, Transaction &t, bool remove) {
    SettingsOp op;
    op.remove = remove;
    op.interface = r.str();
    if (!remove) {
        for (FamilySettings *family : {&op.settings.ip4, &op.settings.ip6})
            if (std::string e = decode_family(r, op.interface, *family); !e.empty()) return e;
    }
    if (r.good()) t.settings.push_back(std::move(op));
    return {};
}

std::string decode_punt_policer(Reader &r, Transaction &t) {
    LimitOp op;
    const uint8_t number = r.u8();
    if (!r.good()) return {};
    if (number >= punt_class_count) return "policer of unknown class " + std::to_string(number);
    op.punt = static_cast<PuntClass>(number);
    std::string error = decode_limit(r, default_punt[number], std::string("policer of ") + punt_class_names[number], op.limit);
    if (error.empty() && r.good()) t.limits.push_back(op);
    return error;
}

std::string decode_icmp_settings(Reader &r, Transaction &t) {
    LimitOp op;
    op.of = LimitOp::Of::icmp_errors;
    std::string error = decode_limit(r, default_icmp_errors, "policer of ICMP errors", op.limit);
    op.router_alert_to_host = r.u8() == 0;
    if (error.empty() && r.good()) t.limits.push_back(op);
    return error;
}

}  // namespace weft
