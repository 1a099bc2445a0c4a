// SPDX-License-Identifier: Apache-2.0
#include "smtp/extensions.hpp"

#include "smtp/command.hpp"
#include "smtp/mailbox.hpp"
#include "smtp/octets.hpp"
#include "smtp/xforward.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace postseal::smtp {

namespace {

// So that the line which offers them stays within 512 octets.
constexpr std::size_t max_mechanisms = 20;

std::string_view take_word(std::string_view& text) {
    text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(word.size());
    return word;
}

void read_size(std::string_view arguments, extensions& into) {
    into.size = true;
    const auto number = take_word(arguments);
    const auto* const end = number.data() + number.size();
    std::uint64_t octets = 0;
    const auto read = std::from_chars(number.data(), end, octets);
    if (read.ec == std::errc() && read.ptr == end) into.size_limit = octets;
}

template<typename Names>
void read_names(std::string_view arguments, const Names& known, std::vector<std::string>& into) {
    for (auto word = take_word(arguments); !word.empty(); word = take_word(arguments))
        for (const auto name : known)
            if (equal_ignoring_case(name, word) && std::ranges::find(into, name) == into.end())
                into.emplace_back(name);
}

void read_mechanisms(std::string_view arguments, extensions& into) {
    into.auth = true;
    for (auto word = take_word(arguments); !word.empty(); word = take_word(arguments)) {
        auto mechanism = ascii_upper(word);
        if (is_let_through(mechanism) && into.mechanisms.size() < max_mechanisms &&
            std::ranges::find(into.mechanisms, mechanism) == into.mechanisms.end())
            into.mechanisms.push_back(std::move(mechanism));
    }
}

void read_line(std::string_view line, extensions& into) {
    const auto keyword = take_word(line);
    const auto is = [&](std::string_view name) { return equal_ignoring_case(keyword, name); };
    if (is("PIPELINING")) into.pipelining = true;
    if (is("8BITMIME")) into.eight_bit_mime = true;
    if (is("ENHANCEDSTATUSCODES")) into.enhanced_status_codes = true;
    if (is("DSN")) into.dsn = true;
    if (is("SMTPUTF8")) into.smtputf8 = true;
    if (is("AUTH")) read_mechanisms(line, into);
    if (is("STARTTLS")) into.starttls = true;
    if (is("CHUNKING")) into.chunking = true;
    if (is("REQUIRETLS")) into.requiretls = true;
    if (is("SIZE")) read_size(line, into);
    if (is("XFORWARD")) read_names(line, xforward_attributes, into.xforward);
    if (is("XCLIENT")) read_names(line, xclient_attributes, into.xclient);
}

// The smaller of two limits, where 0 is none.
std::uint64_t tighter(std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return a + b;
    return std::min(a, b);
}

template<typename Words>
std::string with_words(std::string line, const Words& words) {
    for (const auto& word : words)
        line.append(" ").append(word);
    return line;
}

} // namespace

extensions read_extensions(const reply& ehlo_reply) {
    extensions offered;
    for (std::size_t i = 1; i < ehlo_reply.lines.size(); ++i)
        read_line(ehlo_reply.lines[i], offered);
    // RFC 6531 §3.6: without 8BITMIME the offer means nothing.
    offered.smtputf8 = offered.smtputf8 && offered.eight_bit_mime;
    return offered;
}

reply ehlo_reply(const std::string& hostname, const extensions& next_hop, const own_offer& ours) {
    reply answer{250, {}, {hostname, "PIPELINING", "CHUNKING"}};
    const auto limit = tighter(ours.message_size, next_hop.size_limit);
    answer.lines.push_back(limit == 0 ? "SIZE" : "SIZE " + std::to_string(limit));
    if (next_hop.eight_bit_mime) answer.lines.emplace_back("8BITMIME");
    if (next_hop.enhanced_status_codes) answer.lines.emplace_back("ENHANCEDSTATUSCODES");
    if (next_hop.dsn) answer.lines.emplace_back("DSN");
    if (next_hop.smtputf8) answer.lines.emplace_back("SMTPUTF8");
    if (ours.starttls) answer.lines.emplace_back("STARTTLS");
    if (ours.login && !next_hop.mechanisms.empty())
        answer.lines.push_back(with_words("AUTH", next_hop.mechanisms));
    if (ours.requiretls && next_hop.requiretls) answer.lines.emplace_back("REQUIRETLS");
    if (ours.trust == client_trust::trusted)
        answer.lines.push_back(with_words("XFORWARD", xforward_attributes));
    return answer;
}

bool is_let_through(std::string_view mechanism) {
    if (mechanism.starts_with("SCRAM-")) {
        const auto is_name = [](char c) { return is_letter_or_digit(c) || c == '-'; };
        return mechanism.size() <= max_mechanism && !mechanism.ends_with("-PLUS") &&
               std::ranges::all_of(mechanism, is_name);
    }
    constexpr auto known =
        std::to_array<std::string_view>({"PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2", "OAUTHBEARER"});
    return std::ranges::find(known, mechanism) != known.end();
}

} // namespace postseal::smtp
