// SPDX-License-Identifier: Apache-2.0
#include "config/match.hpp"

#include "config/mapping.hpp"
#include "config/match_origin.hpp"
#include "config/match_requests.hpp"
#include "config/other_words.hpp"
#include "config/pattern.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace postseal::config {

namespace {

constexpr std::size_t max_field_name = 100;
constexpr auto largest_message = std::uint64_t{4} << 30;

using names = std::vector<std::string>;

const std::vector<other_word>& words_of_others() {
    const std::string to_or_from = "'to' and 'from' take domains, too";
    static const std::vector<other_word> table{
        {"sender", "write 'from'"},
        {"senders", "write 'from'"},
        {"mail_from", "write 'from'"},
        {"sender_domain", "write 'from', which takes domains, too"},
        {"from_domain", "write 'from', which takes domains, too"},
        {"recipient", "write 'to'"},
        {"recipients", "write 'to'"},
        {"rcpt", "write 'to'"},
        {"rcpt_to", "write 'to'"},
        {"recipient_domain", "write 'to', which takes domains, too"},
        {"to_domain", "write 'to', which takes domains, too"},
        {"domain", to_or_from},
        {"domains", to_or_from},
        {"subject", "write 'header: { Subject: ... }'"},
        {"headers", "write 'header: { Name: ... }'"},
        {"subject_tag", "write 'tag'"},
        {"user", "write 'login'"},
        {"network", "write 'client'"},
        {"ip", "write 'client'"}};
    return table;
}

class match_reader {
  public:
    match_reader(const source& from, const match_context& known) : from_(from), known_(known) {}

    /// `listeners` are those to which the blocks around this one are bound.
    [[nodiscard]] policy::condition read(const node& value, const std::string& name,
                                         names listeners) const {
        refuse_other_words(from_, value, name, words_of_others());
        const mapping block(from_, value, name, match_keys());

        // The cheapest first: all of them are asked of every message until one does not hold.
        policy::all_of made;
        const auto take = [&](std::string_view key, auto reader) {
            if (const auto* there = block.find(key)) made.each.push_back({reader(*there)});
        };
        take("to",
             [&](const node& one) { return policy::to_is{known_.lists.resolve(from_, one)}; });
        take("from",
             [&](const node& one) { return policy::from_is{known_.lists.resolve(from_, one)}; });
        read_origin(from_, block, known_, listeners, made.each);
        take("size", [&](const node& one) { return read_size_range(one); });
        take("attachment",
             [&](const node& one) { return policy::attachment_is{read_switch(from_, one)}; });
        take("class",
             [&](const node& one) { return policy::class_is{some_of(read_class)(from_, one)}; });
        take("known_key",
             [&](const node& one) { return policy::known_key_is{read_switch(from_, one)}; });
        take("tag", [&](const node& one) { return read_tags(from_, one); });
        if (const auto* fields = block.find("request")) read_requests(from_, *fields, made.each);
        if (const auto* fields = block.find("header")) read_header(*fields, made.each);
        take("all", [&](const node& one) { return policy::all_of{blocks(one, "all", listeners)}; });
        take("any", [&](const node& one) { return policy::any_of{blocks(one, "any", listeners)}; });
        take("not",
             [&](const node& one) { return policy::none_of{blocks(one, "not", listeners)}; });
        return {std::move(made)};
    }

  private:
    // A list of blocks; for `not`, one alone will do.
    [[nodiscard]] policy::conditions blocks(const node& value, const std::string& key,
                                            const names& listeners) const {
        const auto name = "a block of '" + key + "'";
        policy::conditions all;
        if (value.kind == node::kind::map && key == "not") {
            all.push_back(read(value, "'not'", listeners));
            return all;
        }
        if (value.kind != node::kind::list)
            from_.fail(value.at, "'" + key + "' must be a list of blocks: [{ ... }, { ... }]");
        if (value.items.empty()) from_.fail(value.at, "the list is empty");
        for (const auto& item : value.items) {
            if (item.kind == node::kind::map && item.entries.empty())
                from_.fail(item.at, "the block is empty, and would hold for every message");
            all.push_back(read(item, name, listeners));
        }
        return all;
    }

    [[nodiscard]] policy::size_is read_size_range(const node& value) const {
        if (value.kind == node::kind::scalar)
            from_.fail(value.at, "'size' is a range; write { over: " + value.text +
                                     " } or { under: " + value.text + " }");
        const mapping range(from_, value, "'size'", {"over", "under"});
        policy::size_is made;
        const auto octets = size_within(1, largest_message);
        range.take("over", made.over, octets);
        range.take("under", made.under, octets);
        if (!made.over && !made.under)
            from_.fail(value.at, "'size' needs 'over' or 'under', such as { over: 1MiB }");
        if (made.over && made.under && *made.under <= *made.over + 1)
            from_.fail(value.at, "no message is larger than 'over' and smaller than 'under'");
        return made;
    }

    // Field names are the administrator's, so no table of known keys.
    void read_header(const node& value, policy::conditions& into) const {
        if (value.kind != node::kind::map || value.entries.empty())
            from_.fail(value.at, "'header' must hold 'Field-Name: pattern' pairs");
        for (const auto& one : value.entries) {
            if (!is_field_name(one.key))
                from_.fail(one.at, "'" + one.key + "' is no name of a header field");
            if (one.value.kind == node::kind::empty)
                from_.fail(one.at, "'" + one.key + "' has no pattern; '*' is any text");
            into.push_back(
                {policy::header_is{one.key, some_of(read_text_pattern)(from_, one.value)}});
        }
    }

    // RFC 5322 §3.6.8.
    static bool is_field_name(std::string_view name) {
        const auto odd = [](char c) { return c <= ' ' || c >= 0x7f || c == ':'; };
        return !name.empty() && name.size() <= max_field_name &&
               std::none_of(name.begin(), name.end(), odd);
    }

    static policy::message_class read_class(const source& from, const node& value) {
        static const auto word =
            word_of<policy::message_class>({{"plain", policy::message_class::plain},
                                            {"signed", policy::message_class::is_signed},
                                            {"encrypted", policy::message_class::encrypted},
                                            {"report", policy::message_class::report},
                                            {"invitation", policy::message_class::invitation},
                                            {"list", policy::message_class::list},
                                            {"key_exchange", policy::message_class::key_exchange},
                                            {"fragment", policy::message_class::fragment}});
        return word(from, value);
    }

    const source& from_;
    const match_context& known_;
};

} // namespace

const std::vector<std::string>& match_keys() {
    static const auto all = [] {
        names keys{"from",       "to",    "header",    "tag", "request", "size",
                   "attachment", "class", "known_key", "any", "all",     "not"};
        keys.insert(keys.end(), origin_keys().begin(), origin_keys().end());
        return keys;
    }();
    return all;
}

policy::condition read_match(const source& from, const node& value, const match_context& known) {
    return match_reader(from, known).read(value, "'match'", {});
}

} // namespace postseal::config
