// SPDX-License-Identifier: Apache-2.0
#include "config/review.hpp"

#include "config/lists.hpp"
#include "config/never_matching.hpp"
#include "config/policy_folder.hpp"
#include "config/review_key_of.hpp"
#include "config/review_match.hpp"
#include "config/review_settings.hpp"
#include "config/values.hpp"
#include "policy/shadows.hpp"

#include <algorithm>
#include <deque>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_set>

namespace postseal::config {

namespace {

const node nothing;

const node& find(const node& map, std::string_view key) {
    const auto there = std::ranges::find(map.entries, key, &entry::key);
    return there == map.entries.end() ? nothing : there->value;
}

struct policy_text {
    source from;
    node root;
};

/// A rule as it is written.
struct written_rule {
    const source* from;
    const node* all;
    [[nodiscard]] const node& name() const { return find(*all, "name"); }
};

class reviewer {
  public:
    reviewer(const settings& read, std::size_t effort)
        : read_(read), policy_(read.relay.policy), effort_(effort) {
        for (const auto& file : read.policy.files) {
            source from = read_source(file);
            auto root = parse_yaml(from);
            texts_.push_back({std::move(from), std::move(root)});
        }
        for (const auto& text : texts_) {
            for (const auto& one : find(text.root, "rules").items)
                rules_.push_back({&text.from, &one});
            for (const auto& one : find(text.root, "key_of").entries)
                key_of_.push_back({&text.from, &one});
        }
        refuse_changed();
    }

    std::vector<error> review() {
        note_names();
        for (const auto& text : texts_) {
            review_lists(text);
            review_profiles(text);
            const auto& defaults = find(text.root, "defaults");
            review_defaults(text.from, defaults, policy_.defaults, found_);
            review_sources(text.from, defaults, policy_.defaults, read_.keys.sources, found_);
        }
        review_rules();
        review_order();
        review_key_of(key_of_, policy_, effort_, found_);
        return sorted();
    }

  private:
    // Somebody is just writing it. What is told of places would be wrong.
    void refuse_changed() const {
        const auto& loaded = policy_.rules;
        const bool same = std::ranges::equal(
            rules_, loaded, {}, [](const auto& one) { return one.name().text; },
            &policy::rule::name);
        const bool same_keys = std::ranges::equal(
            key_of_, policy_.key_of.entries(), {}, [](const auto& one) { return one.one->key; },
            &policy::rule::name);
        if (!same || !same_keys)
            throw error(read_.policy.files.front(), 0, 0,
                        "the policy has changed while it was read; check it again");
    }

    void note_names() {
        for (const auto& text : texts_)
            profiles_named_.insert(find(find(text.root, "defaults"), "headers").text);
        for (const auto& one : rules_) {
            note_lists(find(*one.all, "match"));
            profiles_named_.insert(find(find(*one.all, "set"), "headers").text);
        }
        for (const auto& whom : key_of_)
            named_.insert(whom.one->key);
    }

    void review_profiles(const policy_text& text) {
        for (const auto& profile : find(text.root, "header_profiles").entries)
            if (!profiles_named_.contains(profile.key))
                found_.add(text.from, profile.at,
                           "nothing names the header profile '" + profile.key + "'");
    }

    void review_lists(const policy_text& text) {
        for (const auto& list : find(text.root, "lists").entries) {
            if (!named_.contains(list.key))
                found_.add(text.from, list.at, "no rule names the list '" + list.key + "'");
            if (list.value.kind == node::kind::map) {
                const auto file =
                    read_source(read_path(text.from, find(list.value, "file")), max_list_file);
                review_members(file, members_of(file));
            } else {
                review_members(text.from, list.value.items);
            }
        }
    }

    // Names of lists stand in `from`, `to` and `login`, at any depth, and nowhere else.
    void note_lists(const node& block) {
        for (const auto& one : block.entries) {
            if (one.key == "from" || one.key == "to" || one.key == "login") {
                named_.insert(one.value.text);
                for (const auto& name : one.value.items)
                    named_.insert(name.text);
            } else if (one.key == "all" || one.key == "any" || one.key == "not") {
                note_lists(one.value); // of `not` perhaps one block
                for (const auto& inner : one.value.items)
                    note_lists(inner);
            }
        }
    }

    void review_members(const source& from, const std::vector<node>& members) {
        for (const auto& one : members)
            if (const auto why = why_no_address(one.text))
                found_.add(from, one.at, "'" + one.text + "' matches no address: " + *why);
    }

    void review_rules() {
        const auto local = std::make_shared<policy::address_set>("local_domains");
        for (const auto& domain : policy_.local_domains)
            local->add(domain);
        const policy::condition encrypted{policy::class_is{{policy::message_class::encrypted}}};
        policy::coverage judge(effort_);
        const review_context with{local, read_.relay.limits.message_size, judge, found_};
        for (std::size_t i = 0; i < rules_.size(); ++i) {
            const auto& [from, written] = rules_[i];
            const auto& rule = policy_.rules[i];
            const auto& set = find(*written, "set");
            const auto& match = find(*written, "match");
            if (match.kind == node::kind::map)
                review_match(*from, match, rule.match, sealing_keys(set), with);
            const auto settings = policy::settings_under(policy_, rule);
            review_settings(*from, set, settings, found_);
            review_sources(*from, set, settings, read_.keys.sources, found_);
            if (judge.covers(encrypted, rule.match) && !policy::observes(policy_))
                review_encrypted(*from, set, settings, found_);
        }
    }

    void review_order() {
        const auto shadows = policy::find_shadows(policy_.rules, effort_);
        for (const auto& [at, by] : shadows.found) {
            const auto& hidden = rules_[at];
            found_.add(*hidden.from, hidden.name().at,
                       "the rule is never reached: '" + rules_[by].name().text + "' in " +
                           place_of(rules_[by], hidden) + " matches all that it matches" +
                           claim_lost(policy_.rules[at], policy_.rules[by]));
        }
        if (shadows.looked_at < rules_.size()) {
            const auto& first = rules_[shadows.looked_at];
            found_.add(*first.from, first.name().at,
                       "there are too many rules and patterns: whether this rule and those behind "
                       "it are ever reached was not looked at");
        }
    }

    static std::string place_of(const written_rule& one, const written_rule& seen_from) {
        const auto line = std::to_string(one.name().at.line);
        if (one.from == seen_from.from) return "line " + line;
        return one.from->file().filename().string() + ":" + line;
    }

    // Who has both would expect the second to speak for mail from elsewhere.
    static std::string claim_lost(const policy::rule& hidden, const policy::rule& by) {
        const bool lost = hidden.set.foreign.value_or(false) && !by.set.foreign.value_or(false);
        return lost ? ", also in mail that is not yours, which it leaves alone" : "";
    }

    std::vector<error> sorted() {
        auto all = found_.take();
        const auto file_of = [&](const error& one) {
            return std::ranges::find(read_.policy.files, one.file()) - read_.policy.files.begin();
        };
        std::ranges::stable_sort(all, {}, [&](const error& one) {
            return std::tuple(file_of(one), one.line(), one.column());
        });
        for (const auto& file : find_unread(read_.policy))
            all.emplace_back(file, 0, 0, "warning: " + std::string(is_not_read));
        return all;
    }

    const settings& read_;
    const policy::rule_set& policy_;
    std::size_t effort_;
    std::deque<policy_text> texts_; // rules point into them
    std::vector<written_rule> rules_;
    std::vector<written_entry> key_of_;
    std::unordered_set<std::string> named_; // lists
    std::unordered_set<std::string> profiles_named_;
    remarks found_;
};

} // namespace

std::vector<error> review(const settings& read, std::size_t effort) {
    return reviewer(read, effort).review();
}

} // namespace postseal::config
