// SPDX-License-Identifier: Apache-2.0
// What an import has come to, for whoever started it, and what both kinds of it refuse.
#pragma once

#include "keys/account.hpp"
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

/// A key to which mail for an address may be sealed now, and was not before.
struct imported_key {
    std::string place;
    std::string address;
    std::string fingerprint;
    keys::standing how; ///< pinned, imported, or found by a source
};

struct import_count {
    std::size_t changed = 0;        ///< addresses of which something is known now that was not
    std::size_t unchanged = 0;      ///< all was known
    std::size_t refused = 0;        ///< lines, keys for an address
    std::vector<imported_key> keys; ///< pinned ones among them
    std::vector<imported_pin> pins; ///< that were not there before
};

/// Says so on standard error.
void refuse(const std::string& place, const std::string& why, import_count& count);

/// What an import has made of an address: whoever can write a file can put a key of theirs into it,
/// and only whoever reads this can notice.
void note_keys(const std::string& place, const std::string& address, const keys::record& before,
               const keys::record& after, import_count& count);

/// Null: there is none.
[[nodiscard]] const keys::given_certificate* pin_of(const keys::record& known);

/// How many keys are given for the address beside its pin. The cleaner would not look at more than
/// keys::max_certificates.
[[nodiscard]] std::size_t imported_of(const keys::record& known);
inline constexpr auto too_many_given = "the address would have more than eight imported keys";

} // namespace postseal::cli
