// SPDX-License-Identifier: Apache-2.0
// The rules in their order, and which of them are worth holding against a recipient: of ten
// thousand rules for single recipients only the few that name this one.
#pragma once

#include "policy/condition.hpp"
#include "policy/settings.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace postseal::policy {

/// What a rule says; what it leaves out comes from the defaults.
struct overrides {
    std::optional<policy::mode> mode;
    std::optional<policy::encrypt> encrypt;
    std::optional<fallback> without_key;
    std::optional<fallback> lookup_failed;
    std::optional<fallback> unusable_key;
    std::optional<std::chrono::seconds> hold_for;
    std::optional<hold_end> then;
    std::optional<policy::key_change> key_change;
    std::optional<allowed_sources> sources;
    std::optional<policy::scope> scope;
    std::optional<blind_copies> blind;
    std::optional<std::optional<smtp::mailbox>> archive; ///< nothing within: none, whatever else
    std::optional<message::chosen_profile> headers;
    std::optional<message::date_form> date;
    std::optional<message::id_form> message_id;
    std::optional<message::signature_rule> dkim;
    std::optional<message::protection_policy> header_protection;
    std::optional<message::subject_outside> subject;
    std::optional<bool> exempt_reports;
    std::optional<bool> exempt_invitations;
    std::optional<bool> exempt_lists;
    std::optional<bool> exempt_key_exchange;
    std::optional<std::uint32_t> min_rsa;
    std::optional<std::uint32_t> min_elgamal;
    std::optional<std::uint32_t> min_curves;
    std::optional<bool> foreign; ///< treat mail whose header From is not local as ours
    std::optional<std::string> note;
};

struct rule {
    std::string name;
    condition match{}; ///< as it is made, it holds for everything
    overrides set;
};

class rule_list {
  public:
    rule_list() = default;
    rule_list(std::initializer_list<rule> rules);

    void push_back(rule one);

    [[nodiscard]] std::size_t size() const { return rules_.size(); }
    [[nodiscard]] bool empty() const { return rules_.empty(); }
    [[nodiscard]] const rule& operator[](std::size_t at) const { return rules_[at]; }
    [[nodiscard]] auto begin() const { return rules_.begin(); }
    [[nodiscard]] auto end() const { return rules_.end(); }

    /// In their order, every rule that may hold for this recipient and these senders, and few that
    /// cannot.
    [[nodiscard]] std::vector<const rule*> candidates(const circumstances& around,
                                                      const addressee& whom) const;

    /// Of the rules before this one, in their order: every one that may hold for all that it holds
    /// for and that is filed where it can be found, and few that cannot.
    [[nodiscard]] std::vector<std::size_t> wider_before(std::size_t at) const;

    /// Does any rule say `encrypt: required`?
    [[nodiscard]] bool any_requires() const { return any_requires_; }
    /// Does any rule say `encrypt: all-or-none`?
    [[nodiscard]] bool any_seals_all_or_none() const { return any_seals_all_or_none_; }
    /// Does it hang on what is known of keys which rule decides?
    [[nodiscard]] bool any_asks_for_key() const { return any_asks_for_key_; }
    /// The subject tags and fields that any rule asks for; null where none does.
    [[nodiscard]] std::shared_ptr<const message::requests> requests() const { return requests_; }

  private:
    using places = std::vector<std::uint32_t>;
    using table = std::unordered_map<std::string, places>;

    static void add_filed(places& to, const table& from, std::string_view whole,
                          std::string_view domain);
    static void file_under(table& into, const std::vector<addresses>& any_of, std::uint32_t at);

    void note_requests(const condition& asked);

    std::vector<rule> rules_;
    // By addresses, domains and ends of domains: "bob@b.example", "b.example", ".b.example".
    table by_recipient_;
    table by_sender_;
    places for_everybody_;      // in neither table
    places for_all_recipients_; // not in the first table
    bool any_requires_ = false;
    bool any_seals_all_or_none_ = false;
    bool any_asks_for_key_ = false;
    std::shared_ptr<message::requests> requests_;
};

} // namespace postseal::policy
