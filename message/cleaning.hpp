// SPDX-License-Identifier: Apache-2.0
// How a header section is to be cleaned: all that a policy chooses about it, as one value.
#pragma once

#include <compare>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace postseal::message {

class requests;

enum class profile { off, standard, strict };

/// A profile of the administrator's own. Of each field, the first that names it decides: `keep`,
/// `remove`, `normalise`, then the profile that it starts from (own_action has what none may do).
struct own_profile {
    std::string name;
    profile from = profile::standard;
    // Patterns for whole names of fields, as smtp::glob_matches has them.
    std::vector<std::string> keep;
    std::vector<std::string> remove;
    std::vector<std::string> normalise;
};

/// One of ours, or an own one: then `base` is what that starts from.
struct chosen_profile {
    profile base = profile::standard;
    std::shared_ptr<const own_profile> own; ///< one value a name, so that the pointer compares it

    chosen_profile() = default;
    chosen_profile(profile ours) : base(ours) {} // not explicit: a profile is one
    explicit chosen_profile(std::shared_ptr<const own_profile> theirs)
        : base(theirs->from), own(std::move(theirs)) {}

    auto operator<=>(const chosen_profile&) const = default;
};

/// How dates are written.
enum class date_form {
    by_profile, ///< as the profile says
    keep,       ///< as they are
    utc,        ///< the same time in UTC
    minute,     ///< in UTC and whole minutes
};

/// What becomes of the names of internal hosts in message identifiers.
enum class id_form {
    keep,
    hmac, ///< disguised, the same each time: message/message_ids
};

/// Which of the two stays where a signature (DKIM, ARC) is over a field that would change.
enum class signature_rule {
    drop_stale, ///< the field changes, and the signature goes
    keep,       ///< the signature, and so the field as it is
};

struct cleaning {
    chosen_profile fields;
    date_form date = date_form::by_profile;
    id_form message_id = id_form::keep;
    signature_rule dkim = signature_rule::drop_stale;
    /// The marks that are taken out (message/requests), with `off` too: the policy's, and only
    /// where the message has one, so that every other one is as if there were none. One value a
    /// policy.
    std::shared_ptr<const requests> asked;

    cleaning() = default;
    cleaning(profile ours) : fields(ours) {} // not explicit: alone, it is a whole cleaning

    /// Then the other choices do not count either, but for `asked`.
    [[nodiscard]] bool is_off() const {
        return fields.base == profile::off && fields.own == nullptr;
    }
    [[nodiscard]] bool changes_nothing() const { return is_off() && asked == nullptr; }

    auto operator<=>(const cleaning&) const = default;
};

/// For people: "standard", "quiet, date in UTC, DKIM kept".
[[nodiscard]] std::string to_string(const cleaning& how);

} // namespace postseal::message
