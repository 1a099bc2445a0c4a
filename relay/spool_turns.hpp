// SPDX-License-Identifier: Apache-2.0
// Whose turn it is in the spool, and when the next one comes. Pure: time is an argument.
// A round is what is due at its beginning: mail that only has to be sent, then held mail, which
// waits for key servers and has a share of time for that. It is over once the last of it has been
// begun, not once the last conversation has ended: one that stands still keeps no other entry
// waiting.
#pragma once

#include "relay/settings.hpp"
#include "relay/spool_entry.hpp"

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace postseal::relay {

/// What decides about an entry's turn.
struct spool_sight {
    std::chrono::sys_seconds due;        ///< its next turn
    std::vector<std::string> held_for{}; ///< the domains that a held one waits for
    std::chrono::sys_seconds until{};    ///< the end of its hold
};

/// Of an entry whose next attempt is `due`.
[[nodiscard]] spool_sight see(const spool_entry& entry, std::chrono::sys_seconds due);

/// Now, by a clock that may be set, and by one that is not.
struct spool_moment {
    std::chrono::sys_seconds wall;
    std::chrono::steady_clock::time_point steady;
};

class spool_turns {
  public:
    using mark = std::chrono::sys_time<std::chrono::nanoseconds>;
    struct found {
        std::string id;
        mark changed;
        std::optional<spool_sight> seen{}; ///< where it is new, or not as it was known
    };

    /// Everything that is there; nothing else is any more. Whose turn it is just now keeps the next
    /// one that it is given meanwhile.
    void learn(std::vector<found> all);
    [[nodiscard]] std::map<std::string, mark> marks() const;
    [[nodiscard]] bool knows(const std::string& id) const { return known_.contains(id); }
    void put_off(const std::string& id, std::chrono::sys_seconds due);
    void forget(const std::string& id) { known_.erase(id); }

    /// What is due and not under way.
    void begin_round(spool_moment now);
    /// Has all of it been begun?
    [[nodiscard]] bool is_round_over() const { return round_.empty(); }
    [[nodiscard]] std::size_t left() const { return round_.size(); }
    /// The next one of the round, which is under way from now on until end().
    [[nodiscard]] std::optional<std::string> begin(spool_moment now, const held_pace& pace);
    void end(const std::string& id) { under_way_.erase(id); }

    /// Each address of a domain that does not answer is looked for anew: they must not come one
    /// after the other and keep all others' mail waiting.
    void leave_alone(const std::string& domain, std::chrono::steady_clock::time_point until);

    /// When something is due that is not under way.
    [[nodiscard]] std::optional<std::chrono::sys_seconds> next_due() const;

  private:
    struct entry {
        mark changed;
        spool_sight seen;
    };
    [[nodiscard]] bool has_turn(const spool_sight& one, spool_moment now, const held_pace& pace);

    std::map<std::string, entry> known_; // by id
    std::deque<std::string> round_;
    std::set<std::string> under_way_;
    // The end of this round's turn of held mail, once that has begun.
    std::optional<std::chrono::steady_clock::time_point> held_until_;
    std::map<std::string, std::chrono::steady_clock::time_point> left_alone_; // domains
};

} // namespace postseal::relay
