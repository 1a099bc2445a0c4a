// SPDX-License-Identifier: Apache-2.0
// Content transfer encodings (RFC 2045 §6) of leaves, undone: strictly, for we look for what is
// certainly there, not for the best that can be made of it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postseal::message {

enum class transfer_encoding {
    identity, ///< 7bit, 8bit, binary, or no field
    quoted_printable,
    base64,
    unknown,
};

/// `body` is the body of a Content-Transfer-Encoding field.
[[nodiscard]] transfer_encoding read_transfer_encoding(std::string_view body);

/// What a leaf holds. Points into the message where nothing was encoded.
class decoded_content {
  public:
    [[nodiscard]] std::string_view octets() const { return own_ ? decoded_ : plain_; }

    /// These are all the octets, and every character of the leaf served to encode them. Otherwise
    /// they are its beginning.
    [[nodiscard]] bool whole() const { return whole_; }

  private:
    friend decoded_content decode(std::string_view, transfer_encoding, std::size_t);

    std::string_view plain_;
    std::string decoded_;
    bool own_ = false;
    bool whole_ = true;
};

inline constexpr std::size_t everything = static_cast<std::size_t>(-1);

/// The first `limit` octets that `leaf` encodes; of an unknown encoding none. Ends before anything
/// that the encoding does not allow. Reads no more of a leaf than about four times the limit.
[[nodiscard]] decoded_content decode(std::string_view leaf, transfer_encoding encoding,
                                     std::size_t limit = everything);

} // namespace postseal::message
