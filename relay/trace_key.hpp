// SPDX-License-Identifier: Apache-2.0
// The key by which this relay knows its own Received fields again (message/trace). It lives in a
// file in the spool folder, is made at the first start, and kept from then on. Relays that hand
// mail to each other share it: copy the file. Fails: std::runtime_error with a sentence for the
// administrator.
#pragma once

#include "relay/hash_key.hpp"

#include <filesystem>
#include <optional>
#include <string_view>

namespace postseal::relay {

struct trace_key {
    /// With mode 0600.
    static constexpr std::string_view file_name = "trace.key";

    /// Reads the key of that spool folder; makes one where there is none, at once and whole, so
    /// that relays that start together agree.
    [[nodiscard]] static hash_key open(const std::filesystem::path& folder);

    /// Nothing where there is no file.
    [[nodiscard]] static std::optional<hash_key> read(const std::filesystem::path& folder);
};

} // namespace postseal::relay
