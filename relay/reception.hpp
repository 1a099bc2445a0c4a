// SPDX-License-Identifier: Apache-2.0
// One message on its way in: takes it from the client into its buffer, to its true end whatever is
// wrong with it, and says whether it can be served.
// Fails: throws what the client's connection throws; a full disk is a refusal.
// Limits: size of message and header section, patience between two pieces, from the settings.
#pragma once

#include "relay/connection.hpp"
#include "relay/message_buffer.hpp"
#include "relay/services.hpp"
#include "smtp/intake.hpp"
#include "smtp/reply.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace postseal::relay {

class reception {
  public:
    /// `peer` is for the log. `with` and `into` must outlive this.
    reception(services& with, std::shared_ptr<const settings> current, smtp::framing framed,
              bare_newline rule, std::string peer, message_buffer& into);

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
    bool ended_ = false;
    std::string piece_;
    std::optional<smtp::reply> refusal_; ///< for a reason of ours
};

/// Reads a chunk that is no part of a message, and throws it away.
asio::awaitable<void> skip_chunk(connection& from, std::uint64_t octets,
                                 std::chrono::seconds patience);

} // namespace postseal::relay
