// SPDX-License-Identifier: Apache-2.0
// What smtpd's restriction lists say to a client that wants to send to a foreign address: the
// question on which an open relay, or a mail that is refused for nothing, depends.
#pragma once

#include "postfix/configuration.hpp"
#include "smtp/ip_address.hpp"

#include <optional>

namespace postseal::postfix {

struct visitor {
    /// Nothing: somebody in the Internet whom no list names.
    std::optional<smtp::ip_address> address = std::nullopt;
    /// Where the connection itself comes from is what permit_inet_interfaces looks at, whatever
    /// XCLIENT said. PROXY changes that as well.
    enum class peer { as_address, this_machine } connection = peer::as_address;
    enum class login { none, done } authenticated = login::none;
};

enum class relaying {
    permitted,
    refused,
    unclear, ///< a table, a policy service or a class of the administrator's decides
    broken,  ///< smtpd refuses to work: neither relay nor recipient restrictions ever say no
};

[[nodiscard]] relaying may_relay(const configuration& read, const service& where,
                                 const visitor& who);

} // namespace postseal::postfix
