// SPDX-License-Identifier: Apache-2.0
// What one recipient gets, as far as it hangs on them alone: the table in plan.cpp, line by line.
#pragma once

#include "policy/key_judgement.hpp"
#include "policy/plan.hpp"
#include "policy/refusal.hpp"
#include "policy/standing.hpp"

#include <string>
#include <unordered_set>
#include <vector>

namespace postseal::policy {

/// In clear, with its header section as the profile says.
void send_clear(decision& one, const message::cleaning& headers);

class decider {
  public:
    /// All that it is given must outlive it. `since`: the message was held before.
    decider(const rule_set& rules, const smtp::envelope& envelope, const message::facts& facts,
            std::optional<waiting> since);

    /// `one` and `about` are the recipient's own.
    [[nodiscard]] decision decide(std::size_t recipient, const standing& one, const finding& about);

    /// Holds or refuses it, as the objection says and its sender can be told; `words` are a clause.
    void object(decision& result, objection why, const std::string& words);

    /// What has been found so far against sending the message at all, or to its recipient.
    [[nodiscard]] const std::vector<objection>& objections() const { return objections_; }

  private:
    [[nodiscard]] bool is_blind(const smtp::recipient& to) const;
    [[nodiscard]] bool is_over(const settings& said) const;
    [[nodiscard]] fallback after_waiting(fallback set, const settings& said) const;
    void decide_by_key(decision& result, const standing& one, const finding& about);
    void decide_opted_out(decision& result, const standing& one, const keys::finding& about);
    void hold_change(decision& result, const standing& one, const keys::finding& about);
    void hold_unread(decision& result, const standing& one, const keys::finding& about);
    void seal(decision& result, const standing& one, const keys::finding& about,
              const std::string& detail);
    void fall_back(decision& result, const standing& one, const finding& about,
                   const judged_key& judged);

    const rule_set& rules_;
    const smtp::envelope& envelope_;
    std::optional<waiting> since_;
    std::unordered_set<std::string> visible_;
    std::vector<objection> objections_;
};

} // namespace postseal::policy
