// SPDX-License-Identifier: Apache-2.0
// The heart: from connection, envelope, message facts, key findings and rules to the deliveries
// that leave, or the refusals. Pure; the relay executes it, `postseal explain` prints it.
#pragma once

#include "keys/certificate.hpp"
#include "message/facts.hpp"
#include "policy/rules.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace postseal::policy {

/// How many replies the client hears after the message: SMTP gives one for all recipients, LMTP one
/// for each (RFC 2033 §4.2).
enum class answering { as_one, each_recipient };

/// How a message that was held may leave, whatever the rules say and whatever is known by then.
enum class promise {
    none,      ///< as rules and keys of the day decide
    not_clear, ///< sealed or not at all: it waits for a key that was pinned, or is another one
    required,  ///< it had to be sealed when it came, and so it has to still
};

/// How it was when the mail came that is held for a recipient.
struct held_as {
    policy::promise promise = policy::promise::none;
    bool key_was_known = false; ///< rules that ask for that were told so
    bool operator==(const held_as&) const = default;
};

/// Of a message that was held for these recipients, and is looked at again.
struct waiting {
    std::chrono::seconds waited{};
    std::vector<held_as> before; ///< one a recipient, in envelope order

    /// Of who is not among them: nothing was promised.
    [[nodiscard]] held_as of(std::size_t recipient) const {
        return recipient < before.size() ? before[recipient] : held_as{};
    }
};

/// What a plan is made for: a message as it comes, or what is left of one that was held.
struct occasion {
    occasion(answering how = answering::as_one, std::optional<waiting> held = {})
        : replies(how), since(std::move(held)) {}

    answering replies;
    std::optional<waiting> since;
};

/// What a recipient gets.
enum class treatment {
    untouched, ///< the message as it came, bit for bit
    cleaned,   ///< in clear, with its header section cleaned
    sealed,    ///< encrypted, header section cleaned
    held,      ///< nothing yet: it is kept, and their key is looked for again
};

[[nodiscard]] std::string_view to_string(treatment what);

/// Another key than the one that mail was sealed to, which could still be used.
struct changed_key {
    std::string before; ///< fingerprints
    std::string now;
    std::string source; ///< of the new one
};

/// Why one recipient gets what they get.
struct decision {
    std::size_t recipient = 0; ///< index into envelope.recipients
    policy::treatment treatment = treatment::untouched;
    message::cleaning headers = message::profile::off;
    message::header_protection protection; ///< of a sealed one
    bool blind = false;                    ///< stands in no To, Cc, Resent-To, Resent-Cc
    bool observed = false;                 ///< what the rule says is only logged
    policy::held_as held_as;               ///< of what is held: what goes on to hold
    std::string rule;                      ///< name of the rule, or "defaults", "local domain", …
    std::string reason;                    ///< one clause for a person
    std::optional<keys::certificate> key;  ///< exactly when sealed
    std::optional<smtp::mailbox> key_of;   ///< whose it is, or would be, if not the recipient's own
    std::string key_source;
    std::string note;                   ///< the administrator's words in the rule
    std::optional<changed_key> change;  ///< that an administrator has to hear of
    std::optional<smtp::reply> waits;   ///< exactly when held: what is said of it meanwhile
    std::optional<smtp::reply> refusal; ///< of this recipient alone: is in no delivery
};

/// "key of office@partner.example, by key_of"; empty where it is the recipient's own, or none.
[[nodiscard]] std::string whose_key(const decision& about);

/// One transaction with the next hop, or one entry of the spool: these recipients share this
/// content.
struct delivery {
    policy::treatment treatment = treatment::untouched;
    message::cleaning headers = message::profile::off;
    message::header_protection protection;       ///< of a sealed one
    std::vector<std::size_t> recipients;         ///< indices into envelope.recipients, ascending
    std::vector<keys::certificate> certificates; ///< of the recipients when sealed, each once
    std::chrono::seconds hold_for{};             ///< of held ones: the longest that a rule says
    std::vector<policy::held_as> held_as;        ///< of held ones, one a recipient
    /// Instead of recipients: a mailbox inside that gets a copy of the message as it came.
    std::optional<smtp::mailbox> archive;
};

struct plan {
    std::optional<smtp::reply> refusal; ///< of the whole message: then there are no deliveries
    /// Largest sealed group first, then clear copies, what is held, and copies for archives.
    std::vector<delivery> deliveries;
    std::vector<decision> decisions; ///< one a recipient, in envelope order
};

/// Must a key be looked for? Asked at RCPT with `facts` unknown, and again at the end of data; of a
/// message that was held, with `since`. False where no outcome of a lookup could change the plan.
/// `over` is the same each time.
[[nodiscard]] bool key_matters(const rule_set& rules, const origin& over,
                               const smtp::envelope& envelope, const message::facts* facts,
                               const smtp::mailbox& recipient,
                               const std::optional<waiting>& since = {});

/// Who else is to be judged beside the envelope, since a rule seals for all or for none, and the
/// envelope may be only a part of it: over LMTP, who is outside in To and Cc. No more than
/// max_also_judged are; where there is one more, nobody can say whether all can be sealed to.
[[nodiscard]] std::vector<smtp::mailbox> also_judged(const rule_set& rules,
                                                     const smtp::envelope& envelope,
                                                     const message::facts& facts,
                                                     const occasion& now);
inline constexpr std::size_t max_also_judged = 100;

/// `findings` has one entry a recipient, in envelope order, and then one for each of also_judged();
/// nothing where key_matters said no. With a reply for each recipient, one who is refused does not
/// keep the others from being served, unless a rule binds the message. Of a message that was held,
/// each recipient is judged for themselves.
[[nodiscard]] plan make_plan(const rule_set& rules, const origin& over,
                             const smtp::envelope& envelope, const message::facts& facts,
                             const std::vector<std::optional<keys::finding>>& findings,
                             const occasion& now = {});

} // namespace postseal::policy
