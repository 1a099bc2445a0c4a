// SPDX-License-Identifier: Apache-2.0
#include "config/key_of.hpp"

#include "config/key_address.hpp"
#include "config/values.hpp"

#include <utility>

namespace postseal::config {

namespace {

// That all mail for the left may be read by one key has to be said of one key.
smtp::mailbox read_owner(const source& from, const entry& one, const policy::rule_set& known) {
    const auto& value = one.value;
    if (value.kind == node::kind::empty)
        from.fail(one.at, "'" + one.key + "' does not say whose key; write one address behind it");
    if (value.kind != node::kind::scalar)
        from.fail(value.at, "mail for '" + one.key + "' is sealed to one key; write one address");
    const auto written = read_text(from, value);
    if (written.find_first_of("*?") != std::string::npos)
        from.fail(value.at, "'" + written + "' is a pattern, and a key is that of one address; " +
                                "patterns stand on the left");
    return read_key_address(from, value, known);
}

// Two spellings of one pattern are the same entry.
std::string spelling_of(const std::string& written, const std::vector<policy::addresses>& whom) {
    const auto& only = *whom.front();
    if (!only.list_name().empty()) return only.list_name();
    return only.patterns().empty() ? written : only.patterns().front();
}

} // namespace

void read_key_of(const source& from, const node& value, const named_lists& lists,
                 std::set<std::string>& named, policy::rule_set& policy) {
    if (value.kind != node::kind::map)
        from.fail(value.at, "'key_of' must hold 'address or pattern: address' pairs");
    for (const auto& one : value.entries) {
        auto whom = lists.resolve(from, {node::kind::scalar, one.at, one.key, {}, {}});
        if (!named.insert(spelling_of(one.key, whom)).second)
            from.fail(one.at, "'" + one.key + "' stands in 'key_of' already");
        auto owner = read_owner(from, one, policy);
        policy.key_of.add(one.key, std::move(whom), std::move(owner));
    }
}

} // namespace postseal::config
