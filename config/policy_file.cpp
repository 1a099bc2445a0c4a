// SPDX-License-Identifier: Apache-2.0
#include "config/policy_file.hpp"

#include "config/key_of.hpp"
#include "config/lists.hpp"
#include "config/mapping.hpp"
#include "config/match.hpp"
#include "config/other_words.hpp"
#include "config/pins.hpp"
#include "config/policy_settings.hpp"
#include "config/values.hpp"

#include <set>
#include <utility>

namespace postseal::config {

namespace {

constexpr std::size_t max_rule_name = 100;

other_word pins_at_the_top(const std::string& written) {
    return {written, "'pins' stand at the top of the file, beside 'rules'"};
}

other_word key_of_at_the_top() {
    return {"key_of", "'key_of' stands at the top of the file, beside 'rules'"};
}

// What belongs into one of the blocks of a rule, written beside them.
const std::vector<other_word>& words_of_the_blocks() {
    static const auto table = [] {
        std::vector<other_word> made{{"foreign", "it belongs into 'set'"}};
        for (const auto& key : setting_keys())
            made.push_back({key, "it belongs into 'set'"});
        for (const auto& key : match_keys())
            made.push_back({key, "it belongs into 'match'"});
        return made;
    }();
    return table;
}

policy::settings read_defaults(const source& from, const node& value,
                               const setting_context& names) {
    refuse_other_words(from, value, "'defaults'",
                       {pins_at_the_top("pin"),
                        pins_at_the_top("pins"),
                        key_of_at_the_top(),
                        {"foreign", "it stands in the 'set' of a rule alone"}});
    const mapping block(from, value, "'defaults'", setting_keys());
    policy::rule defaults;
    read_settings(from, block, names, defaults.set);
    const auto settings = policy::settings_under({}, defaults);
    refuse_contradictions(from, block, settings.encrypt);
    refuse_idle_cleaning(from, block, settings.headers);
    return settings;
}

// The name stands in every log line about the rule's mail, beside the names that postseal uses
// where no rule decides.
std::string read_rule_name(const source& from, const node& value) {
    auto name = read_text(from, value);
    if (name.size() > max_rule_name) from.fail(value.at, "is longer than 100 characters");
    for (const std::string_view reserved : {"defaults", "local domain", "not ours"}) {
        if (name == reserved)
            from.fail(value.at, "'" + name + "' is postseal's own word; choose " + "another name");
    }
    return name;
}

policy::rule read_rule(const source& from, const node& value, const policy::rule_set& known,
                       const match_context& names, const setting_context& named) {
    refuse_other_words(from, value, "a rule", words_of_the_blocks());
    const mapping block(from, value, "a rule", {"name", "match", "set"});
    policy::rule made;
    made.name = read_rule_name(from, block.need("name", "logs and explain call the rule by it"));

    if (const auto* conditions = block.find("match"))
        made.match = read_match(from, *conditions, names);

    auto keys = setting_keys();
    keys.emplace_back("foreign");
    const auto& said =
        block.need("set", "write 'set: {}' for a rule that leaves all to the defaults");
    refuse_other_words(from, said, "'set'",
                       {pins_at_the_top("pin"), pins_at_the_top("pins"), key_of_at_the_top()});
    const mapping set(from, said, "'set'", keys);
    read_settings(from, set, named, made.set);
    set.take("foreign", made.set.foreign, read_switch);
    const auto effective = policy::settings_under(known, made);
    refuse_contradictions(from, set, effective.encrypt);
    refuse_idle_cleaning(from, set, effective.headers);
    return made;
}

// One of the files, in which nothing has been understood yet.
struct policy_text {
    source from;
    node root;
};

policy_text parse(const std::filesystem::path& file) {
    policy_text made{read_source(file), {}};
    made.root = parse_yaml(made.from);
    // Half-written files look like this. A policy of nothing but defaults is written as one.
    if (made.root.kind == node::kind::empty)
        made.from.fail({}, "is empty; write 'rules: []' for a policy of nothing but defaults");
    return made;
}

class policy_reader {
  public:
    policy_reader(policy::rule_set into, const relay::settings& around)
        : policy_(std::move(into)), around_(around) {}

    // Lists and profiles of any file may be named in all.
    void read_names(const policy_text& text) {
        const auto top = top_of(text);
        if (const auto* value = top.find("lists")) lists_.read(text.from, *value);
        if (const auto* value = top.find("header_profiles")) profiles_.read(text.from, *value);
    }

    // Rules are read under the defaults.
    void read_common(const policy_text& text) {
        const auto top = top_of(text);
        if (const auto* value = top.find("defaults")) {
            if (!defaults_in_.empty())
                text.from.fail(value->at,
                               "'defaults' stand in " + defaults_in_.string() + " already");
            policy_.defaults = read_defaults(text.from, *value, named());
            defaults_in_ = text.from.file().filename();
        }
    }

    void read_rules(const policy_text& text) {
        const auto top = top_of(text);
        if (const auto* pins = top.find("pins")) read_pins(text.from, *pins, policy_, policy_.pins);
        if (const auto* key_of = top.find("key_of"))
            read_key_of(text.from, *key_of, lists_, key_of_whom_, policy_);
        const auto* rules = top.find("rules");
        if (rules == nullptr) return;
        if (rules->kind != node::kind::list)
            text.from.fail(rules->at, "'rules' must be a list of rules");
        for (const auto& one : rules->items) {
            auto made = read_rule(text.from, one, policy_, {lists_, around_.listeners}, named());
            if (!names_.insert(made.name).second)
                text.from.fail(one.at, "a second rule is called '" + made.name + "'");
            policy_.rules.push_back(std::move(made));
        }
    }

    [[nodiscard]] policy::rule_set take() { return std::move(policy_); }

  private:
    static mapping top_of(const policy_text& text) {
        return {text.from,
                text.root,
                "the policy",
                {"lists", "header_profiles", "defaults", "pins", "key_of", "rules"}};
    }

    [[nodiscard]] setting_context named() const {
        return {profiles_, around_.message_ids, policy_};
    }

    policy::rule_set policy_;
    const relay::settings& around_;
    named_lists lists_;
    header_profiles profiles_;
    std::set<std::string> names_;
    std::set<std::string> key_of_whom_;
    std::filesystem::path defaults_in_;
};

} // namespace

policy::rule_set load_policy(const std::vector<std::filesystem::path>& files,
                             std::vector<std::string> local_domains,
                             const relay::settings& around) {
    policy::rule_set empty;
    empty.local_domains = std::move(local_domains);
    policy_reader reader(std::move(empty), around);
    std::vector<policy_text> texts;
    for (const auto& file : files)
        texts.push_back(parse(file));
    for (const auto& text : texts)
        reader.read_names(text);
    for (const auto& text : texts)
        reader.read_common(text);
    for (const auto& text : texts)
        reader.read_rules(text);
    return reader.take();
}

} // namespace postseal::config
