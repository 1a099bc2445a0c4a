// SPDX-License-Identifier: Apache-2.0
// All that `explain` shows and `test` judges of one message: what was asked, the plan, how each
// recipient came to their rule, and what becomes of the header section. Pure: made from what has
// been read and found.
#pragma once

#include "cli/supposition.hpp"
#include "message/header_comparison.hpp"
#include "policy/trace.hpp"
#include "relay/policy_question.hpp"
#include "relay/settings.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::cli {

/// The header section of one delivery.
struct delivered_fields {
    std::string outside;                        ///< as it leaves, each field ended by CRLF
    std::vector<message::field_change> changes; ///< none of an untouched one
};

/// What would be if no rule only observed.
struct in_earnest {
    policy::plan plan;
    std::vector<delivered_fields> headers; ///< of each delivery of it
};

struct explanation {
    supposition supposed;
    relay::policy_question asked;
    relay::findings found;
    policy::plan plan;
    std::optional<in_earnest> would; ///< none where no recipient's rule only observes
    /// Of each recipient, once trace_rules() has looked; none of those inside.
    std::vector<std::vector<policy::rule_trace>> traced;
    std::vector<delivered_fields> headers; ///< of each delivery of the plan
};

/// The settings with every rule in force, where some only observe; else themselves.
[[nodiscard]] const relay::settings& in_force_or_as_set(const relay::settings& under);

/// The question under what is supposed. `message` has CRLF line ends.
[[nodiscard]] relay::policy_question
put_question(const supposition& supposed, const smtp::envelope& envelope, std::string_view message);

/// `found` is what the rules ask for that would be in force (in_force_or_as_set).
/// `now` stands in the Received field that would be written, in seconds since the epoch.
[[nodiscard]] explanation explain(const relay::settings& under, supposition supposed,
                                  relay::policy_question asked, relay::findings found,
                                  std::string_view message, long long now);

/// Adds how each recipient came to their rule: every rule before it is looked at.
void trace_rules(explanation& made, const policy::rule_set& rules);

[[nodiscard]] bool is_refused(const policy::plan& plan); ///< to anybody
[[nodiscard]] bool is_refused(const policy::plan& plan, const policy::decision& one);

} // namespace postseal::cli
