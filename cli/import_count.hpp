// SPDX-License-Identifier: Apache-2.0
// What an import has come to, for whoever started it, and what both kinds of it refuse.
#pragma once

#include "keys/record.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace postseal::cli {

/// An address that a file has pinned, perhaps to another key than before.
struct imported_pin {
    std::string place; ///< "keys.jsonl:3"
    std::string address;
    std::string fingerprint;
    std::string instead_of; ///< fingerprint; empty: it was not pinned
};

struct import_count {
    std::size_t changed = 0;   ///< addresses of which something is known now that was not
    std::size_t unchanged = 0; ///< all was known
    std::size_t refused = 0;   ///< lines, keys for an address
    /// Of keys: "bob@example.org FINGERPRINT", where it was not known.
    std::vector<std::string> taken;
    std::vector<imported_pin> pins; ///< that were not there before
};

/// Says so on standard error.
void refuse(const std::string& place, const std::string& why, import_count& count);

/// Null: there is none.
[[nodiscard]] const keys::given_certificate* pin_of(const keys::record& known);

/// How many keys are given for the address beside its pin. The cleaner would not look at more than
/// keys::max_certificates.
[[nodiscard]] std::size_t imported_of(const keys::record& known);
inline constexpr auto too_many_given = "the address would have more than eight imported keys";

} // namespace postseal::cli
