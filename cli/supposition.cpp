// SPDX-License-Identifier: Apache-2.0
#include "cli/supposition.hpp"

#include "config/suggest.hpp"
#include "relay/origin.hpp"
#include "smtp/ip_address.hpp"

#include <string_view>
#include <utility>

namespace postseal::cli {

namespace {

using policy::fact;

const relay::listener_settings&
find_listener(const std::string& name, const std::vector<relay::listener_settings>& listeners) {
    if (name.empty()) return listeners.front();
    std::vector<std::string> names;
    for (const auto& one : listeners) {
        if (one.name == name) return one;
        names.push_back(one.name);
    }
    auto hint = config::did_you_mean(name, names);
    if (hint.empty()) hint = "; there are " + config::joined(names);
    throw impossible_connection(fact::listener, "there is no listener '" + name + "'" + hint);
}

smtp::ip_address parse_client(const std::string& written) {
    if (const auto address = smtp::parse_ip_address(written)) return *address;
    throw impossible_connection(fact::client, "'" + written + "' is no IP address");
}

class reporter {
  public:
    reporter(const relay::listener_settings& over, std::vector<supposed_fact>& into)
        : over_(over), into_(into) {}

    /// False where this can never be known here; said all the same, that is a mistake.
    bool asks(fact what, const std::string& said) {
        if (relay::can_know(over_, what)) return true;
        if (!said.empty())
            throw impossible_connection(what, "that can never be known over the listener '" +
                                                  over_.name + "'");
        into_.push_back({what, {}, false, true});
        return false;
    }

    /// yes or no; where nobody says either, `usual` is assumed.
    std::optional<bool> answer(fact what, const std::string& said, const std::string& usual) {
        if (!asks(what, said)) return std::nullopt;
        const auto& value = said.empty() ? usual : said;
        into_.push_back({what, value, said.empty(), false});
        return value == "yes";
    }

    void add(fact what, std::string value, bool assumed = false) {
        into_.push_back({what, std::move(value), assumed, false});
    }

  private:
    const relay::listener_settings& over_;
    std::vector<supposed_fact>& into_;
};

} // namespace

std::string_view to_string(fact what) {
    switch (what) {
    case fact::listener: return "listener";
    case fact::client: return "client";
    case fact::tls: return "tls";
    case fact::authenticated: return "authenticated";
    case fact::login: return "login";
    }
    return {};
}

supposition suppose(const connection_words& said,
                    const std::vector<relay::listener_settings>& listeners) {
    const auto& over = find_listener(said.listener, listeners);
    supposition made;
    made.protocol = over.protocol;
    made.routing_marks = over.routing_marks;
    made.bare_newline = over.bare_newline;
    made.received = over.received;
    if (over.protocol == smtp::protocol::lmtp) made.replies = policy::answering::each_recipient;
    auto& origin = made.origin;
    reporter report(over, made.facts);

    origin.listener = over.name;
    report.add(fact::listener, over.name, said.listener.empty() && listeners.size() > 1);

    if (report.asks(fact::client, said.client)) {
        if (!said.client.empty()) origin.client = parse_client(said.client);
        report.add(fact::client, origin.client ? smtp::to_string(*origin.client) : "unknown");
    }
    const bool has_tls = over.tls != relay::tls_start::never;
    origin.tls = report.answer(fact::tls, said.tls, has_tls ? "yes" : "no");
    const bool has_login = over.login != smtp::login_rule::refused;
    origin.authenticated =
        report.answer(fact::authenticated, said.authenticated, has_login ? "yes" : "no");
    if (report.asks(fact::login, said.login)) {
        if (!said.login.empty()) origin.login = said.login;
        if (origin.login && origin.authenticated == false)
            throw impossible_connection(fact::login,
                                        "contradicts that the client has not logged in");
        report.add(fact::login, origin.login.value_or("unknown"));
    }
    return made;
}

} // namespace postseal::cli
