// SPDX-License-Identifier: Apache-2.0
// What a finding means for one recipient under the settings of their rule: may the key be sealed
// to, has it changed, and if there is none, what is in the way and what is set for that. Pure.
#pragma once

#include "keys/certificate.hpp"
#include "policy/refusal.hpp"
#include "policy/settings.hpp"
#include "policy/standing.hpp"

#include <optional>
#include <string>

namespace postseal::policy {

/// What is known of a recipient's key. Nothing: nobody has looked.
using finding = std::optional<keys::finding>;

struct judged_key {
    keys::outcome outcome = keys::outcome::temporary; ///< found: it may be sealed to
    std::string detail;                               ///< for a person; may be empty
};

/// A finding that is missing, or says found without a certificate, is no knowledge at all: what
/// cannot be asked must not look like an answer.
[[nodiscard]] judged_key judge(const finding& about, const settings& said);

/// An administrator has said which key alone may be used.
[[nodiscard]] bool is_pinned(const finding& about);

/// Another key than the one that mail was sealed to. What administrators put in the relay's own
/// sources, they have accepted.
[[nodiscard]] bool is_changed(const finding& about);

/// What key_change says of it.
enum class change_hold {
    none,
    changed,    ///< it is another key, and the rule holds those
    may_change, ///< nobody can say whether it is: the key store cannot be read
};
[[nodiscard]] change_hold held_for_change(const finding& about, const settings& said);

/// Why there is no key to seal to.
struct failure {
    obstacle why = obstacle::lookup_failed;
    fallback set = fallback::defer; ///< what happens: who may not be written to in clear is not
    std::string words;              ///< a clause for a person
};

/// Of a key that was judged as `outcome`, which is not found.
[[nodiscard]] failure failure_of(keys::outcome outcome, const finding& about, const standing& one);

/// Who is bound, or has a pinned key, or for whom it was promised, never gets it in clear.
[[nodiscard]] bool is_never_clear(const standing& one, const finding& about);

/// The invariant: to them nothing goes in clear, whatever `set` says. What may pass is tried again,
/// what will not is refused; what was held so goes on being held.
[[nodiscard]] fallback allowed(obstacle why, fallback set, const standing& one,
                               const finding& about);

} // namespace postseal::policy
