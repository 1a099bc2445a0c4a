// SPDX-License-Identifier: Apache-2.0
// One message on its way in: takes it from the client into its buffer, to its true end whatever is
// wrong with it, and says whether it can be served.
// Fails: throws what the client's connection throws, but system_error(too_slow) where it is too
// slow or silent; a full disk is a refusal. Limits: size of message and header section, data_rate
// and data_timeout, from the settings.
#pragma once

#include "relay/connection.hpp"
#include "relay/message_buffer.hpp"
#include "relay/services.hpp"
#include "smtp/intake.hpp"
#include "smtp/pace.hpp"
#include "smtp/reply.hpp"

#include <boost/asio/awaitable.hpp>
#include <boost/system/errc.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::relay {

/// Thrown where a client is silent, or too slow, in the middle of a message.
inline constexpr auto too_slow = boost::system::errc::stream_timeout;

class reception {
  public:
    /// `peer` is for the log. `with` and `into` must outlive this.
    reception(services& with, std::shared_ptr<const settings> current, smtp::framing framed,
              smtp::newline_rule rule, std::string peer, message_buffer& into);

    /// DATA: reads to the true end of data. The client must stay in step.
    asio::awaitable<void> receive_data(connection& from);

    /// BDAT: reads one chunk. The answer to it, if it is not the last one: 250, or why the message
    /// will be refused.
    asio::awaitable<smtp::reply> receive_chunk(connection& from, std::uint64_t octets);

    /// All of it has come: 250, or the refusal.
    [[nodiscard]] smtp::reply finish();

  private:
    std::size_t take(std::string_view arrived);
    void keep();
    void judge_header(std::string_view message);
    [[nodiscard]] const std::optional<smtp::reply>& refusal() const;
    void refuse_for_want_of_room(const std::string& why);

    services& with_;
    std::shared_ptr<const settings> current_;
    std::string peer_;
    message_buffer& into_;
    smtp::framing framing_;
    smtp::intake intake_;
    smtp::pace pace_;
    bool ended_ = false;
    std::string piece_;
    std::optional<smtp::reply> refusal_; ///< for a reason of ours
};

/// Reads a chunk that is no part of a message, and throws it away; as patient as a reception.
asio::awaitable<void> skip_chunk(connection& from, std::uint64_t octets, smtp::pace pace);

/// The pace that these limits allow.
[[nodiscard]] smtp::pace pace_within(const limits& allowed);

} // namespace postseal::relay
