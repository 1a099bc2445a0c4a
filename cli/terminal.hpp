// SPDX-License-Identifier: Apache-2.0
// What others have chosen, such as an address, on its way to an administrator's terminal: no
// control character moves the cursor there, and no invisible one turns around the text beside it.
#pragma once

#include "smtp/mailbox.hpp"

#include <boost/json/value.hpp>

#include <string>
#include <string_view>

namespace postseal::cli {

/// message::visible() of an address.
[[nodiscard]] std::string shown(const smtp::mailbox& address);

/// JSON that says the same, with such characters written as "\u202e".
[[nodiscard]] std::string escaped(std::string_view json);

/// One line without its end.
[[nodiscard]] std::string json_line(const boost::json::value& of);

} // namespace postseal::cli
