// SPDX-License-Identifier: Apache-2.0
#include "keys/verdict.hpp"

#include <array>

namespace postseal::keys {

finding combine(std::span<const finding> said) {
    constexpr std::array order{outcome::found, outcome::temporary, outcome::unusable};
    for (const auto wanted : order)
        for (const auto& one : said)
            if (one.result == wanted && !one.retry_in) return one;
    for (const auto& one : said)
        if (one.retry_in) return one;
    // The last one that was asked is the one behind which nobody knew better.
    if (!said.empty()) return said.back();
    return {outcome::absent, std::nullopt, {}, "there is no source to ask"};
}

bool is_expired(const certificate& held, std::chrono::sys_seconds now) {
    return held.expires && *held.expires <= now;
}

bool is_fresh(const memory& entry, std::chrono::sys_seconds now) {
    if (entry.asked > now || entry.fresh_until <= now) return false;
    return !entry.what.found || !is_expired(*entry.what.found, now);
}

finding fall_back(finding result, const memory& entry, std::chrono::sys_seconds now) {
    if (result.result != outcome::temporary || !entry.what.found) return result;
    if (is_expired(*entry.what.found, now)) return result;
    // Whoever blocks lookups must not keep a key in use that was replaced or revoked long ago.
    if (now >= entry.asked + believed_for) return result;
    auto before = entry.what;
    before.reason = std::string(used_on) + result.reason;
    return before;
}

doubted doubt(finding said, bool authoritative,
              std::optional<std::chrono::sys_seconds> denied_since, std::chrono::sys_seconds now) {
    doubted done;
    if (said.result != outcome::found) done.denied_since = denied_since;
    done.said = std::move(said);
    if (done.said.result != outcome::absent) return done;
    const bool believable =
        denied_since && *denied_since <= now && now < *denied_since + doubted_for;
    if (authoritative && believable && now >= *denied_since + confirmed_after) {
        done.confirmed = true;
        done.denied_since.reset();
        return done;
    }
    done.said.result = outcome::temporary;
    done.said.reason += "; but there was a key before";
    if (!authoritative) return done;
    done.said.reason += ", so this is asked again in a day";
    if (!believable) done.denied_since = now;
    return done;
}

} // namespace postseal::keys
