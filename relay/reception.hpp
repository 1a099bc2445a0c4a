// SPDX-License-Identifier: Apache-2.0
// One message on its way in: takes it from the client into its buffer, to its true end whatever is
// wrong with it, and says whether it can be served.
// Fails: throws what the client's connection throws; a full disk is a refusal.
// Limits: size of message and header section, patience between two pieces, from the settings.
#pragma once

#include "relay/connection.hpp"
#include "relay/message_buffer.hpp"
#include "relay/services.hpp"
#include "smtp/data_reader.hpp"
#include "smtp/reply.hpp"

#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <string_view>

namespace postseal::relay {

class reception {
  public:
    /// `peer` is for the log. `with` and `into` must outlive this.
    reception(services& with, std::shared_ptr<const settings> current, bare_newline rule,
              std::string peer, message_buffer& into);

    /// Reads to the true end of data: 250, or the refusal of what came. The client must stay in
    /// step.
    asio::awaitable<smtp::reply> receive_data(connection& from);

  private:
    void keep(std::string_view piece);
    [[nodiscard]] smtp::reply judge();
    void refuse_for_want_of_room(const std::string& why);

    services& with_;
    std::shared_ptr<const settings> current_;
    bare_newline rule_;
    std::string peer_;
    message_buffer& into_;
    smtp::data_reader reader_;
    smtp::reply verdict_; ///< so far; the first refusal stays
};

} // namespace postseal::relay
