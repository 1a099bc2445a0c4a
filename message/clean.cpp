// SPDX-License-Identifier: Apache-2.0
#include "message/clean.hpp"

#include "message/date.hpp"
#include "message/own_profile.hpp"
#include "message/pgp_mime.hpp"
#include "message/requests.hpp"
#include "message/signed_fields.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace postseal::message {

namespace {

// What must not stand outside a sealed message, whatever the profile: what speaks of a body that is
// no longer there, and an mbox line, which ends the header section for strict readers;
constexpr std::array<std::string_view, 5> stale_when_sealed{"DKIM-Signature", "DomainKey-Signature",
                                                            "ARC-*", "Lines", ""};
// and what names recipients, blind ones among them.
constexpr std::array<std::string_view, 13> names_recipients{
    "Bcc",          "Resent-Bcc",     "Apparently-To",      "X-Apparently-To",
    "Delivered-To", "X-Delivered-To", "Original-Recipient", "X-Original-To",
    "X-Forward*",   "X-Rcpt-To",      "X-MDRcpt-To",        "Envelope-*",
    "X-Envelope-*"};

bool is_spoiling(std::string_view field_name) {
    const auto is_like = [&](std::string_view pattern) {
        return token_matches(field_name, pattern);
    };
    return std::ranges::any_of(stale_when_sealed, is_like) ||
           std::ranges::any_of(names_recipients, is_like);
}

using fields = std::vector<const header_field*>;

// What becomes of one field. `normalise` is said only where that makes other bytes of it.
struct outcome {
    field_action action = field_action::keep;
    std::string normal{};
    bool asked = false; ///< a sender's mark is taken out: no signature keeps it
};

date_form form_of(field_action said, const cleaning& how) {
    if (how.date != date_form::by_profile) return how.date;
    return said == field_action::normalise ? date_form::minute : date_form::keep;
}

// Nothing where it cannot be read and therefore stays as it is.
std::optional<std::string> normal_date(const header_field& field, date_form form) {
    if (form == date_form::keep) return {};
    const auto time = parse_date(field.body());
    if (!time) return {};
    const auto seconds = form == date_form::minute ? ((*time % 60) + 60) % 60 : 0;
    const std::string name = same_token(field.name, "Date") ? "Date" : "Resent-Date";
    return name + ": " + format_date(*time - seconds) + "\r\n";
}

// The field in its normal form; nothing where that is how it is.
std::optional<std::string> normal_form(const header_field& field, field_action said,
                                       const cleaning& how, const id_disguise& ids) {
    if (holds_ids(field.name))
        return how.message_id == id_form::hmac ? disguised(field, ids) : std::nullopt;
    if (!has_normal_form(field.name)) return {};
    if (!same_token(field.name, "MIME-Version")) return normal_date(field, form_of(said, how));
    if (said != field_action::normalise) return {};
    return "MIME-Version: 1.0\r\n";
}

// Receivers refuse a second Date or MIME-Version, and one is enough. (Resent-Date is there once for
// each time that the message was resent.)
struct single_fields {
    explicit single_fields(const header_section& section)
        : date(section.find("Date")), mime_version(section.find("MIME-Version")) {}

    const header_field* date;
    const header_field* mime_version;
};

bool is_one_too_many(const single_fields& first, const header_field& field, field_action said) {
    if (same_token(field.name, "Date")) return &field != first.date;
    return said == field_action::normalise && same_token(field.name, "MIME-Version") &&
           &field != first.mime_version;
}

outcome decide(const single_fields& first, const header_field& field, const cleaning& how,
               content body, const id_disguise& ids) {
    if (body == content::rewritten && is_spoiling(field.name)) return {field_action::remove};
    if (how.asked) {
        if (auto rest = without_requests(field, *how.asked)) {
            const bool gone =
                rest->empty() || action_for(field.name, how.fields) == field_action::remove;
            const auto action = gone ? field_action::remove : field_action::normalise;
            return {action, std::move(*rest), true};
        }
    }
    if (how.is_off()) return {};
    const auto said = action_for(field.name, how.fields);
    if (said == field_action::remove || is_one_too_many(first, field, said))
        return {field_action::remove};
    auto normal = normal_form(field, said, how, ids);
    if (!normal || *normal == field.raw) return {};
    return {field_action::normalise, std::move(*normal)};
}

bool is_changed(const outcome& one) { return one.action != field_action::keep; }

bool is_over_request(const field_signature& one, const std::vector<outcome>& outcomes) {
    const auto asked = [&](std::size_t i) { return outcomes[i].asked; };
    if (std::ranges::any_of(one.signs, asked)) return true;
    return one.all_below &&
           std::any_of(outcomes.begin() + static_cast<std::ptrdiff_t>(one.at) + 1, outcomes.end(),
                       [](const outcome& below) { return below.asked; });
}

// What a signature that stays is over stays too, but for what no signature excuses. One over a mark
// of the sender's does not stay, and keeps nothing.
void keep_signed(const fields& all, const std::vector<field_signature>& signatures,
                 std::vector<outcome>& outcomes) {
    const auto hold = [&](std::size_t i) {
        if (!always_goes(all[i]->name) && !outcomes[i].asked) outcomes[i] = {};
    };
    for (const auto& one : signatures) {
        if (is_changed(outcomes[one.at]) || is_over_request(one, outcomes)) continue;
        for (const auto i : one.signs)
            hold(i);
        for (std::size_t i = one.at + 1; one.all_below && i < all.size(); ++i)
            hold(i);
    }
}

bool is_stale(const field_signature& one, const std::vector<outcome>& outcomes) {
    const auto changed = [&](std::size_t i) { return is_changed(outcomes[i]); };
    if (std::ranges::any_of(one.signs, changed)) return true;
    return one.all_below && std::any_of(outcomes.begin() + static_cast<std::ptrdiff_t>(one.at) + 1,
                                        outcomes.end(), is_changed);
}

void remove_chain(const fields& all, std::vector<outcome>& outcomes) {
    for (std::size_t i = 0; i < all.size(); ++i)
        if (token_matches(all[i]->name, "ARC-*")) outcomes[i] = {field_action::remove};
}

// A signature that goes may leave another one stale that is over it, so until none does. With too
// many of them nobody looks, and every one goes.
void drop_stale(const fields& all, const std::vector<field_signature>& signatures,
                std::vector<outcome>& outcomes) {
    for (bool again = std::ranges::any_of(outcomes, is_changed); again;) {
        again = false;
        for (const auto& one : signatures) {
            if (is_changed(outcomes[one.at])) continue;
            if (signatures.size() <= max_signatures && !is_stale(one, outcomes)) continue;
            outcomes[one.at] = {field_action::remove};
            if (one.arc) remove_chain(all, outcomes);
            again = true;
        }
    }
}

} // namespace

field_action action_for(std::string_view field_name, const chosen_profile& chosen) {
    if (chosen.own) {
        if (const auto said = own_action(*chosen.own, field_name)) return *said;
    }
    if (chosen.base == profile::off) return field_action::keep;
    for (const auto& row : catalogue()) {
        if (!token_matches(field_name, row.pattern)) continue;
        return chosen.base == profile::strict ? row.strict : row.standard;
    }
    return field_action::keep;
}

cleaned_header clean_header(const header_section& section, const cleaning& how, content body,
                            const id_disguise& ids) {
    fields outer; // structural ones move into the sealed part (inner_header)
    for (const auto& field : section.fields)
        if (body == content::kept || !is_structural(field.name)) outer.push_back(&field);

    const single_fields first(section);
    std::vector<outcome> outcomes;
    outcomes.reserve(outer.size());
    for (const auto* field : outer)
        outcomes.push_back(decide(first, *field, how, body, ids));

    const auto signatures = read_signatures(outer);
    if (how.dkim == signature_rule::keep) keep_signed(outer, signatures, outcomes);
    drop_stale(outer, signatures, outcomes);

    cleaned_header cleaned;
    for (std::size_t i = 0; i < outer.size(); ++i) {
        const auto action = outcomes[i].action;
        if (action != field_action::keep)
            cleaned.changes.push_back({std::string(outer[i]->name), action});
        switch (action) {
        case field_action::keep: cleaned.bytes += outer[i]->raw; break;
        case field_action::remove: break;
        case field_action::normalise: cleaned.bytes += outcomes[i].normal; break;
        }
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
