// SPDX-License-Identifier: Apache-2.0
#include "cli/policy_test.hpp"

#include "cli/explanation.hpp"
#include "cli/supposed_finding.hpp"

#include <algorithm>
#include <utility>

namespace postseal::cli {

namespace {

supposition suppose_connection(const relay::settings& under, const config::source& from,
                               const config::policy_test& test) {
    const auto said = [&test](policy::fact what) {
        const auto found = test.over.find(what);
        return found == test.over.end() ? std::string() : found->second.text;
    };
    using policy::fact;
    try {
        return suppose({.listener = said(fact::listener),
                        .client = said(fact::client),
                        .tls = said(fact::tls),
                        .authenticated = said(fact::authenticated),
                        .login = said(fact::login)},
                       under.listeners);
    } catch (const impossible_connection& e) {
        const auto& word = test.over.at(e.about);
        from.fail(word.at, "'" + std::string{to_string(e.about)} + "': " + e.what());
    }
}

// Asked is whom the relay would ask about, and nobody else. Of those who are only judged beside the
// recipients, a test says nothing: they have no key.
relay::findings suppose_findings(const relay::settings& under, const relay::policy_question& asked,
                                 const config::policy_test& test) {
    const auto addresses = relay::addresses_of(under.policy, asked);
    relay::findings found(addresses.size());
    for (const auto i : relay::keys_wanted(under.policy, asked)) {
        const auto key = i < test.keys.size() ? test.keys[i] : config::supposed_key{};
        found[i] = suppose_finding(key, addresses[i], under.policy);
    }
    return found;
}

std::optional<std::size_t> delivery_of(const policy::plan& plan, std::size_t recipient) {
    for (std::size_t i = 0; i < plan.deliveries.size(); ++i)
        if (std::ranges::count(plan.deliveries[i].recipients, recipient) > 0) return i;
    return std::nullopt;
}

} // namespace

// A test is about what the rules say, whether or not they only observe yet.
std::vector<surprise> judge(const relay::settings& as_set, const config::source& from,
                            const config::policy_test& test) {
    const auto& under = in_force_or_as_set(as_set);
    auto supposed = suppose_connection(under, from, test);
    auto asked = put_question(supposed, test.envelope, test.message);
    auto found = suppose_findings(under, asked, test);
    const auto made =
        explain(under, std::move(supposed), std::move(asked), std::move(found), test.message, 0);

    std::vector<surprise> all;
    for (const auto& [recipient, at, expected] : test.expected) {
        const auto delivery = delivery_of(made.plan, recipient);
        message::header_section leaves;
        if (delivery) leaves = message::read_header_section(made.headers[*delivery].outside);
        const auto& decided = made.plan.decisions[recipient];
        const policy::outcome of{made.plan, made.asked.envelope, recipient,
                                 made.found[recipient].has_value(), delivery ? &leaves : nullptr};
        for (auto& one : policy::compare(expected, of))
            all.push_back({recipient, at, std::move(one), decided.rule, decided.reason});
    }
    return all;
}

} // namespace postseal::cli
