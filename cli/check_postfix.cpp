// SPDX-License-Identifier: Apache-2.0
#include "cli/check_postfix.hpp"

#include "cli/postconf.hpp"
#include "postfix/judge.hpp"

#include <algorithm>
#include <chrono>
#include <iostream>
#include <string>

namespace postseal::cli {

namespace {

postfix::endpoint endpoint_of(const relay::endpoint& from) { return {from.host, from.port}; }

postfix::hop_tls tls_of(relay::hop_tls from) {
    switch (from) {
    case relay::hop_tls::none: return postfix::hop_tls::none;
    case relay::hop_tls::opportunistic: return postfix::hop_tls::opportunistic;
    case relay::hop_tls::verified: return postfix::hop_tls::verified;
    }
    return postfix::hop_tls::none;
}

postfix::client_told introduction_of(const relay::listener_settings& from) {
    if (from.place == relay::place::filter) return postfix::client_told::not_at_all;
    switch (from.next_hop.introduction) {
    case relay::introduction::none: return postfix::client_told::not_at_all;
    case relay::introduction::proxy: return postfix::client_told::by_proxy;
    case relay::introduction::xclient: return postfix::client_told::by_xclient;
    }
    return postfix::client_told::not_at_all;
}

postfix::relay relay_of(const config::settings& ours) {
    postfix::relay made;
    for (const auto& one : ours.relay.listeners) {
        made.listeners.push_back({one.name, endpoint_of(one.address), one.protocol, one.trusted,
                                  endpoint_of(one.next_hop.address), tls_of(one.next_hop.tls),
                                  introduction_of(one), one.login});
    }
    made.message_size = ours.relay.limits.message_size;
    made.sessions = ours.relay.limits.sessions;
    made.patience =
        std::chrono::ceil<std::chrono::seconds>(ours.keys.deadline + ours.sealers.deadline);
    made.client_patience = ours.relay.limits.client_patience;
    return made;
}

// Saved output may come from anywhere: nothing in it may move the reader's terminal.
std::string printable(std::string text) {
    const auto is_control = [](char c) { return (c >= 0 && c < ' ') || c == 0x7f; };
    std::replace_if(text.begin(), text.end(), is_control, '?');
    return text;
}

void print(const postfix::way& one, const postfix::configuration& read) {
    const auto* behind = postfix::service_at(read, one.to->next_hop);
    const auto next = behind ? behind->label() : postfix::to_string(one.to->next_hop);
    const auto from = one.place == postfix::place::front ? "clients"
                      : one.from                         ? one.from->label()
                                                         : std::string("Postfix");
    std::cout << "  " << postfix::to_string(one.place) << ": "
              << printable(from + " -> " + one.to->name + " (" +
                           postfix::to_string(one.to->address) + ") -> " + next)
              << '\n';
}

void print(const postfix::finding& one) {
    std::cout << '\n' << postfix::to_string(one.severity) << ": " << printable(one.where);
    if (!one.setting.empty()) std::cout << ", " << one.setting;
    std::cout << ": " << printable(one.what) << '\n';
    for (const auto& line : one.write)
        std::cout << "    " << printable(line) << '\n';
}

std::string counted(std::ptrdiff_t count, const std::string& noun) {
    return std::to_string(count) + ' ' + noun + (count == 1 ? "" : "s");
}

} // namespace

int check_postfix(const config::settings& ours, const postfix_options& options) {
    const auto printed = options.saved.empty() ? ask_postconf(options) : read_saved(options.saved);
    const postfix::configuration read(printed);
    if (!read.complete()) {
        throw incomplete_output(
            "this is not all that is needed: save the output of 'postconf' (not "
            "'postconf -n'), 'postconf -F' and 'postconf -P', of Postfix 2.11 "
            "or later, in one file");
    }

    const auto relay = relay_of(ours);
    std::cout << "Postfix " << printable(read.main("mail_version")) << '\n';
    for (const auto& way : postfix::find_ways(relay, read))
        print(way, read);
    const auto found = postfix::judge(relay, read);
    for (const auto& one : found)
        print(one);

    const auto count = [&](postfix::severity which) {
        return std::count_if(found.begin(), found.end(),
                             [&](const postfix::finding& one) { return one.severity == which; });
    };
    const auto errors = count(postfix::severity::error);
    const auto warnings = count(postfix::severity::warning);
    std::cout << (found.empty() ? "" : "\n")
              << "Postfix: " << (errors == 0 ? "good" : "something is wrong") << " ("
              << counted(errors, "error") << ", " << counted(warnings, "warning") << ", "
              << counted(count(postfix::severity::note), "note") << ")\n";
    if (!found.empty()) std::cout << "After a change: postfix check && postfix reload\n";
    return errors == 0 && (warnings == 0 || !options.strict) ? done : answer_is_no;
}

} // namespace postseal::cli
