// SPDX-License-Identifier: Apache-2.0
#include "message/facts.hpp"

#include "message/address_list.hpp"
#include "message/encryption.hpp"
#include "message/header_section.hpp"
#include "message/parts.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <array>

namespace postseal::message {

namespace {

// RFC 5322 §3.6.3, §3.6.6: the fields that show recipients to each other. Bcc is not one.
constexpr std::array<std::string_view, 4> showing{"To", "Cc", "Resent-To", "Resent-Cc"};

// iCalendar says its METHOD in the first lines (RFC 5545 §3.6), where no label does.
constexpr std::size_t calendar_prefix = 64 * 1024;

// Every field of these names counts, not only the first: which of two a reader shows is not ours to
// guess.
void read_addresses(facts& known, const header_section& section) {
    for (const auto& field : section.fields) {
        if (same_token(field.name, "From")) {
            read_address_list(field.body(), known.from);
        } else if (std::ranges::any_of(showing,
                                       [&](auto name) { return same_token(field.name, name); })) {
            read_address_list(field.body(), known.visible);
        }
    }
}

bool is_list_mail(const header_section& section) {
    if (section.find("List-Id") != nullptr) return true;
    return std::ranges::any_of(section.fields, [](const header_field& field) {
        if (!same_token(field.name, "Precedence")) return false;
        const auto value = unfolded(field);
        return same_token(value, "bulk") || same_token(value, "list");
    });
}

bool is_key_exchange(const header_section& section) {
    return std::ranges::any_of(section.fields, [](const header_field& field) {
        return same_token(field.name, "Autocrypt-Setup-Message") ||
               token_matches(field.name, "Secure-Join*");
    });
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

bool has_invitation(const part& one) {
    if (std::ranges::any_of(one.children, has_invitation)) return true;
    if (one.type != "text/calendar") return false;
    const auto* const method = one.content_type.find("method");
    if (method != nullptr && !method->value.empty()) return true;
    return has_method_line(decode(one.body, one.encoding, calendar_prefix).octets());
}

} // namespace

facts classify(std::string_view message) {
    facts known;
    known.size = message.size();
    const auto section = read_header_section(message);
    read_addresses(known, section);
    known.list = is_list_mail(section);
    known.key_exchange = is_key_exchange(section);

    auto tree = read_parts(message, section);
    auto& root = tree.root;
    if (root.doubt.empty() && section.count("From") > 1) root.doubt = "several From fields";

    // What exempts from sealing must be said clearly, once.
    const bool labelled =
        section.count("Content-Type") == 1 && !section.doubtful && root.content_type.well_formed;
    if (labelled) {
        known.report =
            root.type == "multipart/report" || root.type == "message/disposition-notification";
        known.fragment = root.type == "message/partial";
    }
    known.invitation = has_invitation(root);

    const auto found = find_protection(root);
    known.protected_as = found.protected_as;
    known.reason = found.reason;
    return known;
}

} // namespace postseal::message
