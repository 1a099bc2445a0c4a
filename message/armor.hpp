// SPDX-License-Identifier: Apache-2.0
// ASCII armor (RFC 4880 §6): written for what we seal, read for keys and for classification.
#pragma once

#include "message/sink.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::message {

/// Writes a "PGP MESSAGE" block with CRLF line ends, 64 columns, no armor headers, and the CRC-24.
/// Feed the binary in pieces of any size, then finish.
class armor_writer {
  public:
    explicit armor_writer(sink out);
    void write(std::string_view binary);
    void finish();

  private:
    void write_line(std::string_view octets);
    void flush();

    sink out_;
    std::string pending_; // fewer octets than one line holds
    std::string text_;    // lines that the sink gets as one large piece
    std::uint32_t crc_;
};

struct armored_block {
    std::string label;   ///< "PGP MESSAGE", "PGP PUBLIC KEY BLOCK", …
    std::string binary;  ///< decoded
    std::size_t end = 0; ///< offset just behind the block's END line in the text that was read
    std::size_t header_octets = 0; ///< of the armor headers ("Comment: …"), which nothing encrypts
};

/// The first armor block in `text` at or after `from` (CRLF or LF line ends). Nothing where there
/// is no block, or it is broken (bad base64, missing END, wrong CRC where a CRC is given). Text
/// before the BEGIN line is passed over; so is the frame of a cleartext signature, which armors
/// nothing. White space may end a line; nothing else is forgiven. One pass, and no more memory than
/// `text`.
[[nodiscard]] std::optional<armored_block> read_armor(std::string_view text, std::size_t from = 0);

} // namespace postseal::message
