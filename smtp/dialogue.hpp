// SPDX-License-Identifier: Apache-2.0
// The server's side of one SMTP conversation (RFC 5321 §4.1.4) as a pure state machine: what the
// client said is legal now, and what the relay has to do about it. The relay carries the bytes.
#pragma once

#include "smtp/command.hpp"
#include "smtp/envelope.hpp"
#include "smtp/extensions.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace postseal::smtp {

/// Between the client and us. (The next hop's connection is another matter.)
enum class tls_state {
    absent,   ///< not to be had
    offered,  ///< by STARTTLS
    required, ///< by STARTTLS, before anything else is said
    active,
};

/// When may a client log in? (RFC 4954: the exchange is the next hop's, and so is the user.)
enum class login_rule { refused, after_tls, always };

/// LMTP (RFC 2033) differs in its hello, and in one reply for each recipient after the message.
enum class protocol { smtp, lmtp };

struct dialogue_settings {
    std::string hostname;
    smtp::protocol protocol = protocol::smtp;
    tls_state tls = tls_state::absent;
    login_rule login = login_rule::refused;
    routing_marks marks = routing_marks::refused; ///< in local parts
    client_trust trust = client_trust::stranger;  ///< may send XFORWARD
    std::uint64_t message_size = 0;               ///< octets; 0: no limit of ours
    std::size_t recipients = 1000;                ///< a transaction
    std::size_t errors = 20;                      ///< refused commands before 421
};

/// Commands without effect (NOOP, RSET, VRFY, a second EHLO) before 421; a message starts anew.
inline constexpr std::size_t max_junk_commands = 100;

/// Refusals that a well-behaved client cannot help, as it had written on before it heard of the
/// first: RCPT beyond the limit, RCPT and DATA behind a refused MAIL. So many are not errors.
inline constexpr std::size_t max_overshoot = 1000;

/// Logins that failed before the next AUTH is answered by 421.
inline constexpr std::size_t max_failed_logins = 3;

/// What the relay has to do next. Whoever gets `say_and_close` closes once it is said. After every
/// one but those that say, collect and skip it reports the next hop's answer with the matching
/// on_…() function.
namespace action {
/// Tell the client.
struct say {
    reply answer;
};
/// Tell the client, and close.
struct say_and_close {
    reply answer;
};
/// Connect where that has not happened, EHLO or HELO; then on_extensions or on_refused.
struct greet_next_hop {
    bool extended;
    std::string domain;
};
/// mail_line(); then on_mail.
struct forward_mail {
    mail what;
};
/// rcpt_line(); then on_rcpt.
struct forward_rcpt {
    rcpt what;
};
/// RSET; then on_rset.
struct forward_rset {};
/// xforward_lines(); then on_xforward with the last answer or the first refusal.
struct forward_xforward {
    xforward what;
};
/// Read to the end of data and answer; then on_data_done.
struct collect_data {
    reply go_ahead;
};
/// Read so many octets, whatever they are, as a part of the message that the first one of a
/// transaction begins, and answer; behind the last one the answer is that to the message, then
/// on_data_done. Once one had to be refused, all that follow hear the same. The message is given up
/// when the transaction ends.
struct collect_chunk {
    std::uint64_t octets;
    bool last;
};
/// Read so many octets and throw them away, as they are no commands; then tell the client.
struct skip_chunk {
    std::uint64_t octets;
    reply answer;
};
/// Tell the client, and flush. Throw away whatever else it has sent: somebody on the way could have
/// put it there (CVE-2011-0411). Then the handshake, and on_tls; if that fails, close.
struct start_tls {
    reply go_ahead;
};
/// Let an auth_exchange go on to its end; then on_auth.
struct authenticate {
    auth what;
};
} // namespace action

using next_action =
    std::variant<action::say, action::say_and_close, action::greet_next_hop, action::forward_mail,
                 action::forward_rcpt, action::forward_rset, action::forward_xforward,
                 action::collect_data, action::collect_chunk, action::skip_chunk, action::start_tls,
                 action::authenticate>;

class dialogue {
  public:
    explicit dialogue(dialogue_settings settings);

    [[nodiscard]] reply greeting() const;

    /// A command line without CRLF; `too_long` lines and lines that end with a bare LF are refused
    /// whole with 500. Not while the next hop owes an answer.
    ///
    /// EHLO and HELO end a transaction. The next hop is greeted once: a later EHLO is answered from
    /// what it offered then, after a RSET where it has something to forget. Only EHLO after HELO
    /// greets it again.
    /// STARTTLS and AUTH each work once, in this order.
    /// A BDAT whose size cannot be read ends the conversation: where its chunk ends is not known,
    /// and what somebody else has written into a message must never be taken for commands.
    next_action on_line(std::string_view line);
    next_action on_line_too_long(std::string_view beginning);
    next_action on_bare_newline(std::string_view line);

    // The next hop's answers; each returns what the client hears: the next hop's own words, unless
    // they are no answer to what it was asked. A 421 ends the conversation: see finished().
    reply on_extensions(const extensions& offered);
    reply
    on_refused(const reply& answer); ///< of greeting or EHLO: nothing works until the next EHLO
    reply on_mail(const reply& answer);
    reply on_rcpt(const reply& answer);
    reply on_rset(const reply& answer);
    reply on_xforward(const reply& answer);
    /// The transaction is over, whatever its outcome. (Where the next hop has not seen its end, the
    /// relay has said RSET there.)
    void on_data_done();

    /// Everything that was said in clear is forgotten, the client's EHLO and XFORWARD included
    /// (RFC 3207 §4.2).
    void on_tls();
    /// How the exchange has ended, and as whom where that could be read.
    reply on_auth(const reply& answer, std::optional<std::string> name);

    /// Octets that the next command line may have, without CRLF.
    [[nodiscard]] std::size_t line_limit() const;

    /// True once the client has heard 221 or 421: the relay closes.
    [[nodiscard]] bool finished() const { return finished_; }
    /// Between an accepted MAIL and the end of its transaction.
    [[nodiscard]] bool in_transaction() const { return in_transaction_; }
    /// How replies are written to this client.
    [[nodiscard]] status_codes codes() const;

    /// The recipients that the next hop has accepted; parameters as the client gave them, also
    /// those that the next hop does not understand.
    [[nodiscard]] const envelope& current() const { return envelope_; }
    [[nodiscard]] const extensions& offered() const { return offered_; }
    [[nodiscard]] const std::vector<parameter>& forwarded() const { return forwarded_; }
    [[nodiscard]] bool extended() const { return greeted_ == greeted::ehlo; }
    [[nodiscard]] const std::string& client_domain() const { return client_domain_; }
    [[nodiscard]] bool tls_active() const { return settings_.tls == tls_state::active; }
    [[nodiscard]] bool authenticated() const { return authenticated_; }
    /// Whom the next hop has let in; nothing where the mechanism did not show it. For logs and
    /// policy, and printable; no proof beyond the next hop's 235.
    [[nodiscard]] const std::optional<std::string>& login() const { return login_; }

  private:
    enum class greeted { no, helo, ehlo };
    /// Whose mistake is a refusal? Only the client's own count as errors.
    enum class blame { client, nobody };

    next_action on_command(ehlo said);
    next_action on_command(helo said);
    next_action on_command(lhlo said);
    next_action on_command(mail said);
    next_action on_command(rcpt said);
    next_action on_command(data said);
    next_action on_command(bdat said);
    next_action on_command(rset said);
    next_action on_command(noop said);
    next_action on_command(quit said);
    next_action on_command(vrfy said);
    next_action on_command(xforward said);
    next_action on_command(starttls said);
    next_action on_command(auth said);

    next_action obey(command said);
    [[nodiscard]] static next_action keep_in_step(std::uint64_t octets, next_action next);
    next_action refuse(reply answer, blame whose = blame::client);
    next_action refuse_unread(std::string_view line, reply answer);
    [[nodiscard]] std::optional<next_action> refuse_message();
    [[nodiscard]] static reply chunks_come();
    next_action close(reply answer);
    next_action hello(greeted kind, std::string domain);
    [[nodiscard]] reply hello_reply() const;
    [[nodiscard]] bool too_much_junk();
    [[nodiscard]] bool has_left_something() const;
    [[nodiscard]] bool may_be_said_in_clear(const command& said) const;
    [[nodiscard]] bool may_log_in() const;
    [[nodiscard]] std::optional<reply> objection(const mail& said) const;
    [[nodiscard]] std::optional<reply> objection(const std::vector<parameter>& parameters) const;
    [[nodiscard]] std::vector<parameter> parameters_to_forward(const mail& said) const;
    reply settle(const reply& answer);
    [[nodiscard]] static reply senseless(const reply& answer);
    void forget_transaction();

    dialogue_settings settings_;
    greeted greeted_ = greeted::no; ///< by the client
    greeted asked_ = greeted::no;   ///< by us, at the next hop
    std::string client_domain_;
    extensions offered_;               ///< by the next hop
    std::vector<parameter> forwarded_; ///< XFORWARD attributes in force
    bool in_transaction_ = false;
    bool chunking_ = false;     ///< by BDAT, something of the message has come
    bool mail_refused_ = false; ///< and what the client has pipelined behind it is still coming
    bool finished_ = false;
    bool left_before_tls_ = false; ///< the next hop still knows what we have forgotten
    bool authenticated_ = false;
    std::optional<std::string> login_;
    std::size_t failed_logins_ = 0;
    envelope envelope_;
    std::optional<command> pending_; ///< what the next hop is being asked
    std::size_t errors_ = 0;
    std::size_t junk_ = 0;
    std::size_t overshoot_ = 0;
};

} // namespace postseal::smtp
