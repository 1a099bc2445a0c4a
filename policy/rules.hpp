// SPDX-License-Identifier: Apache-2.0
// Rules as an administrator wrote them: the first one that matches a recipient decides.
#pragma once

#include "message/facts.hpp"
#include "policy/origin.hpp"
#include "policy/settings.hpp"
#include "smtp/mailbox.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postseal::policy {

/// '*' is any run of octets, also none; '?' is one octet; everything else is itself, whatever the
/// case of ASCII letters. Time is at most pattern × text, with no exponential blow-up; both are
/// bounded by the length of an address.
[[nodiscard]] bool glob_matches(std::string_view pattern, std::string_view text);

/// A pattern without '@' is a glob for the domain and matches every address in it. A pattern with
/// '@' is two globs, for the local part (unquoted) and for the domain. "example.org" does not match
/// its subdomains, "*.example.org" matches nothing but subdomains, at any depth.
[[nodiscard]] bool address_matches(std::string_view pattern, const smtp::mailbox& address);

/// Any of these patterns (lists are already resolved into them); empty matches everything.
using patterns = std::vector<std::string>;

struct match {
    patterns from; ///< envelope sender or a mailbox of the header From
    patterns to;   ///< the recipient
    origin_match origin;
};

/// What a rule says; what it leaves out comes from the defaults.
struct overrides {
    std::optional<policy::encrypt> encrypt;
    std::optional<fallback> without_key;
    std::optional<fallback> lookup_failed;
    std::optional<fallback> unusable_key;
    std::optional<policy::key_change> key_change;
    std::optional<policy::scope> scope;
    std::optional<message::profile> headers;
    std::optional<bool> exempt_reports;
    std::optional<bool> exempt_invitations;
    std::optional<bool> exempt_lists;
    std::optional<bool> exempt_key_exchange;
    std::optional<std::uint32_t> min_rsa;
    std::optional<std::uint32_t> min_elgamal;
    std::optional<std::uint32_t> min_curves;
    std::optional<bool> foreign; ///< treat mail whose header From is not local as ours
    std::optional<std::string> note;
};

struct rule {
    std::string name;
    policy::match match;
    overrides set;
};

/// Of addresses (keys::lookup_key), the fingerprint of the only key that may be used. Who looks for
/// keys obeys them; a plan sees it by keys::finding::pinned.
using pinned_keys = std::unordered_map<std::string, std::string>;

struct rule_set {
    std::vector<std::string> local_domains; ///< folded; "example.org", or "*.example.org"
    settings defaults;
    std::vector<rule> rules;
    pinned_keys pins;
};

/// The settings for one recipient, and which rule gave them ("defaults" where none matched).
struct verdict {
    policy::settings settings;
    std::string rule;
    bool foreign = false; ///< the rule claims mail that is not from a local domain
};

[[nodiscard]] bool is_local(const rule_set& rules, const smtp::mailbox& address);

// Two parts of a rule's match, apart for who does not know the header From yet. The third is
// matches(candidate.match.origin, ...).
[[nodiscard]] bool recipient_matches(const rule& candidate, const smtp::mailbox& to);
[[nodiscard]] bool sender_matches(const rule& candidate, const std::optional<smtp::mailbox>& sender,
                                  const std::vector<smtp::mailbox>& header_from);

/// The defaults, with what this rule says over them.
[[nodiscard]] settings settings_under(const rule_set& rules, const rule& chosen);

[[nodiscard]] verdict evaluate(const rule_set& rules, const origin& over,
                               const std::optional<smtp::mailbox>& sender,
                               const std::vector<smtp::mailbox>& header_from,
                               const smtp::mailbox& to);

} // namespace postseal::policy
