// SPDX-License-Identifier: Apache-2.0
// The part for programs: message/delivery-status (RFC 3464 §2).
#include "message/date.hpp"
#include "message/dsn_parts.hpp"
#include "message/field_writer.hpp"
#include "message/token.hpp"
#include "message/visible.hpp"
#include "smtp/octets.hpp"
#include "smtp/parameters.hpp"
#include "smtp/utf8_address.hpp"
#include "smtp/xtext.hpp"

#include <algorithm>
#include <string_view>

namespace postseal::message {

namespace {

std::string_view action(delivery_event what) {
    switch (what) {
    case delivery_event::refused:
    case delivery_event::expired: return "failed";
    case delivery_event::delayed: return "delayed";
    case delivery_event::relayed: return "relayed";
    }
    return "failed";
}

// class "." subject "." detail (RFC 3463 §2) at the start of a text; empty where there is none.
std::string_view enhanced_code(std::string_view text) {
    constexpr std::size_t most_digits = 3;
    const auto word = text.substr(0, text.find(' '));
    auto rest = word;
    for (int dots = 2; dots >= 0; --dots) {
        const auto number = rest.substr(0, rest.find('.'));
        const bool last = number.size() == rest.size();
        if (number.empty() || number.size() > most_digits || last != (dots == 0)) return {};
        if (!std::ranges::all_of(number, smtp::is_digit)) return {};
        rest.remove_prefix(std::min(number.size() + 1, rest.size()));
    }
    return word;
}

// A code that contradicts the reply's own class (RFC 2034 §4 forbids it) tells nothing.
std::string status(const recipient_report& one) {
    if (one.what == delivery_event::expired) return "4.4.7"; // RFC 3463 §3.5: delivery time expired
    const auto& said = one.said;
    std::string_view code = said.enhanced;
    if (code.empty() && !said.lines.empty()) code = said.lines.front();
    code = enhanced_code(code);
    const auto reply_class = std::to_string(said.code / 100);
    if (!code.empty() && code.substr(0, code.find('.')) == reply_class) return std::string(code);
    if (said.positive() || said.transient_failure() || said.permanent_failure())
        return reply_class + ".0.0";
    switch (one.what) {
    case delivery_event::refused: return "5.0.0";
    case delivery_event::expired:
    case delivery_event::delayed: return "4.0.0";
    case delivery_event::relayed: return "2.0.0";
    }
    return "5.0.0";
}

// "type; address": beyond ASCII the form of RFC 6533 §3 for seven bits.
std::string typed(const smtp::mailbox& address) {
    const auto text = smtp::to_string(address);
    if (smtp::all_ascii(text)) return "rfc822; " + visible_ascii(text);
    return "utf-8; " + smtp::encode_utf8_address(text);
}

// ORCPT as the client gave it, out of its encoding (RFC 3464 §2.3.1); empty where it gave none. Its
// address is whatever somebody before us knew: it need not be a mailbox.
std::string original(const smtp::recipient& to) {
    const auto* const given = smtp::find_parameter(to.parameters, "ORCPT");
    if (given == nullptr) return {};
    const std::string_view value = given->value;
    const auto semicolon = std::min(value.find(';'), value.size());
    const auto address = value.substr(std::min(semicolon + 1, value.size()));
    if (same_token(value.substr(0, semicolon), "utf-8")) {
        const auto decoded = smtp::decode_utf8_address(address);
        return decoded ? "utf-8; " + smtp::encode_utf8_address(*decoded) : std::string{};
    }
    const auto decoded = smtp::decode_xtext(address);
    if (!decoded || decoded->empty()) return {};
    return visible_ascii(value.substr(0, semicolon)) + "; " + visible_ascii(*decoded);
}

std::string envelope_id(const dsn& notice) {
    const auto* const given = smtp::find_parameter(notice.mail_parameters, "ENVID");
    if (given == nullptr) return {};
    return visible_ascii(smtp::decode_xtext(given->value).value_or(""));
}

std::string host(std::string_view name) {
    return name.empty() ? std::string{} : "dns; " + visible_ascii(name);
}

// A reply of ours went over no wire, so it is of no type "smtp" (RFC 3464 §2.3.6).
std::string diagnostic(const smtp::reply& said) {
    if (said.code == 0) return {};
    const std::string_view type = are_our_words(said) ? "X-Postseal; " : "smtp; ";
    return std::string(type) + visible_ascii(smtp::to_log(said));
}

std::string date(std::optional<long long> time) {
    return time ? format_date(*time) : std::string{};
}

// A field without a value is not written at all.
std::string fields_of(const recipient_report& one) {
    const bool delayed = one.what == delivery_event::delayed;
    return write_field("Original-Recipient", original(one.to)) +
           write_field("Final-Recipient", typed(one.to.address)) +
           write_field("Action", action(one.what)) + write_field("Status", status(one)) +
           write_field("Remote-MTA", are_our_words(one.said) ? "" : host(one.said_by)) +
           write_field("Diagnostic-Code", diagnostic(one.said)) +
           write_field("Last-Attempt-Date", date(one.last_attempt)) +
           write_field("Will-Retry-Until", delayed ? date(one.retried_until) : "");
}

} // namespace

std::string delivery_status(const dsn& notice) {
    auto text = write_field("Original-Envelope-Id", envelope_id(notice)) +
                write_field("Reporting-MTA", host(notice.reporting_host)) +
                write_field("Arrival-Date", format_date(notice.arrived));
    for (const auto& one : notice.recipients)
        text += "\r\n" + fields_of(one);
    return text;
}

} // namespace postseal::message
