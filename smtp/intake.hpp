// SPDX-License-Identifier: Apache-2.0
// A message on its way in, whichever command brings it: what of it is kept, and why it cannot be
// served. Limits: the size of the message as it is kept.
#pragma once

#include "smtp/data_reader.hpp"
#include "smtp/reply.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::smtp {

class intake {
  public:
    /// `message_size` in octets; 0: no limit.
    intake(framing framed, newline_rule rule, std::uint64_t message_size);

    /// Appends what is to be kept of `input` to `out`; nothing once there is a refusal. The client
    /// must stay in step, so a refused message is read to its end all the same.
    data_reader::step feed(std::string_view input, std::string& out);

    /// A chunk of so many octets is about to come. Too many are refused before they have.
    void announce(std::uint64_t octets);

    /// The last chunk is over.
    void finish(std::string& out);

    /// Of the message, once it is known; the first one stays. 552 5.3.4 too large, 550 5.6.0 NUL or
    /// a lone CR or LF (which the rule may allow).
    [[nodiscard]] const std::optional<reply>& refusal() const { return refusal_; }

  private:
    void judge(std::string& out, std::size_t before);

    data_reader reader_;
    newline_rule rule_;
    std::uint64_t limit_;
    std::uint64_t kept_ = 0;
    std::optional<reply> refusal_;
};

/// The answer to a chunk that is not the last one: 250, with its size (RFC 3030 §2).
[[nodiscard]] reply chunk_taken(std::uint64_t octets);

/// 552 5.3.4: `what` ("message", "header section") has more than `limit` octets.
[[nodiscard]] reply too_large(const std::string& what, std::uint64_t limit);

} // namespace postseal::smtp
