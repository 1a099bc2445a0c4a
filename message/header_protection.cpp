// SPDX-License-Identifier: Apache-2.0
#include "message/header_protection.hpp"

#include "message/address_list.hpp"
#include "message/date.hpp"
#include "message/encoded_word.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace postseal::message {

namespace {

// RFC 9788 §3.2.1: neither translated nor personal, so that it tells nothing.
constexpr std::string_view hidden_subject = "Subject: [...]\r\n";

// Trace and what servers say of each other is not the sender's to protect.
constexpr std::array<std::string_view, 6> not_protected{"Received",       "Return-Path",
                                                        "DKIM-Signature", "DomainKey-Signature",
                                                        "ARC-*",          "Authentication-Results"};

constexpr std::array<std::string_view, 2> only_inside{"Comments", "Keywords"};

// The subject once more, as Outlook, filters and lists keep it, and what ties the messages of a
// conversation together by it. A name that ends with "Subject" or "Subj" is one of these as well.
constexpr std::array<std::string_view, 2> goes_with_subject{"Thread-Topic", "Thread-Index"};
constexpr std::string_view subject = "Subject";
constexpr std::array<std::string_view, 2> names_of_subjects{subject, "Subj"};

// RFC 9788 §3.2.2 shows the code for three of them, and says what it is for: "the display-name of
// each identified email address". The sender's name in Reply-To would give away what From hides.
constexpr std::array<std::string_view, 16> shown_without_names{"From",
                                                               "Sender",
                                                               "Reply-To",
                                                               "To",
                                                               "Cc",
                                                               "Resent-From",
                                                               "Resent-Sender",
                                                               "Resent-Reply-To",
                                                               "Resent-To",
                                                               "Resent-Cc",
                                                               "Mail-Reply-To",
                                                               "Mail-Followup-To",
                                                               "Errors-To",
                                                               "Disposition-Notification-To",
                                                               "Return-Receipt-To",
                                                               "X-Confirm-Reading-To"};
constexpr std::array<std::string_view, 2> shown_in_utc{"Date", "Resent-Date"};

template<class Names>
bool is_one_of(const Names& names, std::string_view field_name) {
    return std::ranges::any_of(names,
                               [&](auto pattern) { return token_matches(field_name, pattern); });
}

// "a@b, c@d", folded before each. Nothing where not all can be read: then the field stays, since an
// answer to all has to reach them.
std::optional<std::string> without_names(const header_field& field) {
    std::vector<smtp::mailbox> all;
    if (!read_address_list(field.body(), all) || all.empty()) return std::nullopt;
    std::string made = std::string{field.name} + ":";
    for (std::size_t i = 0; i < all.size(); ++i)
        made += (i == 0 ? " " : ",\r\n ") + smtp::to_string(all[i]);
    return made + "\r\n";
}

std::optional<std::string> in_utc(const header_field& field) {
    const auto time = parse_date(field.body());
    if (!time) return std::nullopt;
    return std::string{field.name} + ": " + format_date(*time) + "\r\n";
}

bool repeats_subject(std::string_view field_name) {
    if (is_one_of(goes_with_subject, field_name)) return true;
    return std::ranges::any_of(names_of_subjects, [&](auto name) {
        return field_name.size() > name.size() &&
               same_token(field_name.substr(field_name.size() - name.size()), name);
    });
}

// What stands outside for a protected field; empty: nothing.
std::string outside_of(const header_field& field, header_protection how) {
    if (is_one_of(only_inside, field.name)) return {};
    if (how.subject == subject_outside::hidden) {
        if (same_token(field.name, subject)) return std::string{hidden_subject};
        if (repeats_subject(field.name)) return {};
    }
    std::optional<std::string> made;
    if (how.policy == protection_policy::shy) {
        if (is_one_of(shown_without_names, field.name)) made = without_names(field);
        if (is_one_of(shown_in_utc, field.name)) made = in_utc(field);
    }
    return made.value_or(std::string{field.raw});
}

bool is_ascii(std::string_view text) {
    return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// §2.2: the field that stands outside, as the value of one inside. Its folds stay.
std::string noted_inside(std::string_view outside) {
    if (is_ascii(outside)) return "HP-Outer: " + std::string{outside};
    const auto section = read_header_section(outside);
    if (section.fields.empty()) return {};
    const auto& field = section.fields.front();
    return "HP-Outer: " + std::string{field.name} + ": " + encode_words(unfolded(field)) + "\r\n";
}

} // namespace

std::string_view to_string(protection_policy what) {
    switch (what) {
    case protection_policy::off: return "off";
    case protection_policy::baseline: return "baseline";
    case protection_policy::shy: return "shy";
    }
    return {};
}

std::string_view to_string(subject_outside what) {
    switch (what) {
    case subject_outside::hidden: return "hidden";
    case subject_outside::shown: return "shown";
    }
    return {};
}

protected_header protect_header(std::string_view cleaned, header_protection how,
                                std::string_view boundary) {
    protected_header made;
    std::string noted;
    const auto section = read_header_section(cleaned);
    const auto* const first_subject = section.find(subject);
    for (const auto& field : section.fields) {
        if (same_token(field.name, "HP-Outer")) continue;
        if (is_one_of(not_protected, field.name)) {
            made.outer += field.raw;
            continue;
        }
        auto outside = outside_of(field, how);
        // Receivers refuse a second one; which of two was meant is inside.
        if (outside == hidden_subject && first_subject != &field) outside.clear();
        made.before += field.raw;
        made.outer += outside;
        if (!outside.empty()) noted += noted_inside(outside);
    }
    // Thunderbird and K-9 look for the older parameter, RFC 9788 for the newer one. On this part
    // alone: GpgOL hides a text part that has them.
    const auto quoted = "\"" + std::string{boundary} + "\"";
    made.before += noted +
                   "Content-Type: multipart/mixed; protected-headers=\"v1\"; hp=\"cipher\";\r\n"
                   " boundary=" +
                   quoted + "\r\n\r\n--" + std::string{boundary} + "\r\n";
    made.after = "\r\n--" + std::string{boundary} + "--\r\n";
    return made;
}

} // namespace postseal::message
