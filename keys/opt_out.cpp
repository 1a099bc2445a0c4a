// SPDX-License-Identifier: Apache-2.0
#include "keys/opt_out.hpp"

#include "keys/account.hpp"
#include "keys/record_json.hpp"

namespace postseal::keys {

std::string to_clause(const opt_out& one) {
    const bool whole = one.name.find('@') == std::string::npos;
    return (whole ? "all of " + as_text(one.name) + " " : std::string()) +
           "opted out of sealed mail (by " + as_text(one.by) + ", " + day(one.since) + ": " +
           as_text(one.why) + ")";
}

finding as_finding(const opt_out& one) {
    finding made;
    made.result = outcome::absent;
    made.source = "store";
    made.reason = to_clause(one);
    made.opted_out = true;
    return made;
}

} // namespace postseal::keys
