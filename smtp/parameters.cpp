// SPDX-License-Identifier: Apache-2.0
#include "smtp/parameters.hpp"

#include "smtp/octets.hpp"
#include "smtp/xtext.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace postseal::smtp {

namespace {

using values = std::initializer_list<std::string_view>;

constexpr std::size_t max_envid = 100; // RFC 3461 §4.4
constexpr std::size_t max_orcpt = 500; // RFC 3461 §4.2

// esmtp-value of RFC 5321 §4.1.2, and beyond ASCII for ORCPT=utf-8;… (RFC 6533 §3).
bool is_value(std::string_view text) {
    return is_printable_utf8(text) && text.find_first_of(" =") == std::string_view::npos;
}

// A value that is one keyword out of several comes out in upper case, so that it can be compared.
bool take_keyword(std::string& value, values known) {
    const auto found = std::ranges::find_if(
        known, [&](std::string_view one) { return equal_ignoring_case(one, value); });
    if (found == known.end()) return false;
    value = *found;
    return true;
}

bool take_size(std::string& value) {
    std::uint64_t octets = 0;
    const auto* const end = value.data() + value.size();
    const auto read = std::from_chars(value.data(), end, octets);
    return read.ec == std::errc() && read.ptr == end;
}

bool take_body(std::string& value) { return take_keyword(value, {"7BIT", "8BITMIME"}); }

bool take_ret(std::string& value) { return take_keyword(value, {"FULL", "HDRS"}); }

bool take_envid(std::string& value) {
    return !value.empty() && value.size() <= max_envid && decode_xtext(value);
}

bool take_auth(std::string& value) { return !value.empty() && decode_xtext(value); }

bool take_nothing(std::string& value) { return value.empty(); }

// NEVER, or any of the others once each (RFC 3461 §4.1).
bool take_notify(std::string& value) {
    if (take_keyword(value, {"NEVER"})) return true;
    std::string known;
    for (std::string_view rest = value;;) {
        std::string word(rest.substr(0, rest.find(',')));
        if (!take_keyword(word, {"SUCCESS", "FAILURE", "DELAY"})) return false;
        if (known.find(word) != std::string::npos) return false;
        known += known.empty() ? word : ',' + word;
        if (word.size() == rest.size()) break;
        rest.remove_prefix(word.size() + 1);
    }
    value = known;
    return true;
}

// `type;address`, where only the address of type utf-8 may go beyond xtext.
bool take_orcpt(std::string& value) {
    const std::string_view text = value;
    const auto semicolon = text.find(';');
    if (semicolon == 0 || semicolon >= text.size() - 1 || value.size() > max_orcpt) return false;
    const auto type = text.substr(0, semicolon);
    const auto is_type = [](char c) { return is_letter_or_digit(c) || c == '-'; };
    if (!std::ranges::all_of(type, is_type)) return false;
    return equal_ignoring_case(type, "utf-8") || decode_xtext(text.substr(semicolon + 1));
}

// Everything that we know of one parameter.
struct row {
    std::string_view keyword;
    parameter_of where;
    bool (*take)(std::string& value);
    bool extensions::*announced_by;
};

constexpr auto catalogue = std::to_array<row>({
    {"SIZE", parameter_of::mail, take_size, &extensions::size},
    {"BODY", parameter_of::mail, take_body, &extensions::eight_bit_mime},
    {"SMTPUTF8", parameter_of::mail, take_nothing, &extensions::smtputf8},
    {"RET", parameter_of::mail, take_ret, &extensions::dsn},
    {"ENVID", parameter_of::mail, take_envid, &extensions::dsn},
    {"REQUIRETLS", parameter_of::mail, take_nothing, &extensions::requiretls},
    {"AUTH", parameter_of::mail, take_auth, &extensions::auth},
    {"NOTIFY", parameter_of::rcpt, take_notify, &extensions::dsn},
    {"ORCPT", parameter_of::rcpt, take_orcpt, &extensions::dsn},
});

const row* find_row(std::string_view keyword) {
    const auto* const found = std::ranges::find_if(
        catalogue, [&](const row& one) { return equal_ignoring_case(one.keyword, keyword); });
    return found == catalogue.end() ? nullptr : found;
}

std::string shown(std::string_view text) { return std::string(text.substr(0, 64)); }

// One parameter, or the reply that refuses it.
boost::system::result<parameter, reply> parse_one(std::string_view word, parameter_of where) {
    const auto equals = std::min(word.find('='), word.size());
    const auto keyword = word.substr(0, equals);
    const auto* const known = find_row(keyword);
    if (known == nullptr || known->where != where)
        return make_reply(555, "5.5.4",
                          "Parameter " + shown(keyword) + " is not supported here; leave it out");
    std::string value(word.substr(std::min(equals + 1, word.size())));
    // BINARYMIME needs BDAT; it is a value that exists, so 555 and not 501.
    if (known->keyword == "BODY" && equal_ignoring_case(value, "BINARYMIME"))
        return make_reply(555, "5.5.4", "BODY=BINARYMIME is not supported here; use 8BITMIME");
    const bool empty_after_equals = equals + 1 == word.size();
    if (empty_after_equals || !is_value(value) || !known->take(value))
        return make_reply(501, "5.5.4", "The value in " + shown(word) + " is not valid");
    return parameter{std::string(known->keyword), std::move(value)};
}

} // namespace

boost::system::result<std::vector<parameter>, reply> parse_parameters(std::string_view text,
                                                                      parameter_of where) {
    std::vector<parameter> read;
    while (!text.empty()) {
        const auto word = text.substr(0, text.find(' '));
        text.remove_prefix(std::min(text.size(), word.size() + 1));
        if (word.empty()) continue;
        auto one = parse_one(word, where);
        if (!one) return one.error();
        if (find_parameter(read, one->keyword) != nullptr)
            return make_reply(501, "5.5.4", "Parameter " + one->keyword + " is given twice");
        read.push_back(std::move(*one));
    }
    return read;
}

const parameter* find_parameter(const std::vector<parameter>& parameters,
                                std::string_view keyword) {
    const auto found = std::ranges::find(parameters, keyword, &parameter::keyword);
    return found == parameters.end() ? nullptr : &*found;
}

std::optional<std::uint64_t> declared_size(const std::vector<parameter>& parameters) {
    const auto* const size = find_parameter(parameters, "SIZE");
    if (size == nullptr) return std::nullopt;
    std::uint64_t octets = 0;
    const auto* const end = size->value.data() + size->value.size();
    if (std::from_chars(size->value.data(), end, octets).ptr != end) return std::nullopt;
    return octets;
}

bool is_offered(std::string_view keyword, const extensions& offered) {
    const auto* const known = find_row(keyword);
    return known != nullptr && offered.*(known->announced_by);
}

std::vector<parameter> understood(const std::vector<parameter>& parameters,
                                  const extensions& offered) {
    std::vector<parameter> kept;
    for (const auto& one : parameters)
        if (is_offered(one.keyword, offered)) kept.push_back(one);
    return kept;
}

bool wants_notice(const recipient& of, std::string_view what) {
    const auto* const notify = find_parameter(of.parameters, "NOTIFY");
    std::string_view list = notify != nullptr ? std::string_view(notify->value) : "FAILURE";
    while (!list.empty()) {
        const auto word = list.substr(0, list.find(','));
        if (word == what) return true;
        list.remove_prefix(std::min(word.size() + 1, list.size()));
    }
    return false;
}

} // namespace postseal::smtp
