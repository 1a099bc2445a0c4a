// SPDX-License-Identifier: Apache-2.0
#include "message/dsn.hpp"

#include "message/date.hpp"
#include "message/dsn_parts.hpp"
#include "message/field_writer.hpp"
#include "message/text_part.hpp"
#include "message/token.hpp"
#include "message/visible.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace postseal::message {

namespace {

// An allow-list, since a field that nobody has heard of may hold anything. "Resent-Bcc" is taken by
// the cleaning before.
constexpr std::array<std::string_view, 14> shown_fields{
    "From",     "Sender",  "Reply-To",       "To",          "Cc",
    "Subject",  "Date",    "Message-ID",     "In-Reply-To", "References",
    "Resent-*", "List-Id", "Auto-Submitted", "Precedence"};

bool is_shown(std::string_view name) {
    return std::ranges::any_of(
        shown_fields, [&](std::string_view pattern) { return token_matches(name, pattern); });
}

// Line by line: the folds stay, what else ends a line for somebody does not.
std::string in_clean_lines(std::string_view field) {
    std::string out;
    while (!field.empty()) {
        auto line = field.substr(0, field.find('\n'));
        field.remove_prefix(std::min(line.size() + 1, field.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        out += visible(line) + "\r\n";
    }
    return out;
}

// The worst that the sender hears, since a subject is what many read first.
std::string_view subject(const dsn& notice) {
    const auto any = [&](delivery_event what) {
        return std::ranges::any_of(notice.recipients,
                                   [&](const recipient_report& one) { return one.what == what; });
    };
    if (any(delivery_event::refused) || any(delivery_event::expired))
        return "Your message could not be delivered";
    if (any(delivery_event::delayed)) return "Your message is delayed";
    return "Your message was passed on";
}

std::string header(const dsn& notice) {
    const auto address = [](const smtp::mailbox& of) {
        return '<' + visible(smtp::to_string(of)) + '>';
    };
    return write_field("Date", format_date(notice.time)) +
           write_field("From", "Mail Delivery System " + address(notice.from)) +
           write_field("To", address(notice.to)) + write_field("Subject", subject(notice)) +
           write_field("Message-ID", '<' + visible_ascii(notice.message_id) + '>') +
           "Auto-Submitted: auto-replied\r\n"
           "MIME-Version: 1.0\r\n"
           "Content-Type: multipart/report; report-type=delivery-status;\r\n"
           " boundary=\"" +
           notice.boundary +
           "\"\r\n"
           "\r\n";
}

} // namespace

std::string original_header(const header_section& section, profile chosen) {
    const auto used = chosen == profile::off ? profile::standard : chosen;
    const auto cleaned = clean_header(section, used, content::rewritten);
    std::string shown;
    for (const auto& field : read_header_section(cleaned.bytes).fields) {
        if (!is_shown(field.name)) continue;
        const auto lines = in_clean_lines(field.raw);
        if (shown.size() + lines.size() <= max_original_header) shown += lines;
    }
    return shown;
}

bool needs_smtputf8(const dsn& notice) {
    return !smtp::all_ascii(smtp::to_string(notice.from)) ||
           !smtp::all_ascii(smtp::to_string(notice.to));
}

void write_dsn(const sink& out, const dsn& notice) {
    const auto delimiter = "\r\n--" + notice.boundary;
    out(header(notice));
    out("This is a delivery status notification in MIME format (RFC 3464).\r\n");
    out(delimiter + "\r\n");
    out(text_part("text/plain", words_for_a_person(notice), notice.boundary));
    out(delimiter + "\r\nContent-Type: message/delivery-status\r\n\r\n");
    out(delivery_status(notice));
    out(delimiter + "\r\n");
    out(text_part("text/rfc822-headers", notice.original_header, notice.boundary));
    out(delimiter + "--\r\n");
}

} // namespace postseal::message
