// SPDX-License-Identifier: Apache-2.0
// One mail transaction with the next hop (RFC 5321 §3.3), from RSET to the answer to the final dot.
// Fails: never by exception; what goes wrong on the network is a reply, as in next_hop.
#pragma once

#include "relay/next_hop.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <boost/asio/awaitable.hpp>

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace postseal::relay {

/// What one transaction says.
struct mail_transaction {
    std::optional<smtp::mailbox> sender;
    std::vector<smtp::parameter> parameters; ///< of MAIL, as they are to be said
    std::vector<smtp::parameter> xforward;   ///< said before MAIL, as RSET made it forgotten
    std::vector<smtp::recipient> recipients; ///< what the next hop does not offer is left out
    std::vector<std::string_view> pieces;    ///< must live until the transaction has ended
    next_hop::question still_wanted;
};

/// What a recipient who is refused means for the others.
enum class on_refusal {
    ends_for_all, ///< one answer for everybody: the first that is not positive
    others_go_on,
};

struct transaction_end {
    std::vector<smtp::reply> replies; ///< one for each recipient, in their order
    bool notifies = false;            ///< the next hop offers DSN
    bool reached_mail = false;        ///< else no reply says anything about this mail
    /// The connection broke after DATA: the next hop may have taken the message all the same, and
    /// recipients who get it again get it twice (RFC 5321 §4.5.3.2.6).
    bool lost_in_message = false;
};

/// What does not offer what the message needs (SMTPUTF8, REQUIRETLS) gets no MAIL: 451.
/// `to` has been greeted; it must live until this returns.
asio::awaitable<transaction_end> carry_out(next_hop& to, mail_transaction what, on_refusal refused);

/// The parameters of MAIL for content that is not the client's own any more, from those that the
/// client gave: SIZE tells the true size where the next hop wants one, BODY goes where only 7-bit
/// lines are left, AUTH always: nobody but the client may vouch (RFC 4954 §5). What the message
/// needs stays, offered or not.
enum class content_lines { as_they_came, seven_bit };
[[nodiscard]] std::vector<smtp::parameter> parameters_for(const std::vector<smtp::parameter>& given,
                                                          content_lines lines, std::uint64_t octets,
                                                          const smtp::extensions& offered);

/// A reply that is about us or the connection, not about the mail: it is no reason to bounce it.
[[nodiscard]] smtp::reply as_delay(const smtp::reply& answer);

} // namespace postseal::relay
