// SPDX-License-Identifier: Apache-2.0
// Judges a record that came from outside as what any server says: of its keys only that counts
// which GnuPG finds in their certificates. Whether one is revoked, until when it may be used and of
// what kind it is are never taken from the record. What happened (to whom mail was sealed, what was
// pinned, since when) nobody can judge; it is believed, but not from the future.
// Fails: by a clause for a person, and then nothing of the record is to be taken. No I/O, no clock.
#pragma once

#include "keys/inspection.hpp"
#include "keys/packets.hpp"
#include "keys/record_json.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace postseal::keys {

/// Clocks of two machines that keep time differ less.
inline constexpr auto clocks_differ = std::chrono::minutes(5);

/// Which of its times is in the future, and where it stands.
[[nodiscard]] std::optional<std::string> mistake_in_times(const known_address& of,
                                                          std::chrono::sys_seconds now);

/// What GnuPG has to be asked: each key of `theirs` once, with all that is said of it there and
/// that is known of it here. `theirs` is cleaned; see clean_certificates().
[[nodiscard]] readable<std::vector<cleaned_certificate>>
certificates_to_judge(const known_address& theirs, const record& ours);

struct judged_certificate {
    cleaned_certificate key;
    inspection said;
};

/// Makes `theirs` say what GnuPG says, and nothing on the word of an administrator but what it has
/// given itself; doubts begin anew here. The mistake: it calls a key revoked of which it has no
/// revocation. Nobody ends a key for ever with a word, and what `postseal keys export` writes has
/// the revocation in the certificate.
[[nodiscard]] std::optional<std::string> obey(known_address& theirs,
                                              const std::vector<judged_certificate>& judged,
                                              std::chrono::sys_seconds now);

} // namespace postseal::keys
