// SPDX-License-Identifier: Apache-2.0
// The mail that `explain` is asked about, as it would come over SMTP.
// Fails: std::runtime_error with a sentence for a person.
#pragma once

#include "cli/commands.hpp"
#include "cli/supposition.hpp"
#include "relay/settings.hpp"
#include "smtp/envelope.hpp"

#include <filesystem>
#include <string>

namespace postseal::cli {

struct mail {
    smtp::envelope envelope;
    std::string message; ///< every line ended by CRLF
};

/// What the listener of that connection would take, within the limits.
[[nodiscard]] mail supposed_mail(const explain_options& options, const supposition& over,
                                 const relay::limits& limits);

/// A message that stands in a file, or for "-" comes over standard input.
[[nodiscard]] std::string read_message(const std::filesystem::path& file);

} // namespace postseal::cli
