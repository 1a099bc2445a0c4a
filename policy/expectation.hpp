// SPDX-License-Identifier: Apache-2.0
// What an administrator expects a plan to say for one recipient, and where it says something else.
// Pure.
#pragma once

#include "message/header_section.hpp"
#include "policy/plan.hpp"
#include "policy/text_pattern.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::policy {

/// What becomes of a recipient, in one word.
enum class fate {
    sealed,
    clear,     ///< cleaned or untouched
    cleaned,   ///< in clear, with a cleaned header section
    untouched, ///< bit for bit
    held,      ///< nothing yet
    refused,   ///< deferred or rejected
    deferred,  ///< 4xx: tried again
    rejected,  ///< 5xx
};

[[nodiscard]] std::string_view to_string(fate what);

/// Of the header section that leaves.
struct expected_field {
    std::string name;
    bool wanted = true;                 ///< false: no such field
    std::optional<text_pattern> text{}; ///< one of that name matches; nothing: whatever it says
};

/// What is left out is not asked.
struct expectation {
    std::optional<policy::fate> fate;
    std::optional<std::string> rule;
    std::optional<std::string> reply;             ///< "550", or "550 5.7.5"
    std::optional<std::vector<std::size_t>> with; ///< who else gets this copy: indices, ascending
    std::optional<bool> looked_up;                ///< somebody is asked for a key
    std::optional<std::string> key_of;            ///< whose key it is about, or "none"
    std::optional<bool> warned;                   ///< an administrator is told of a changed key
    std::vector<expected_field> header;
};

/// What has come of a message for one recipient.
struct outcome {
    const policy::plan& plan;
    const smtp::envelope& envelope;
    std::size_t recipient = 0;
    bool looked_up = false;
    const message::header_section* header = nullptr; ///< that leaves; null: nothing does
};

struct difference {
    std::string about; ///< "treatment", "rule", "header Subject", …
    std::string expected;
    std::string got;
};

/// Empty: all is as expected.
[[nodiscard]] std::vector<difference> compare(const expectation& expected, const outcome& of);

} // namespace postseal::policy
