// SPDX-License-Identifier: Apache-2.0
// Everything that is remembered of one address, and what a lookup or an administrator changes of
// it. Values and one rule for applying them, which every store obeys. No I/O, no clock.
#pragma once

#include "keys/certificate.hpp"
#include "keys/opt_out.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

/// A remembered finding, never a temporary one.
struct memory {
    finding what;
    std::chrono::sys_seconds asked{};       ///< when the source said so
    std::chrono::sys_seconds fresh_until{}; ///< afterwards the sources are asked again
};

/// A certificate that was served for an address and may not be used. What it says of itself, a
/// revocation before all, is kept: no server can take it back by serving less later.
struct rejected_certificate {
    std::string fingerprint;         ///< of the primary key, hex in upper case
    std::string bytes;               ///< cleaned for the address, as GnuPG has judged it
    bool revoked = false;            ///< GnuPG has verified that: it holds for ever
    std::chrono::sys_seconds seen{}; ///< when it was judged

    bool operator==(const rejected_certificate&) const = default;
};

/// Of one address; see apply().
inline constexpr std::size_t max_rejected_certificates = 32;
inline constexpr std::size_t max_rejected_octets =
    2 * 1024 * 1024; ///< but for those that were used

/// A sealed copy for the address was taken by the next hop, or is owed.
struct sealing {
    std::chrono::sys_seconds last{}; ///< the latest one; exact to a day
    std::string fingerprint;         ///< of the key that it was sealed to; empty: not known
    std::optional<std::chrono::sys_seconds> expires; ///< that key; nothing: never, or not known
    origin from = origin::domain; ///< on whose word; where that is not known, the strictest

    bool operator==(const sealing&) const = default;
};

/// What speaks against a key that was there before, and since when it has been said.
struct doubts {
    std::optional<std::chrono::sys_seconds> denied_since;   ///< there is no key any more
    std::optional<std::chrono::sys_seconds> unusable_since; ///< there is none that may be used

    [[nodiscard]] bool empty() const { return !denied_since && !unusable_since; }
    bool operator==(const doubts&) const = default;
};

/// What an administrator has given for an address.
struct given_certificate {
    std::string fingerprint; ///< of the primary key, hex in upper case
    std::string bytes;       ///< cleaned for the address; empty: to be found by the sources
    bool pinned = false;     ///< no other key is used for the address
    std::string note;        ///< why, in the administrator's words; one line
    std::chrono::sys_seconds since{};

    bool operator==(const given_certificate&) const = default;
};

/// A domain's own key directory that has served keys.
struct known_directory {
    wkd_host host = wkd_host::none;  ///< that served last
    std::chrono::sys_seconds seen{}; ///< when; exact to a day

    bool operator==(const known_directory&) const = default;
};

struct record {
    std::optional<memory> remembered;
    std::vector<rejected_certificate> rejected; ///< also long ago, and whatever was found since
    std::optional<sealing> sealed; ///< nothing: never, or that was confirmed to be over
    /// The last one before that: another key than this one's is a change all the same.
    std::optional<sealing> ended_sealing;
    keys::doubts doubts;
    std::vector<given_certificate> given;     ///< at most one is pinned
    std::optional<known_directory> directory; ///< of the address's domain
    /// The address's own, or else its domain's. Changed by name: see store::put_opt_out().
    std::optional<opt_out> opted_out;
};

/// What is empty stays as it is.
/// New octets of a given certificate, for as long as it is given with the old ones.
struct given_octets {
    std::string fingerprint;
    std::string before;
    std::string after;
};

struct record_changes {
    std::optional<memory> remembered;           ///< in place of an earlier one
    std::vector<rejected_certificate> rejected; ///< added to the earlier ones
    std::optional<sealing> sealed;
    /// When it was confirmed that there is no key any more. What was sealed up to then does not
    /// count; before `sealed`.
    std::optional<std::chrono::sys_seconds> sealing_ended;
    std::optional<sealing> ended_sealing; ///< as another store knows it
    std::optional<keys::doubts> doubts;
    std::vector<given_certificate> given; ///< added; a pinned one ends an earlier pin
    std::vector<std::string> taken_back;  ///< fingerprints of given ones; before `given`
    std::vector<given_octets> regiven; ///< after both: what an administrator does meanwhile counts
    std::optional<known_directory> directory;
    /// The time, where something was seen that is of a later one: it was written under a wrong
    /// clock, and counts as of now.
    std::optional<std::chrono::sys_seconds> clock_is_at;

    [[nodiscard]] bool empty() const;
};

/// As if one had been applied after the other.
void append(record_changes& to, record_changes more);

/// Changes come late: from another relay, or from this one when its store is back. So by their own
/// times the later word stays, whoever is written last, and nobody ends what they did not know of:
/// an absence takes a key's place only where that was confirmed, and to whom mail was sealed,
/// nothing speaks against a key but with its doubts.
///
/// A revoked certificate is never replaced by one that is not. Beyond the limit, a revoked one
/// takes the place of the oldest that is not, and one that is revoked and was used that of any
/// other; otherwise what came first stays.
void apply(record& to, const record_changes& changes);

/// Does a store that has one of them have to write for the other?
[[nodiscard]] bool is_same(const std::optional<memory>& one, const std::optional<memory>& other);

} // namespace postseal::keys
