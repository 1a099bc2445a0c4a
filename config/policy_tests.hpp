// SPDX-License-Identifier: Apache-2.0
// An administrator's own expectations of a policy, which `postseal test` holds against it: each a
// mail that is supposed to come, and what shall become of it. docs/policy.md.
// Limits: max_test_message octets of a message that stands in a file of its own.
#pragma once

#include "config/source.hpp"
#include "config/yaml.hpp"
#include "keys/certificate.hpp"
#include "policy/expectation.hpp"
#include "policy/origin.hpp"
#include "smtp/envelope.hpp"

#include <cstddef>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace postseal::config {

inline constexpr std::size_t max_test_message = 64U << 20;

/// What a lookup is supposed to come to: nobody is asked.
struct supposed_key {
    /// Is it another one than the one that mail was sealed to?
    enum class change { no, yes, unknown };

    keys::outcome result = keys::outcome::absent;
    std::string algorithm = "cv25519"; ///< of a found one, as keys::certificate has it
    keys::origin from = keys::origin::domain;
    supposed_key::change changed = change::no;
    bool opted_out = false; ///< whatever key there is
};

struct expected_recipient {
    std::size_t recipient = 0; ///< index into envelope.recipients
    position at;
    policy::expectation what;
};

struct policy_test {
    struct word {
        std::string text; ///< as an option of `postseal explain` has it
        position at;
    };

    std::string name;
    position at;
    std::map<policy::fact, word> over; ///< what is said of the connection
    smtp::envelope envelope;
    std::string message;            ///< the whole, every line ended by CRLF
    std::vector<supposed_key> keys; ///< one a recipient
    std::vector<expected_recipient> expected;
};

struct policy_tests {
    source from;
    std::vector<policy_test> tests;
};

/// Throws config::error.
[[nodiscard]] policy_tests read_policy_tests(const std::filesystem::path& file);

} // namespace postseal::config
