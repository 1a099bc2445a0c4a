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
    before.reason = "found before, and could not be asked for again: " + result.reason;
    return before;
}

} // namespace postseal::keys
