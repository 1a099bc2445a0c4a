// SPDX-License-Identifier: Apache-2.0
// Cryptographic Message Syntax (RFC 5652) at its surface: what kind of content S/MIME carries.
#pragma once

#include <string_view>

namespace postseal::message {

enum class cms_content {
    unreadable,     ///< no ContentInfo, or one that does not fill the octets exactly
    enveloped_data, ///< encrypted to recipients: envelopedData, or authEnvelopedData (RFC 5083),
                    ///< with its ciphertext
    signed_data,
    other, ///< compressed, digested, encrypted with a shared key, …
};

/// Reads a DER or BER encoding as far as to its ciphertext, in a handful of passes over the lengths
/// of its elements.
[[nodiscard]] cms_content read_cms(std::string_view octets);

} // namespace postseal::message
