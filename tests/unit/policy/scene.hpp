// SPDX-License-Identifier: Apache-2.0
// The words in which the policy tests are written: one house (example.org), letters from it, and
// what is known about the keys of those who get them.
#pragma once

#include "policy/plan.hpp"

#include <boost/test/unit_test.hpp>

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::policy::scene {

inline smtp::mailbox at(std::string_view address) {
    const auto split = address.rfind('@');
    return {std::string{address.substr(0, split)}, std::string{address.substr(split + 1)}};
}

inline std::vector<smtp::mailbox> these(std::initializer_list<std::string_view> addresses) {
    std::vector<smtp::mailbox> all;
    for (const auto address : addresses) {
        all.push_back(at(address));
    }
    return all;
}

inline smtp::ip_address host(std::string_view address) {
    return smtp::parse_ip_address(address).value();
}

inline smtp::ip_network network(std::string_view text) {
    return smtp::parse_ip_network(text).value();
}

inline rule_set house() {
    rule_set rules;
    rules.local_domains = {"example.org", "*.example.org"};
    return rules;
}

inline keys::finding found(const std::string& fingerprint) {
    keys::finding one{keys::outcome::found, keys::certificate{}, "wkd", "WKD served it"};
    one.found->fingerprint = fingerprint;
    one.found->algorithm = "cv25519";
    return one;
}
/// Mail to them was sealed to another key up to now.
inline keys::finding changed(const std::string& before, const std::string& fingerprint) {
    auto one = found(fingerprint);
    one.replaces = before;
    one.from = keys::origin::domain;
    return one;
}
inline keys::finding absent() { return {keys::outcome::absent, {}, "wkd", "404"}; }
inline keys::finding unusable() { return {keys::outcome::unusable, {}, "wkd", "expired"}; }
inline keys::finding temporary() { return {keys::outcome::temporary, {}, "", "timed out"}; }
/// Nobody ever knew a key, and a keyserver could not be asked.
inline keys::finding not_yet() {
    return {keys::outcome::temporary, {}, "vks", "asked later", std::chrono::seconds(60)};
}

/// A letter from anna@example.org; every recipient stands in To unless said otherwise.
struct letter {
    policy::origin origin{
        .listener = "filter", .client = {}, .tls = {}, .authenticated = {}, .login = {}};
    smtp::envelope envelope{at("anna@example.org"), {}, {}};
    message::facts facts;
    std::vector<std::optional<keys::finding>> findings;

    letter() { facts.from = these({"anna@example.org"}); }

    letter& to(std::string_view address, std::optional<keys::finding> about = {}) {
        facts.visible.push_back(at(address));
        return blind_to(address, std::move(about));
    }
    letter& blind_to(std::string_view address, std::optional<keys::finding> about = {}) {
        envelope.recipients.push_back({at(address), {}});
        findings.push_back(std::move(about));
        return *this;
    }

    [[nodiscard]] plan under(const rule_set& rules, const occasion& now = {}) const {
        return make_plan(rules, origin, envelope, facts, findings, now);
    }
};

/// "sealed 0 1 | cleaned 2 | 550 5.7.5 for 3", or "451 4.4.3" for everybody: what the relay would
/// do, in one line.
inline std::string outline(const plan& made) {
    if (made.refusal) return std::to_string(made.refusal->code) + " " + made.refusal->enhanced;
    std::string text;
    for (const auto& one : made.deliveries) {
        if (!text.empty()) text += " | ";
        text += one.archive ? "archive " + smtp::to_string(*one.archive)
                            : std::string{to_string(one.treatment)};
        for (const auto recipient : one.recipients) {
            text += " " + std::to_string(recipient);
        }
    }
    for (const auto& one : made.decisions) {
        if (!one.refusal) continue;
        if (!text.empty()) text += " | ";
        text += std::to_string(one.refusal->code) + " " + one.refusal->enhanced + " for " +
                std::to_string(one.recipient);
    }
    return text;
}

/// What stands between slashes is an expression.
inline std::vector<addresses> any_of_these(std::initializer_list<std::string_view> patterns) {
    auto set = std::make_shared<address_set>();
    for (const auto one : patterns) {
        std::string mistake;
        if (one.starts_with('/'))
            set->add(text_pattern::parse(one, mistake, letter_case::does_not_count).value());
        else
            set->add(one);
    }
    return {std::move(set)};
}
inline condition to(std::string_view pattern) { return {to_is{any_of_these({pattern})}}; }
inline condition from(std::string_view pattern) { return {from_is{any_of_these({pattern})}}; }
inline condition client(std::string_view text) { return {client_is{{network(text)}}}; }

/// The rule holds where this does too.
inline void also(rule& one, condition asked) {
    std::get<all_of>(one.match.asks).each.push_back(std::move(asked));
}

/// What the rules say to this recipient of a letter.
inline verdict said_of(const rule_set& rules, const letter& mail, const smtp::mailbox& to,
                       std::optional<bool> key_known = {}) {
    const circumstances around(mail.origin, mail.envelope.sender, &mail.facts);
    return evaluate(rules, around, {folded_address(to), key_known});
}

inline rule rule_for(std::string_view recipient, overrides set) {
    rule made;
    made.name = "the rule for " + std::string{recipient};
    if (!recipient.empty()) also(made, to(recipient));
    made.set = std::move(set);
    return made;
}

} // namespace postseal::policy::scene
