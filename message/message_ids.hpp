// SPDX-License-Identifier: Apache-2.0
// Message identifiers (RFC 5322 §3.6.4) that name an internal host, put in the form of others: a
// keyed hash of the whole identifier at a public domain. The same identifier becomes the same one
// in every field of every message, so that conversations hold together outside; nobody there finds
// the host, or the program, again. Nothing is remembered: what comes back cites the new form.
// Limits: max_disguised in one field.
#pragma once

#include "message/header_section.hpp"
#include "message/keyed_hash.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::message {

struct id_disguise {
    keyed_hash hash;                ///< empty: nothing is disguised
    std::vector<std::string> hosts; ///< patterns of what may stand behind the '@' and is internal
    std::string domain;             ///< stands there instead; matches none of `hosts`
};

/// Identifiers of one field that are disguised. Nobody cites more, and each costs a hash in every
/// copy: what comes behind them in the field is left out.
inline constexpr std::size_t max_disguised = 500;

/// Message-ID, In-Reply-To, References, Resent-Message-ID.
[[nodiscard]] bool holds_ids(std::string_view field_name);

/// The field with its internal identifiers disguised, all else as it is; nothing where it has none.
[[nodiscard]] std::optional<std::string> disguised(const header_field& field,
                                                   const id_disguise& by);

} // namespace postseal::message
