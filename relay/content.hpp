// SPDX-License-Identifier: Apache-2.0
// Makes the bytes that one group of recipients gets: the message as it came, with a cleaned header
// section, or sealed. Everything is made before anything is sent.
#pragma once

#include "message/header_section.hpp"
#include "policy/plan.hpp"
#include "relay/message_buffer.hpp"
#include "relay/services.hpp"
#include "seal/compression.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/result.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

namespace asio = boost::asio;

/// One group's content. What came from the client is not copied: `rest` points into its buffer.
struct content {
    std::string head;      ///< made here: cleaned header section
    std::string_view rest; ///< of the original message
    message_buffer sealed; ///< instead of both, when sealed

    [[nodiscard]] std::vector<std::string_view> pieces();
    /// The piece that has the header section.
    [[nodiscard]] std::string_view beginning();
    [[nodiscard]] std::uint64_t size() const { return head.size() + rest.size() + sealed.size(); }
};

/// The message that content is made from, and what this hop says of itself.
struct original {
    std::string_view bytes;         ///< the whole message, every line ended by CRLF
    message::header_section header; ///< read from `bytes`
    std::string received;           ///< our own Received field; empty: none
};

/// `packing` is for sealed content; clear content stays as it is. Of held mail this is what the
/// spool keeps: the message as it came, behind our Received field.
/// Fails by seal::errc; throws std::system_error when a file cannot be written.
/// `from` must live until this returns, its bytes as long as the content.
asio::awaitable<boost::system::result<content>>
make_content(services& with, std::shared_ptr<const settings> current, const original& from,
             policy::delivery group, seal::compression packing);

} // namespace postseal::relay
