// SPDX-License-Identifier: Apache-2.0
#include "config/expectations.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"
#include "relay/policy_view.hpp"

#include <algorithm>
#include <utility>

namespace postseal::config {

namespace {

using policy::fate;

const auto read_fate = word_of<fate>({{"sealed", fate::sealed},
                                      {"clear", fate::clear},
                                      {"cleaned", fate::cleaned},
                                      {"untouched", fate::untouched},
                                      {"held", fate::held},
                                      {"refused", fate::refused},
                                      {"deferred", fate::deferred},
                                      {"rejected", fate::rejected}});

// "550", or with its enhanced code "550 5.7.5".
std::string read_reply(const source& from, const node& value) {
    auto written = read_text(from, value);
    const auto code = written.substr(0, written.find(' '));
    const bool digits = code.find_first_not_of("0123456789") == std::string::npos;
    if (code.size() != 3 || !digits || written.ends_with(' '))
        from.fail(value.at, "'" + written + "' is no reply, such as 550 or \"550 5.7.5\"");
    return written;
}

// An address, or "none": the recipient's own key, or none.
std::string read_owner(const source& from, const node& value) {
    const auto written = read_text(from, value);
    if (written == "none") return written;
    return smtp::to_string(*relay::for_policy(read_mailbox(from, value)));
}

policy::expected_field read_field(const source& from, const entry& one) {
    const auto written = read_text(from, one.value);
    policy::expected_field made{one.key};
    if (written == "absent") made.wanted = false;
    if (written == "absent" || written == "present") return made;
    std::string mistake;
    made.text = policy::text_pattern::parse(written, mistake);
    if (!made.text) from.fail(one.value.at, "'" + written + "' is no pattern: " + mistake);
    return made;
}

} // namespace

policy::expectation read_expectation(const source& from, const node& value, std::size_t recipient,
                                     const smtp::envelope& envelope) {
    policy::expectation made;
    if (value.kind != node::kind::map) {
        made.fate = read_fate(from, value);
        return made;
    }
    const mapping block(
        from, value, "an expectation",
        {"treatment", "rule", "reply", "with", "alone", "lookup", "key_of", "warning", "header"});
    if (value.entries.empty()) from.fail(value.at, "nothing is expected here");
    block.take("treatment", made.fate, read_fate);
    block.take("rule", made.rule, read_text);
    block.take("reply", made.reply, read_reply);
    block.take("lookup", made.looked_up, read_switch);
    block.take("key_of", made.key_of, read_owner);
    block.take("warning", made.warned, read_switch);
    if (const auto* others = block.find("with")) {
        std::vector<std::size_t> with;
        for (const auto& other : some_of(read_text)(from, *others)) {
            const auto found = find_recipient(from, other, others->at, envelope);
            if (found == recipient) from.fail(others->at, "'with' is for the others");
            with.push_back(found);
        }
        std::ranges::sort(with);
        made.with = std::move(with);
    }
    if (const auto* alone = block.find("alone")) {
        if (!read_switch(from, *alone) || made.with)
            from.fail(alone->at, "'alone' is 'true', or 'with' says who shares the copy");
        made.with.emplace();
    }
    if (const auto* fields = block.find("header")) {
        if (fields->kind != node::kind::map)
            from.fail(fields->at, "'header' must hold fields: { Subject: \"[...]\" }");
        for (const auto& one : fields->entries)
            made.header.push_back(read_field(from, one));
    }
    return made;
}

std::size_t find_recipient(const source& from, const std::string& written, position at,
                           const smtp::envelope& envelope) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        names.push_back(smtp::to_string(envelope.recipients[i].address));
        if (smtp::equal_ignoring_case(names.back(), written)) return i;
    }
    auto hint = did_you_mean(written, names);
    if (hint.empty()) hint = "; they are " + joined(names);
    from.fail(at, "'" + written + "' is none of the recipients" + hint);
}

smtp::mailbox read_mailbox(const source& from, const node& value) {
    const auto written = read_text(from, value);
    const auto read = smtp::parse_mailbox(written);
    if (!read || !relay::for_policy(*read))
        from.fail(value.at, "'" + written + "' is no mail address");
    return *read;
}

} // namespace postseal::config
