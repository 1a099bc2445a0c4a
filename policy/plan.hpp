// SPDX-License-Identifier: Apache-2.0
// The heart: from connection, envelope, message facts, key findings and rules to the deliveries
// that leave, or the refusals. Pure; the relay executes it, `postseal explain` prints it.
#pragma once

#include "keys/certificate.hpp"
#include "message/facts.hpp"
#include "policy/rules.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postseal::policy {

/// How many replies the client hears after the message: SMTP gives one for all recipients, LMTP one
/// for each (RFC 2033 §4.2).
enum class answering { as_one, each_recipient };

/// What a recipient gets.
enum class treatment {
    untouched, ///< the message as it came, bit for bit
    cleaned,   ///< in clear, with its header section cleaned
    sealed,    ///< encrypted, header section cleaned
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
    message::profile headers = message::profile::off;
    message::header_protection protection; ///< of a sealed one
    bool blind = false;                    ///< stands in no To, Cc, Resent-To, Resent-Cc
    std::string rule;                      ///< name of the rule, or "defaults", "local domain", …
    std::string reason;                    ///< one clause for a person
    std::optional<keys::certificate> key;  ///< exactly when sealed
    std::string key_source;
    std::optional<changed_key> change;  ///< that an administrator has to hear of
    std::optional<smtp::reply> refusal; ///< of this recipient alone: is in no delivery
};

/// One transaction with the next hop: these recipients share this content.
struct delivery {
    policy::treatment treatment = treatment::untouched;
    message::profile headers = message::profile::off;
    message::header_protection protection;       ///< of a sealed one
    std::vector<std::size_t> recipients;         ///< indices into envelope.recipients, ascending
    std::vector<keys::certificate> certificates; ///< of the recipients when sealed, each once
};

struct plan {
    std::optional<smtp::reply> refusal; ///< of the whole message: then there are no deliveries
    std::vector<delivery> deliveries;   ///< largest sealed group first, clear copies last
    std::vector<decision> decisions;    ///< one a recipient, in envelope order
};

/// Must a key be looked for? Asked at RCPT with `facts` unknown, and again at the end of data.
/// False where no outcome of a lookup could change the plan. `over` is the same both times.
[[nodiscard]] bool key_matters(const rule_set& rules, const origin& over,
                               const smtp::envelope& envelope, const message::facts* facts,
                               const smtp::mailbox& recipient);

/// `findings` has one entry a recipient, in envelope order; nothing where key_matters said no. With
/// a reply for each recipient, one who is refused does not keep the others from being served,
/// unless a rule binds the message.
[[nodiscard]] plan make_plan(const rule_set& rules, const origin& over,
                             const smtp::envelope& envelope, const message::facts& facts,
                             const std::vector<std::optional<keys::finding>>& findings,
                             answering replies = answering::as_one);

} // namespace postseal::policy
