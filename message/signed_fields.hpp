// SPDX-License-Identifier: Apache-2.0
// Which fields of a header section the DKIM and ARC signatures in it are over (RFC 6376 §5.4, RFC
// 8617 §4), so that it is known what a change makes stale. Only names are read, no cryptography.
// Limits: max_signatures.
#pragma once

#include "message/header_section.hpp"

#include <cstddef>
#include <vector>

namespace postseal::message {

/// A header section with more of them was signed by nobody who means well: they are not read.
inline constexpr std::size_t max_signatures = 100;

struct field_signature {
    std::size_t at = 0;               ///< index of the signature's own field
    bool arc = false;                 ///< of a chain, whose ARC-* fields stand and fall together
    bool all_below = false;           ///< no `h=`: signs every field below it
    std::vector<std::size_t> signs{}; ///< indices of fields: of each name in `h=` the last ones
};

/// DKIM-Signature, DomainKey-Signature and ARC-Message-Signature, in their order. One without `h=`
/// is over everything below it, as DomainKeys has it. An ARC-Message-Signature counts as one over
/// the whole chain, since ARC-Seal binds its fields to each other.
[[nodiscard]] std::vector<field_signature>
read_signatures(const std::vector<const header_field*>& fields);

} // namespace postseal::message
