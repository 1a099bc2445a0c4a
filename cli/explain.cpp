// SPDX-License-Identifier: Apache-2.0
#include "cli/assembly.hpp"
#include "cli/commands.hpp"
#include "cli/explain_json.hpp"
#include "cli/explain_text.hpp"
#include "cli/explanation.hpp"
#include "cli/supposed_mail.hpp"
#include "cli/terminal.hpp"

#include "config/settings.hpp"
#include "relay/lookups.hpp"

#include <boost/asio/io_context.hpp>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <utility>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;

supposition suppose_connection(const explain_options& options,
                               const std::vector<relay::listener_settings>& listeners) {
    try {
        return suppose(options.over, listeners);
    } catch (const impossible_connection& e) {
        throw std::runtime_error("--" + std::string{to_string(e.about)} + ": " + e.what());
    }
}

asio::awaitable<void> ask(keys::finder& finder, const policy::rule_set& rules,
                          const relay::policy_question& asked, relay::findings& found) {
    auto finding = relay::find_keys(finder, rules, asked);
    found = co_await std::move(finding);
}

long long now() { return std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()); }

} // namespace

int explain(const explain_options& options) {
    const auto read = config::load(options.configuration);
    auto supposed = suppose_connection(options, read.relay.listeners);
    const auto mail = supposed_mail(options, supposed, read.relay.limits);
    auto asked = put_question(supposed, mail.envelope, mail.message);

    asio::io_context context(1);
    assembly parts(context.get_executor(), read, purpose::ask_once);
    relay::findings found;
    run_once(context, ask(parts.finder(), in_force_or_as_set(read.relay).policy, asked, found));
    auto made = explain(read.relay, std::move(supposed), std::move(asked), std::move(found),
                        mail.message, now());
    trace_rules(made, read.relay.policy);
    if (options.json)
        std::cout << json_line(to_json(made)) << '\n';
    else
        print(made);
    return is_refused(made.plan) ? answer_is_no : done;
}

} // namespace postseal::cli
