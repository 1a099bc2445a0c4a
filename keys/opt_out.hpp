// SPDX-License-Identifier: Apache-2.0
// That somebody cannot read sealed mail, on an administrator's word: an address, or all of a
// domain. Nobody is asked for their keys then, and whatever is known of them counts for nothing.
#pragma once

#include "keys/certificate.hpp"

#include <chrono>
#include <string>

namespace postseal::keys {

struct opt_out {
    std::string name; ///< an address as lookup_key spells it, or a domain (an A-label)
    std::string by;   ///< the administrator's login
    std::string why;  ///< in their words; one line
    std::chrono::sys_seconds since{};

    bool operator==(const opt_out&) const = default;
};

/// "opted out of sealed mail (by anna, 2026-11-26: reads mail on a phone)".
[[nodiscard]] std::string to_clause(const opt_out& one);

/// What a lookup comes to.
[[nodiscard]] finding as_finding(const opt_out& one);

} // namespace postseal::keys
