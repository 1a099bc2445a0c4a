// SPDX-License-Identifier: Apache-2.0
// What can be said of a condition. Not to know is an answer of its own (Kleene's logic): a rule
// holds only where all that it asks is known to hold, and `not` turns ignorance into nothing else.
#pragma once

#include <algorithm>

namespace postseal::policy {

/// In this order the least of several is what all of them make, and the greatest what any makes.
enum class truth {
    no,
    unknown, ///< nobody will ever say
    open,    ///< not known yet: the message has not come, or no key has been looked for
    yes,
};

[[nodiscard]] constexpr truth truth_of(bool known) { return known ? truth::yes : truth::no; }

[[nodiscard]] constexpr truth both(truth a, truth b) { return std::min(a, b); }
[[nodiscard]] constexpr truth either(truth a, truth b) { return std::max(a, b); }

[[nodiscard]] constexpr truth opposite(truth a) {
    switch (a) {
    case truth::no: return truth::yes;
    case truth::unknown: return truth::unknown;
    case truth::open: return truth::open;
    case truth::yes: return truth::no;
    }
    return truth::unknown;
}

} // namespace postseal::policy
