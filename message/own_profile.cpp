// SPDX-License-Identifier: Apache-2.0
#include "message/own_profile.hpp"

#include "message/token.hpp"
#include "smtp/glob.hpp"

#include <algorithm>
#include <array>

namespace postseal::message {

namespace {

constexpr std::array<std::string_view, 33> protected_fields{
    // Mandatory fields and addresses
    "From", "To", "Cc", "Subject", "Date", "Sender", "Reply-To", "MIME-Version",
    // What the body is
    "Content-Type", "Content-Transfer-Encoding", "Content-Disposition", "Content-ID",
    "Content-Location", "Content-Base",
    // Threading
    "Message-ID", "In-Reply-To", "References",
    // Lists, automatic mail and relaying, as the catalogue has them
    "List-*", "Archived-At", "Feedback-ID", "Precedence", "Auto-Submitted",
    "X-Auto-Response-Suppress", "X-Loop*", "X-BeenThere", "X-OTRS-Loop", "X-RT-Loop-Prevention",
    "RT-Loop-Prevention", "X-hMailServer-LoopCount", "Resent-*", "TLS-Required", "Require-*",
    // Whom answers to automatic mail go to
    "Errors-To"};

constexpr std::array<std::string_view, 3> always_going{"Bcc", "Resent-Bcc", ""};
constexpr std::array<std::string_view, 3> normal_forms{"Date", "Resent-Date", "MIME-Version"};

template<class Names>
bool is_one_of(const Names& names, std::string_view field_name) {
    return std::ranges::any_of(names,
                               [&](auto pattern) { return token_matches(field_name, pattern); });
}

bool any_matches(const std::vector<std::string>& patterns, std::string_view field_name) {
    return std::ranges::any_of(
        patterns, [&](const auto& one) { return smtp::glob_matches(one, field_name); });
}

} // namespace

bool is_protected(std::string_view field_name) {
    return is_one_of(protected_fields, field_name) && !always_goes(field_name);
}

bool always_goes(std::string_view field_name) { return is_one_of(always_going, field_name); }

bool has_normal_form(std::string_view field_name) { return is_one_of(normal_forms, field_name); }

bool names_a_normal_form(std::string_view pattern) {
    return std::ranges::any_of(normal_forms,
                               [&](auto name) { return smtp::glob_matches(pattern, name); });
}

std::optional<field_action> own_action(const own_profile& own, std::string_view field_name) {
    if (always_goes(field_name)) return field_action::remove;
    if (any_matches(own.keep, field_name)) return field_action::keep;
    if (!is_protected(field_name) && any_matches(own.remove, field_name))
        return field_action::remove;
    if (has_normal_form(field_name) && any_matches(own.normalise, field_name))
        return field_action::normalise;
    return {};
}

} // namespace postseal::message
