// SPDX-License-Identifier: Apache-2.0
#include "message/exemption.hpp"

#include "message/preamble.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <span>
#include <string_view>

namespace postseal::message {

namespace {

// iCalendar says its METHOD in the first lines (RFC 5545 §3.6), where no label does.
constexpr std::size_t calendar_prefix = 64 * 1024;

// "Secure-Join: vc-request", perhaps with the sender's footer below.
constexpr std::size_t max_handshake = 512;

// Readers may differ on what else the fields could mean: then nothing is exempt.
bool is_labelled(const part& root, const header_section& section) {
    return section.count("Content-Type") == 1 && !section.doubtful && root.content_type.well_formed;
}

bool has_method_line(std::string_view calendar) {
    constexpr std::string_view property = "METHOD:";
    while (!calendar.empty()) {
        if (same_token(calendar.substr(0, property.size()), property)) return true;
        const auto newline = calendar.find('\n');
        if (newline == calendar.npos) return false;
        calendar.remove_prefix(newline + 1);
    }
    return false;
}

bool is_calendar_with_method(const part& one) {
    if (one.type != "text/calendar") return false;
    const auto* const method = one.content_type.find("method");
    if (method != nullptr && !method->value.empty()) return true;
    return has_method_line(decode(one.body, one.encoding, calendar_prefix).octets());
}

bool is_calendar_file(const part& one) {
    return one.type == "text/calendar" || one.type == "application/ics";
}

// Shown with the text, and not a file that came along with it.
bool is_labelled_invitation(const part& one) {
    return one.type == "text/calendar" && one.content_type.find("method") != nullptr &&
           one.disposition.value != "attachment" && is_calendar_with_method(one);
}

bool is_setup_message(const part& root, const header_section& section) {
    return section.find("Autocrypt-Setup-Message") != nullptr && root.type == "multipart/mixed" &&
           root.children.size() == 2 && root.children[1].type == "application/autocrypt-setup";
}

bool is_handshake(const part& root, const header_section& section) {
    const bool labelled = std::ranges::any_of(section.fields, [](const header_field& field) {
        return token_matches(field.name, "Secure-Join*");
    });
    if (!labelled || root.type != "text/plain" || root.body.size() > max_handshake) return false;
    const auto text = decode(root.body, root.encoding);
    return is_blank(text.octets()) || token_matches(text.octets(), "Secure-Join:*");
}

} // namespace

bool is_report(const part& root, const header_section& section) {
    if (!is_labelled(root, section)) return false;
    if (root.type == "message/disposition-notification") return true;
    const auto* const type = root.content_type.find("report-type");
    const auto& children = root.children;
    if (root.type != "multipart/report" || type == nullptr || type->value.empty()) return false;
    if (children.size() < 2 || children.size() > 3) return false;
    if (token_matches(children[1].type, "application/tlsrpt+*")) return true; // RFC 8460 §5.3
    // RFC 6533 has "message/global-delivery-status" for "delivery-status".
    const std::string_view for_programs = children[1].type;
    const auto start = for_programs.size() - std::min(type->value.size(), for_programs.size());
    return for_programs.starts_with("message/") &&
           same_token(for_programs.substr(start), type->value);
}

bool is_invitation(const part& root) {
    const auto* body = &root;
    while (!body->children.empty() && body->type != "multipart/alternative") {
        const auto& first = body->children.front();
        if (body->type == "multipart/mixed") {
            const auto files = std::span(body->children).subspan(1);
            if (!std::ranges::all_of(files, is_calendar_file)) return false;
            if (std::ranges::any_of(files, is_labelled_invitation)) return true;
        } else if (body->type != "multipart/related") {
            return false;
        }
        body = &first;
    }
    return is_calendar_with_method(*body) ||
           std::ranges::any_of(body->children, is_calendar_with_method);
}

bool is_fragment(const part& root, const header_section& section) {
    if (!is_labelled(root, section) || root.type != "message/partial") return false;
    const auto* const total = root.content_type.find("total");
    return total == nullptr || total->value.substr(0, 1) != "1" || total->value.size() > 1;
}

bool is_key_exchange(const part& root, const header_section& section) {
    return is_setup_message(root, section) || is_handshake(root, section);
}

} // namespace postseal::message
