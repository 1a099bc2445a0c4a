// SPDX-License-Identifier: Apache-2.0
#include "policy/key_judgement.hpp"

namespace postseal::policy {

namespace {

std::string with_cause(const std::string& told, const std::string& cause) {
    return told.empty() ? cause : told + ": " + cause;
}

bool is_no_key_yet(const finding& about, const standing& one) {
    return about && about->result == keys::outcome::temporary && about->retry_in && !one.bound &&
           !one.not_clear && one.said.settings.without_key == fallback::send;
}

// Of one that judge() calls unusable although it was found.
bool is_weak(const finding& about) { return about && about->result == keys::outcome::found; }

bool may_come_from(keys::origin from, const allowed_sources& sources) {
    switch (from) {
    case keys::origin::administrator: return sources.local;
    case keys::origin::domain: return sources.wkd;
    case keys::origin::third_party: return sources.keyservers;
    }
    return false;
}

// The words of `sources`.
std::string_view place_of(keys::origin from) {
    switch (from) {
    case keys::origin::administrator: return "local";
    case keys::origin::domain: return "wkd";
    case keys::origin::third_party: return "keyservers";
    }
    return {};
}

} // namespace

judged_key judge(const finding& about, const settings& said) {
    if (!about) return {keys::outcome::temporary, {}};
    if (about->result != keys::outcome::found) return {about->result, about->reason};
    if (!about->found) return {keys::outcome::temporary, about->reason};
    // Whether another source would have had one, nobody knows: a lookup ends with what it finds,
    // and whoever puts a key where the rule takes none must not make "no key" of it. A pin is an
    // administrator's word on the key, wherever its octets are from.
    if (!about->pinned && !may_come_from(about->from, said.sources))
        return {keys::outcome::temporary,
                with_cause(about->reason, "the sources of its rule are without " +
                                              std::string(place_of(about->from)))};
    // To be judged again; neither too weak, for then it could be sent in clear, nor good enough.
    if (about->found->algorithm.empty() && !asks_nothing(said.min_strength))
        return {keys::outcome::temporary,
                with_cause(about->reason, "how strong the key is has not been judged yet")};
    const auto weak = shortfall(said.min_strength, about->found->algorithm);
    if (weak) return {keys::outcome::unusable, with_cause(about->reason, *weak)};
    return {keys::outcome::found, about->reason};
}

bool is_pinned(const finding& about) { return about && about->pinned; }

bool is_changed(const finding& about) {
    return about && about->result == keys::outcome::found && about->found &&
           !about->replaces.empty() && about->from != keys::origin::administrator;
}

// Whoever can change what a lookup finds shall not read the next mail.
change_hold held_for_change(const finding& about, const settings& said) {
    if (said.key_change != key_change::hold) return change_hold::none;
    if (is_changed(about)) return change_hold::changed;
    // What is known of the address cannot be read: neither the key from before nor a pin.
    const bool may_change = about && about->result == keys::outcome::found && about->may_replace &&
                            (about->from != keys::origin::administrator || about->key_of);
    return may_change ? change_hold::may_change : change_hold::none;
}

failure failure_of(keys::outcome outcome, const finding& about, const standing& one) {
    const auto& said = one.said.settings;
    if (is_no_key_yet(about, one)) return {obstacle::no_key, fallback::send, "no key is known yet"};
    switch (outcome) {
    case keys::outcome::absent: return {obstacle::no_key, said.without_key, "no key"};
    case keys::outcome::unusable:
        return {is_weak(about) ? obstacle::weak_key : obstacle::unusable_key, said.unusable_key,
                "no usable key"};
    case keys::outcome::found:
    case keys::outcome::temporary: break;
    }
    return {obstacle::lookup_failed, said.lookup_failed, "the key could not be looked up"};
}

bool is_never_clear(const standing& one, const finding& about) {
    return one.bound || one.not_clear || is_pinned(about);
}

fallback allowed(obstacle why, fallback set, const standing& one, const finding& about) {
    if (set != fallback::send || !is_never_clear(one, about)) return set;
    if (one.not_clear) return fallback::hold;
    return why == obstacle::lookup_failed ? fallback::defer : fallback::reject;
}

} // namespace postseal::policy
