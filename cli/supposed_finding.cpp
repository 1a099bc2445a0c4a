// SPDX-License-Identifier: Apache-2.0
#include "cli/supposed_finding.hpp"

#include "keys/conclusion.hpp"
#include "keys/lent_key.hpp"
#include "keys/opt_out.hpp"
#include "keys/user_id.hpp"

#include <string>
#include <utility>

namespace postseal::cli {

namespace {

constexpr std::chrono::seconds some_time{60};

std::string source_of(keys::origin from) {
    switch (from) {
    case keys::origin::administrator: return "directory";
    case keys::origin::domain: return "wkd";
    case keys::origin::third_party: return "keyserver";
    }
    return {};
}

} // namespace

keys::finding suppose_finding(const config::supposed_key& what, const smtp::mailbox& address,
                              const policy::rule_set& rules) {
    using change = config::supposed_key::change;
    if (what.opted_out)
        return keys::as_finding({keys::lookup_key(address), "somebody", "supposed", {}});
    const auto owner = policy::key_owner(rules, address);
    const auto key = keys::lookup_key(owner.value_or(address));
    const auto pin = policy::pin_of(rules, owner.value_or(address));
    const auto pinned = pin ? pin->fingerprint : std::string();

    keys::finding said;
    said.result = what.result;
    said.from = what.from;
    said.source = source_of(what.from);
    said.reason = "supposed";
    if (what.result == keys::outcome::found) {
        said.found.emplace();
        said.found->fingerprint = pinned.empty() ? "(supposed key of " + key + ")" : pinned;
        said.found->algorithm = what.algorithm;
        if (what.changed == change::yes && pinned.empty()) said.replaces = "(supposed key before)";
        said.may_replace = what.changed == change::unknown;
    }
    // As of somebody who never had a key, where only a keyserver could not be asked.
    if (what.result == keys::outcome::temporary && what.from == keys::origin::third_party)
        said.retry_in = some_time;
    keys::recalled told;
    told.is_whole = what.changed != change::unknown;
    auto settled = keys::settle(std::move(said), told, pinned, {});
    if (!owner) return settled;
    settled.may_replace = what.changed == change::unknown; // their own may be pinned in the store
    return keys::lend(std::move(settled), *owner);
}

} // namespace postseal::cli
