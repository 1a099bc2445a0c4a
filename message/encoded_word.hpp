// SPDX-License-Identifier: Apache-2.0
// Encoded words (RFC 2047): text of other scripts in a header field of ASCII.
//
// Fails: never. What is not clearly an encoded word is the text that it looks like. Other letters
// than ASCII of a character set that is not known here (message/character_set) become '?'.
#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace postseal::message {

/// The text of an unfolded field as UTF-8, for comparing and for people. White space between two
/// encoded words is none (§6.2). UTF-8, ISO 8859-1 and Windows-1252 are read wholly.
[[nodiscard]] std::string decode_words(std::string_view text);

/// `text` with what is in each encoded word (octets in its own character set, in which ASCII is
/// ASCII) as `change` makes it. A word that nothing is left of goes; one that stays the same keeps
/// its bytes. `change` only takes away.
[[nodiscard]] std::string rewrite_words(std::string_view text,
                                        const std::function<std::string(std::string_view)>& change);

/// `text` (UTF-8) as it may stand in a field: itself where it is printable ASCII that nobody would
/// take for encoded words, else encoded words of at most 75 octets, with a fold between two. An
/// octet that is no UTF-8 becomes '?'.
[[nodiscard]] std::string encode_words(std::string_view text);

} // namespace postseal::message
