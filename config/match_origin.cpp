// SPDX-License-Identifier: Apache-2.0
#include "config/match_origin.hpp"

#include "config/suggest.hpp"
#include "config/values.hpp"
#include "relay/origin.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace postseal::config {

namespace {

using names = std::vector<std::string>;

std::string read_listener_name(const source& from, const node& value, const match_context& known) {
    auto name = read_text(from, value);
    names all;
    for (const auto& one : known.listeners)
        all.push_back(one.name);
    if (std::ranges::count(all, name) > 0) return name;
    auto hint = did_you_mean(name, all);
    if (hint.empty()) hint = "; there are " + joined(all);
    from.fail(value.at, "there is no listener '" + name + "'" + hint);
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
                       policy::fact what, const names& bound, const match_context& known) {
    names able;
    const relay::listener_settings* unable = nullptr; // the first of those that count
    for (const auto& one : known.listeners) {
        if (relay::can_know(one, what)) {
            able.push_back(one.name);
        } else if (!unable && (bound.empty() || std::ranges::count(bound, one.name) > 0)) {
            unable = &one;
        }
    }
    if (!unable || (bound.empty() && !able.empty())) return;

    const auto where =
        bound.empty() ? "over any listener" : "over the listener '" + unable->name + "'";
    const auto way_out = able.empty() ? "match 'client' or 'from' instead"
                                      : "'listener' may name " + joined(able) + " here";
    from.fail(condition.at, "'" + key + "' can never be known " + where + ", because " +
                                std::string{reason_of(*unable)} + "; " + way_out);
}

} // namespace

const std::vector<std::string>& origin_keys() {
    static const names keys{"client", "listener", "tls", "authenticated", "login"};
    return keys;
}

void read_origin(const source& from, const mapping& block, const match_context& known,
                 names& listeners, policy::conditions& into) {
    if (const auto* value = block.find("listener")) {
        listeners = some_of([&](const source& file, const node& name) {
            return read_listener_name(file, name, known);
        })(from, *value);
        into.push_back({policy::listener_is{listeners}});
    }
    const auto take = [&](const std::string& key, policy::fact what, auto read) {
        const auto* value = block.find(key);
        if (value == nullptr) return;
        into.push_back({read(*value)});
        refuse_unknowable(from, *value, key, what, listeners, known);
    };
    take("client", policy::fact::client,
         [&](const node& value) { return policy::client_is{some_of(read_network)(from, value)}; });
    take("tls", policy::fact::tls,
         [&](const node& value) { return policy::tls_is{read_switch(from, value)}; });
    take("authenticated", policy::fact::authenticated,
         [&](const node& value) { return policy::authenticated_is{read_switch(from, value)}; });
    take("login", policy::fact::login, [&](const node& value) {
        return policy::login_is{known.lists.resolve_logins(from, value)};
    });

    const auto* login = block.find("login");
    const auto* authenticated = block.find("authenticated");
    if (login != nullptr && authenticated != nullptr && !read_switch(from, *authenticated))
        from.fail(login->at, "who has a login name is authenticated, so 'authenticated: false' "
                             "beside 'login' never holds");
}

} // namespace postseal::config
