// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_schedule.hpp"

#include "smtp/parameters.hpp"

#include <algorithm>
#include <utility>

namespace postseal::relay {

namespace {

using namespace std::chrono_literals;

constexpr std::int64_t jitter_share = 5; // a fifth

bool is_delivery_owed(const spool_entry& entry) {
    return std::ranges::any_of(
        entry.recipients, [](const owed_recipient& one) { return one.debt == debt::delivery; });
}

} // namespace

std::chrono::seconds back_off(const retry_rule& rule, unsigned failures, std::uint32_t chance) {
    auto wait = rule.first;
    for (unsigned i = 1; i < failures && wait < rule.longest; ++i)
        wait *= 2;
    wait = std::max(std::min(wait, rule.longest), std::chrono::seconds(1s));
    const auto most = wait.count() / jitter_share;
    return wait - std::chrono::seconds(static_cast<std::int64_t>(chance) % (most + 1));
}

spool_plan next_step(const spool_entry& entry, const retry_rule& rule,
                     std::chrono::sys_seconds now) {
    auto when = entry.due;
    if (when > now + std::max(rule.longest, rule.first)) when = now;
    if (!is_delivery_owed(entry)) {
        if (when <= now) return {spool_step::report, now};
        return {spool_step::wait, when};
    }
    if (when <= now) return {spool_step::send, now};
    return {spool_step::wait, when};
}

bool is_delay_notice_due(const spool_entry& entry, const retry_rule& rule,
                         std::chrono::sys_seconds now) {
    if (rule.delay_notice == 0s || entry.delay_notice == delay_notice::told) return false;
    return is_delivery_owed(entry) && now >= entry.arrived + rule.delay_notice;
}

spool_entry after_attempt(spool_entry entry, const std::vector<smtp::reply>& replies,
                          success_is success, const retry_rule& rule, std::chrono::sys_seconds now,
                          std::uint32_t chance) {
    const auto is_said = [](const smtp::reply& one) { return one.code != 0; };
    if (std::ranges::none_of(replies, is_said)) return entry;
    const bool last = now >= entry.expires;
    bool is_all_tried = true;
    std::vector<owed_recipient> left;
    for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
        auto& one = entry.recipients[i];
        const bool was_tried = i < replies.size() && is_said(replies[i]);
        if (one.debt == debt::delivery && !was_tried) is_all_tried = false;
        if (one.debt == debt::delivery && was_tried) {
            note(one, replies[i]);
            if (replies[i].positive()) {
                if (success == success_is::told_by_next_hop ||
                    !smtp::wants_notice(one.to, "SUCCESS"))
                    continue;
                one.debt = debt::notice;
            } else if (last || replies[i].permanent_failure())
                one.debt = debt::report;
        }
        left.push_back(std::move(one));
    }
    entry.recipients = std::move(left);
    if (!is_all_tried) return entry; // it is as due as before
    ++entry.attempts;
    entry.due = now + back_off(rule, entry.attempts, chance);
    // The last attempt is at the end, not some time after it.
    if (!last) entry.due = std::min(entry.due, entry.expires);
    if (now < entry.held.until) entry.due = std::min(entry.due, entry.held.until);
    return entry;
}

} // namespace postseal::relay
