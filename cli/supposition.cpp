// SPDX-License-Identifier: Apache-2.0
#include "cli/supposition.hpp"

#include "config/suggest.hpp"
#include "relay/origin.hpp"
#include "smtp/ip_address.hpp"

#include <algorithm>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace postseal::cli {

namespace {

constexpr std::size_t width = 15; // of the names in the account

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
    throw std::runtime_error("--listener: there is no listener '" + name + "'" + hint);
}

smtp::ip_address parse_client(const std::string& written) {
    if (const auto address = smtp::parse_ip_address(written)) return *address;
    throw std::runtime_error("--client: '" + written + "' is no IP address");
}

class reporter {
  public:
    explicit reporter(const relay::listener_settings& over) : over_(over) {}

    /// False where this can never be known here; said on the command line, that is a mistake.
    bool asks(policy::fact what, const std::string& name, const std::string& option) {
        if (relay::can_know(over_, what)) return true;
        if (!option.empty()) {
            throw std::runtime_error("--" + name + ": that can never be known over the listener '" +
                                     over_.name + "'");
        }
        add(name, "never known over this listener");
        return false;
    }

    /// yes or no; where the option says neither, `usual` is assumed.
    std::optional<bool> answer(policy::fact what, const std::string& name,
                               const std::string& option, const std::string& usual) {
        if (!asks(what, name, option)) return std::nullopt;
        const auto& said = option.empty() ? usual : option;
        add(name, said, option.empty() ? "assumed" : "");
        return said == "yes";
    }

    void add(const std::string& name, const std::string& value, std::string_view remark = {}) {
        text_ += "  " + name + std::string(width - std::min(width, name.size()), ' ') + value;
        if (!remark.empty()) text_.append(" (").append(remark).append(")");
        text_ += '\n';
    }

    std::string text() && { return std::move(text_); }

  private:
    const relay::listener_settings& over_;
    std::string text_ = "The connection\n";
};

} // namespace

supposition suppose(const explain_options& options,
                    const std::vector<relay::listener_settings>& listeners) {
    const auto& over = find_listener(options.listener, listeners);
    supposition made;
    if (over.protocol == smtp::protocol::lmtp) made.replies = policy::answering::each_recipient;
    auto& origin = made.origin;
    reporter report(over);

    origin.listener = over.name;
    const bool chosen = !options.listener.empty() || listeners.size() == 1;
    report.add("listener", over.name, chosen ? "" : "assumed, the first one");

    if (report.asks(policy::fact::client, "client", options.client)) {
        if (!options.client.empty()) origin.client = parse_client(options.client);
        report.add("client", origin.client ? smtp::to_string(*origin.client) : "unknown");
    }
    const bool has_tls = over.tls != relay::tls_start::never;
    origin.tls = report.answer(policy::fact::tls, "tls", options.tls, has_tls ? "yes" : "no");
    const bool has_login = over.login != smtp::login_rule::refused;
    origin.authenticated = report.answer(policy::fact::authenticated, "authenticated",
                                         options.authenticated, has_login ? "yes" : "no");
    if (report.asks(policy::fact::login, "login", options.login)) {
        if (!options.login.empty()) origin.login = options.login;
        if (origin.login && origin.authenticated == false)
            throw std::runtime_error("--login and '--authenticated no' contradict each other");
        report.add("login", origin.login.value_or("unknown"));
    }
    made.account = std::move(report).text();
    return made;
}

} // namespace postseal::cli
