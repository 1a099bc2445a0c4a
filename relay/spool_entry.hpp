// SPDX-License-Identifier: Apache-2.0
// One delivery that is still owed: who gets the content, what was said of it, when it is tried
// again; and its form on disk, lines of text without a word of the content. Pure: values only.
// Fails: parse_spool_entry returns nothing for text that is not, to the last octet, what
// write_spool_entry would write. A file that is torn, damaged or written by somebody else is never
// acted upon.
#pragma once

#include "policy/plan.hpp"
#include "smtp/envelope.hpp"
#include "smtp/reply.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::relay {

/// What the content is, and so what may be done with it.
enum class spooled_copy {
    sealed, ///< ciphertext
    clear,  ///< what policy lets go in clear
    held,   ///< the message as it came: never sent as it is, but planned and sealed again
};

/// What is owed to a recipient.
enum class debt {
    delivery, ///< the copy
    report,   ///< a word to the sender that there will be none; the copy is not tried again
    notice,   ///< a word that they have it, which their sender wants and the server does not give
};

/// Whose words they are: a report quotes a server's, and says ours itself.
enum class speaker { server, relay };

struct owed_recipient {
    smtp::recipient to;
    relay::debt debt = relay::debt::delivery;
    std::string said; ///< the last reply about them as smtp::to_log writes it; empty: none yet
    relay::speaker speaker = relay::speaker::server; ///< of `said`
    policy::held_as held_as{};                       ///< of a held copy
    bool operator==(const owed_recipient&) const = default;
};

/// What the plan for a held message has to know, beside the message and its envelope.
struct held_terms {
    policy::origin over; ///< how the message came
    policy::answering answers = policy::answering::as_one;
    std::chrono::sys_seconds until{}; ///< the end of `hold_for`, as it was set then
    std::uint64_t received = 0; ///< octets of our Received field, before the message as it came
    bool operator==(const held_terms&) const = default;
};

/// Whether the sender has heard that the mail is late.
enum class delay_notice { due_later, told };

struct spool_entry {
    std::string id;      ///< message::id_size letters; the names of the files begin with it
    std::string message; ///< the message's id in the log, of the same form
    std::chrono::sys_seconds arrived;
    std::chrono::sys_seconds expires; ///< the first failure at or after it is the last
    std::chrono::sys_seconds due;     ///< the next attempt
    unsigned attempts = 0;            ///< made so far from the spool
    relay::delay_notice delay_notice = relay::delay_notice::due_later;
    spooled_copy copy = spooled_copy::held;
    held_terms held;        ///< of a held copy
    std::uint64_t size = 0; ///< octets of the content
    std::string reason;     ///< why it is here, for a person; printable, may be empty
    std::optional<smtp::mailbox> sender;
    std::vector<smtp::parameter> parameters; ///< of MAIL, as the client gave them
    std::vector<owed_recipient> recipients;  ///< at least one
    bool operator==(const spool_entry&) const = default;
};

/// Octets of `reason` and of each `said`; what is longer is cut.
inline constexpr std::size_t max_spool_words = 500;

/// Octets of an entry: 50000 recipients with long names have room.
inline constexpr std::size_t max_spool_entry = 64U << 20;

/// Notes a reply about them.
void note(owed_recipient& about, const smtp::reply& said);
/// What was noted, its text in one line; a code of 0 where that is nothing.
[[nodiscard]] smtp::reply last_reply(const owed_recipient& about);

/// Is it an identifier that an entry may have, and a file name so harmless?
[[nodiscard]] bool is_spool_id(std::string_view text);

[[nodiscard]] std::string_view to_string(spooled_copy copy);

/// The text of an entry whose words have been cut and made printable.
[[nodiscard]] std::string write_spool_entry(const spool_entry& entry);

[[nodiscard]] std::optional<spool_entry> parse_spool_entry(std::string_view text);

} // namespace postseal::relay
