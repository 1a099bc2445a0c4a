// SPDX-License-Identifier: Apache-2.0
#include "config/match.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"
#include "relay/origin.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>

namespace postseal::config {

namespace {

using listener_list = std::vector<relay::listener_settings>;

std::string read_listener_name(const source& from, const node& value,
                               const listener_list& listeners) {
    auto name = read_text(from, value);
    std::vector<std::string> names;
    for (const auto& one : listeners)
        names.push_back(one.name);
    if (std::find(names.begin(), names.end(), name) != names.end()) return name;
    auto hint = did_you_mean(name, names);
    if (hint.empty()) hint = "; there are " + joined(names);
    from.fail(value.at, "there is no listener '" + name + "'" + hint);
}

bool is_named(const policy::origin_match& match, const relay::listener_settings& one) {
    return std::find(match.listener.begin(), match.listener.end(), one.name) !=
           match.listener.end();
}

std::string_view reason_of(const relay::listener_settings& one) {
    switch (one.place) {
    case relay::place::front: return "nobody logs in there ('login: never')";
    case relay::place::filter: break;
    }
    return "a mail server before it passes on its client's address and nothing else (XFORWARD)";
}

// A condition that never holds is a rule that its author believes in and that does nothing.
void refuse_unknowable(const source& from, const node& condition, const std::string& key,
                       policy::fact what, const policy::origin_match& match,
                       const listener_list& listeners) {
    std::vector<std::string> able;
    const relay::listener_settings* unable = nullptr; // the first of those that count
    for (const auto& one : listeners) {
        if (relay::can_know(one, what)) {
            able.push_back(one.name);
        } else if (!unable && (match.listener.empty() || is_named(match, one))) {
            unable = &one;
        }
    }
    if (!unable || (match.listener.empty() && !able.empty())) return;

    const auto where =
        match.listener.empty() ? "over any listener" : "over the listener '" + unable->name + "'";
    const auto way_out = able.empty() ? "match 'client' or 'from' instead"
                                      : "'listener' may name " + joined(able) + " here";
    from.fail(condition.at, "'" + key + "' can never be known " + where + ", because " +
                                std::string{reason_of(*unable)} + "; " + way_out);
}

} // namespace

policy::match read_match(const source& from, const node& value, const named_lists& lists,
                         const listener_list& listeners) {
    const mapping block(from, value, "'match'",
                        {"from", "to", "client", "listener", "tls", "authenticated", "login"});
    policy::match made;
    const auto addresses = [&](const source& file, const node& patterns) {
        return lists.resolve(file, patterns);
    };
    block.take("from", made.from, addresses);
    block.take("to", made.to, addresses);

    auto& origin = made.origin;
    block.take("client", origin.client, some_of(read_network));
    block.take("listener", origin.listener, some_of([&](const source& file, const node& name) {
                   return read_listener_name(file, name, listeners);
               }));
    block.take("tls", origin.tls, read_switch);
    block.take("authenticated", origin.authenticated, read_switch);
    block.take("login", origin.login, [&](const source& file, const node& names) {
        return lists.resolve_logins(file, names);
    });
    const std::pair<std::string, policy::fact> asked[] = {
        {"client", policy::fact::client},
        {"tls", policy::fact::tls},
        {"authenticated", policy::fact::authenticated},
        {"login", policy::fact::login}};
    for (const auto& [key, what] : asked) {
        if (const auto* condition = block.find(key))
            refuse_unknowable(from, *condition, key, what, origin, listeners);
    }
    if (origin.authenticated == false && !origin.login.empty()) {
        from.fail(block.need("login", {}).at,
                  "who has a login name is authenticated, so 'authenticated: false' beside " +
                      std::string{"'login' never holds"});
    }
    return made;
}

} // namespace postseal::config
