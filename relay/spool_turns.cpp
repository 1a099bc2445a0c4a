// SPDX-License-Identifier: Apache-2.0
#include "relay/spool_turns.hpp"

#include "smtp/mailbox.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

namespace postseal::relay {

spool_sight see(const spool_entry& entry, std::chrono::sys_seconds due) {
    spool_sight seen{.due = due};
    if (entry.copy != spooled_copy::held) return seen;
    seen.until = entry.held.until;
    for (const auto& one : entry.recipients)
        if (one.debt == debt::delivery)
            seen.held_for.push_back(smtp::ascii_lower(one.to.address.domain));
    return seen;
}

void spool_turns::learn(std::vector<found> all) {
    std::map<std::string, entry> now_known;
    for (auto& one : all) {
        const auto before = known_.find(one.id);
        const bool is_known = before != known_.end();
        if (!one.seen && !is_known) continue; // it was forgotten while the folder was looked at
        entry made{one.changed, one.seen ? std::move(*one.seen) : before->second.seen};
        if (is_known && under_way_.contains(one.id)) made.seen.due = before->second.seen.due;
        now_known.emplace(std::move(one.id), std::move(made));
    }
    known_ = std::move(now_known);
}

std::map<std::string, spool_turns::mark> spool_turns::marks() const {
    std::map<std::string, mark> made;
    for (const auto& [id, one] : known_)
        made.emplace(id, one.changed);
    return made;
}

void spool_turns::put_off(const std::string& id, std::chrono::sys_seconds due) {
    const auto one = known_.find(id);
    if (one != known_.end()) one->second.seen.due = due;
}

void spool_turns::begin_round(spool_moment now) {
    held_until_.reset();
    std::erase_if(left_alone_, [now](const auto& one) { return one.second <= now.steady; });
    using turn = std::tuple<bool, std::chrono::sys_seconds, std::string>; // held ones go behind
    std::vector<turn> due;
    for (const auto& [id, one] : known_)
        if (one.seen.due <= now.wall && !under_way_.contains(id))
            due.emplace_back(!one.seen.held_for.empty(), one.seen.due, id);
    std::ranges::sort(due);
    round_.clear();
    for (auto& [is_held, when, id] : due)
        round_.push_back(std::move(id));
}

std::optional<std::string> spool_turns::begin(spool_moment now, const held_pace& pace) {
    while (!round_.empty()) {
        auto id = std::move(round_.front());
        round_.pop_front();
        const auto one = known_.find(id);
        if (one == known_.end() || !has_turn(one->second.seen, now, pace)) continue;
        under_way_.insert(id);
        return id;
    }
    return std::nullopt;
}

// Mail that only has to be sent does not wait behind slow key servers; nor does held mail wait for
// a moment in which there is nothing to be sent.
bool spool_turns::has_turn(const spool_sight& one, spool_moment now, const held_pace& pace) {
    if (one.held_for.empty()) return true;
    const auto is_slow = [this](const std::string& domain) { return left_alone_.contains(domain); };
    // At the end of its hold its sender is told in time, however slow the domain is.
    if (now.wall < one.until && std::ranges::all_of(one.held_for, is_slow)) return false;
    if (held_until_) return now.steady < *held_until_;
    held_until_ = now.steady + pace.turn;
    return true;
}

void spool_turns::leave_alone(const std::string& domain,
                              std::chrono::steady_clock::time_point until) {
    left_alone_.try_emplace(smtp::ascii_lower(domain), until);
}

std::optional<std::chrono::sys_seconds> spool_turns::next_due() const {
    std::optional<std::chrono::sys_seconds> next;
    for (const auto& [id, one] : known_) {
        if (under_way_.contains(id) || (next && *next <= one.seen.due)) continue;
        next = one.seen.due;
    }
    return next;
}

} // namespace postseal::relay
