// SPDX-License-Identifier: Apache-2.0
#include "message/clean.hpp"

#include "message/date.hpp"
#include "message/pgp_mime.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace postseal::message {

namespace {

// What must not stand outside a sealed message, whatever the profile: what speaks of a body that is
// no longer there; what names blind recipients; and an mbox line, which ends the header section for
// strict readers.
constexpr std::array<std::string_view, 7> spoils_sealed{
    "DKIM-Signature", "DomainKey-Signature", "ARC-*", "Lines", "Bcc", "Resent-Bcc", ""};

bool is_spoiling(std::string_view field_name) {
    return std::any_of(spoils_sealed.begin(), spoils_sealed.end(), [&](std::string_view pattern) {
        return token_matches(field_name, pattern);
    });
}

// The field in its normal form; nothing where it cannot be read and therefore stays as it is.
std::optional<std::string> normal_form(const header_field& field) {
    if (same_token(field.name, "MIME-Version")) return "MIME-Version: 1.0\r\n";
    const auto time = parse_date(field.body());
    if (!time) return {};
    const auto seconds = ((*time % 60) + 60) % 60;
    return "Date: " + format_date(*time - seconds) + "\r\n";
}

} // namespace

field_action action_for(std::string_view field_name, profile chosen) {
    if (chosen == profile::off) return field_action::keep;
    for (const auto& row : catalogue()) {
        if (!token_matches(field_name, row.pattern)) continue;
        return chosen == profile::strict ? row.strict : row.standard;
    }
    return field_action::keep;
}

cleaned_header clean_header(const header_section& section, profile chosen, content body) {
    cleaned_header cleaned;
    for (const auto& field : section.fields) {
        const std::string name(field.name);
        const bool sealed = body == content::rewritten;
        // They move into the sealed part (inner_header); the message around it has its own.
        if (sealed && is_structural(name)) continue;

        auto action = action_for(name, chosen);
        if (sealed && is_spoiling(name)) action = field_action::remove;
        // One normal form is enough: receivers refuse a second Date.
        const bool repeated = section.find(name) != &field;
        if (action == field_action::normalise && repeated) action = field_action::remove;

        std::string_view kept = field.raw;
        std::optional<std::string> normal;
        switch (action) {
        case field_action::keep: break;
        case field_action::remove: kept = {}; break;
        case field_action::normalise:
            normal = normal_form(field);
            if (normal) kept = *normal;
            break;
        }
        if (kept != field.raw) cleaned.changes.push_back({name, action});
        cleaned.bytes += kept;
    }
    // Only a message that ends within its last field lacks the line end.
    if (!cleaned.bytes.empty() && !cleaned.bytes.ends_with('\n')) cleaned.bytes += "\r\n";
    return cleaned;
}

std::string to_field(const received_line& line) {
    return "Received: by " + line.by + "\r\n with " + line.with + " id " + line.token + ";\r\n " +
           format_date(line.time) + "\r\n";
}

} // namespace postseal::message
