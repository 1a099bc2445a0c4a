// SPDX-License-Identifier: Apache-2.0
#include "policy/notification.hpp"

#include "smtp/parameters.hpp"

#include <algorithm>
#include <utility>

namespace postseal::policy {

namespace {

bool is_lost(fate what) { return what == fate::refused || what == fate::expired; }

std::string_view keyword_of(fate what) {
    switch (what) {
    case fate::delivered:
    case fate::relayed: return "SUCCESS";
    case fate::delayed: return "DELAY";
    case fate::refused:
    case fate::expired: return "FAILURE";
    }
    return "FAILURE";
}

// What keeps the sender from hearing of this fate; nothing: the sender hears.
std::optional<silence> obstacle_to(const rule_set& rules, const smtp::envelope& envelope,
                                   const smtp::recipient& to, fate what) {
    if (!envelope.sender) return silence::null_sender;
    if (!is_local(rules, *envelope.sender)) return silence::foreign_sender;
    const auto* const notify = smtp::find_parameter(to.parameters, "NOTIFY");
    if (notify != nullptr && notify->value == "NEVER") return silence::never_wanted;
    if (!smtp::wants_notice(to, keyword_of(what))) return silence::not_wanted;
    return std::nullopt;
}

// What a report calls this fate; nothing: it is somebody else's to report.
std::optional<message::delivery_event> event_of(fate what) {
    switch (what) {
    case fate::delivered: return std::nullopt;
    case fate::relayed: return message::delivery_event::relayed;
    case fate::refused: return message::delivery_event::refused;
    case fate::delayed: return message::delivery_event::delayed;
    case fate::expired: return message::delivery_event::expired;
    }
    return std::nullopt;
}

} // namespace

std::optional<silence> silence_about(const rule_set& rules, const smtp::envelope& envelope,
                                     const smtp::recipient& to) {
    return obstacle_to(rules, envelope, to, fate::refused);
}

std::string_view to_string(silence why) {
    switch (why) {
    case silence::null_sender: return "the sender is <>, which is not answered";
    case silence::foreign_sender: return "the sender is outside the local domains";
    case silence::never_wanted: return "the sender said NOTIFY=NEVER";
    case silence::not_wanted: return "the sender's NOTIFY is without FAILURE";
    }
    return {};
}

notification notify(const rule_set& rules, const smtp::envelope& envelope,
                    const std::vector<outcome>& outcomes) {
    auto ordered = outcomes;
    std::ranges::stable_sort(ordered, {}, &outcome::recipient);
    notification made;
    for (auto& one : ordered) {
        const auto event = event_of(one.fate);
        if (!event) continue;
        const auto& to = envelope.recipients[one.recipient];
        const auto silent = obstacle_to(rules, envelope, to, one.fate);
        if (!silent) {
            made.to_sender.push_back({to, *event, std::move(one.said), std::move(one.said_by),
                                      one.last_attempt, one.retried_until});
        } else if (is_lost(one.fate)) {
            made.silent.push_back({one.recipient, one.fate, *silent});
        }
    }
    return made;
}

std::optional<smtp::mailbox> next_addressee(const smtp::mailbox& refused,
                                            const std::optional<smtp::mailbox>& postmaster) {
    if (!postmaster || smtp::folded(*postmaster) == smtp::folded(refused)) return std::nullopt;
    return postmaster;
}

} // namespace postseal::policy
