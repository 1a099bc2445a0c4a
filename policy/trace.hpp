// SPDX-License-Identifier: Apache-2.0
// Why a rule speaks for a recipient and others do not: what each of their conditions comes to. For
// people; decisions are made by evaluate, which this agrees with.
#pragma once

#include "policy/rules.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace postseal::policy {

struct condition_trace {
    std::string
        text; ///< as describe() has it; "any of", "none of" and "all of" for what holds others
    truth answer = truth::no;
    std::size_t depth =
        0; ///< 0: has to hold for the rule; more: inside the one above that has less
};

struct rule_trace {
    std::string rule;
    truth answer = truth::no;
    std::vector<condition_trace> conditions; ///< none: it holds for everything
    bool about_others = false;               ///< its `from` or `to` does not match
};

/// Every rule, in their order, up to the one that speaks for this recipient. Not only those that
/// are worth asking: a slip in a rule's `to` is what people look for.
[[nodiscard]] std::vector<rule_trace> trace(const rule_set& rules, const circumstances& around,
                                            const addressee& whom);

/// "holds", "does not hold", "not known".
[[nodiscard]] std::string_view to_string(truth answer);

} // namespace postseal::policy
