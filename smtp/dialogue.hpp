// SPDX-License-Identifier: Apache-2.0
// The server's side of one SMTP conversation (RFC 5321 §4.1.4) as a pure state machine: what the
// client said is legal now, and what the relay has to do about it. The relay carries the bytes.
#pragma once

#include "smtp/command.hpp"
#include "smtp/envelope.hpp"
#include "smtp/extensions.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postseal::smtp {

struct dialogue_settings {
    std::string hostname;
    client_trust trust = client_trust::stranger; ///< may send XFORWARD
    std::uint64_t message_size = 0;              ///< octets; 0: no limit of ours
    std::size_t recipients = 1000;               ///< a transaction
    std::size_t errors = 20;                     ///< refused commands before 421
};

/// What the relay has to do next. After every one but `say`, `say_and_close` and `collect_data` it
/// reports the next hop's answer with the matching on_…() function.
namespace action {
struct say { reply answer; };
struct say_and_close { reply answer; };
struct greet_next_hop { bool extended; std::string domain; }; ///< then on_extensions or on_refused
struct forward_mail { mail what; };                           ///< then on_mail
struct forward_rcpt { rcpt what; };                           ///< then on_rcpt
struct forward_rset { };                                      ///< then on_rset
struct forward_xforward { xforward what; };                   ///< then on_xforward
struct collect_data { reply go_ahead; };                      ///< read to the end, then on_data_done
} // namespace action

using next_action =
    std::variant<action::say, action::say_and_close, action::greet_next_hop, action::forward_mail,
                 action::forward_rcpt, action::forward_rset, action::forward_xforward,
                 action::collect_data>;

class dialogue {
  public:
    explicit dialogue(dialogue_settings settings);

    [[nodiscard]] reply greeting() const;

    /// A command line without CRLF; `too_long` lines are refused whole with 500.
    next_action on_line(std::string_view line);
    next_action on_line_too_long();

    // The next hop's answers; each returns what the client hears. A 421 ends the conversation.
    reply on_extensions(const extensions& offered);
    reply on_refused(const reply& answer); ///< of the greeting or EHLO: nothing works until the next EHLO
    reply on_mail(const reply& answer);
    reply on_rcpt(const reply& answer);
    reply on_rset(const reply& answer);
    reply on_xforward(const reply& answer);
    /// The transaction is over, whatever its outcome.
    void on_data_done();

    [[nodiscard]] const envelope& current() const { return envelope_; }
    [[nodiscard]] const extensions& offered() const { return offered_; }
    [[nodiscard]] const std::vector<parameter>& forwarded() const { return forwarded_; }
    [[nodiscard]] bool extended() const { return greeted_ == greeted::ehlo; }
    [[nodiscard]] const std::string& client_domain() const { return client_domain_; }

  private:
    enum class greeted { no, helo, ehlo };

    next_action refuse(reply answer);

    dialogue_settings settings_;
    greeted greeted_ = greeted::no;
    greeted asked_ = greeted::no;
    std::string client_domain_;
    extensions offered_;                ///< by the next hop
    std::vector<parameter> forwarded_;  ///< XFORWARD attributes in force
    bool in_transaction_ = false;
    envelope envelope_;
    std::optional<command> pending_;    ///< what the next hop is being asked
    std::size_t errors_ = 0;
};

} // namespace postseal::smtp
