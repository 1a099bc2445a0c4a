// SPDX-License-Identifier: Apache-2.0
// Rules as an administrator wrote them: the first one that matches a recipient decides.
#pragma once

#include "policy/key_owners.hpp"
#include "policy/rule_list.hpp"
#include "policy/settings.hpp"
#include "smtp/mailbox.hpp"

#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace postseal::policy {

/// Of addresses (keys::lookup_key), the fingerprint of the only key that may be used. Who looks for
/// keys obeys them; a plan sees it by keys::finding::pinned.
using pinned_keys = std::unordered_map<std::string, std::string>;

struct rule_set {
    std::vector<std::string> local_domains; ///< folded; "example.org", or "*.example.org"
    settings defaults;
    rule_list rules;
    pinned_keys pins;
    key_owners key_of;
    std::vector<std::string> subaddressing; ///< as keys::finder_settings has it
};

/// The settings for one recipient, and which rule gave them ("defaults" where none matched).
struct verdict {
    policy::settings settings;
    std::string rule;
    bool foreign = false; ///< the rule claims mail that is not from a local domain
};

[[nodiscard]] bool is_local(const rule_set& rules, const smtp::mailbox& address);

/// Under which names it is looked up, the address itself first: where its domain has subaddresses,
/// user+tag@ is user@, too.
[[nodiscard]] std::vector<folded_address> names_of(const rule_set& rules,
                                                   const smtp::mailbox& recipient);

struct pinned_name {
    std::string name; ///< keys::lookup_key
    std::string fingerprint;
};

/// The first of its names for which the policy has a pin.
[[nodiscard]] std::optional<pinned_name> pin_of(const rule_set& rules,
                                                const smtp::mailbox& recipient);

/// To whose key mail for this address is sealed, where the policy says that it is somebody else's.
/// A pin of the address itself goes before that, and so does one in the key store, of which nothing
/// is known here. What is said under any of its names goes for it.
[[nodiscard]] std::optional<smtp::mailbox> key_owner(const rule_set& rules,
                                                     const smtp::mailbox& recipient);

/// The defaults, with what this rule says over them.
[[nodiscard]] settings settings_under(const rule_set& rules, const rule& chosen);

/// Does any rule, or the defaults, only observe?
[[nodiscard]] bool observes(const rule_set& rules);

/// The same rules, none of which only observes.
[[nodiscard]] rule_set in_force(rule_set rules);

/// The first rule that is known to hold decides.
[[nodiscard]] verdict evaluate(const rule_set& rules, const circumstances& around,
                               const addressee& whom);

} // namespace postseal::policy
