// SPDX-License-Identifier: Apache-2.0
#include "policy/expectation.hpp"

#include "message/encoded_word.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <utility>

namespace postseal::policy {

namespace {

const smtp::reply* refusal_of(const outcome& of) {
    const auto& alone = of.plan.decisions[of.recipient].refusal;
    if (of.plan.refusal) return &*of.plan.refusal;
    return alone ? &*alone : nullptr;
}

fate fate_of(const outcome& of) {
    if (const auto* refusal = refusal_of(of))
        return refusal->permanent_failure() ? fate::rejected : fate::deferred;
    switch (of.plan.decisions[of.recipient].treatment) {
    case treatment::untouched: return fate::untouched;
    case treatment::cleaned: return fate::cleaned;
    case treatment::held: return fate::held;
    case treatment::sealed: break;
    }
    return fate::sealed;
}

bool fits(fate expected, fate got) {
    switch (expected) {
    case fate::clear: return got == fate::cleaned || got == fate::untouched;
    case fate::refused: return got == fate::deferred || got == fate::rejected;
    case fate::sealed:
    case fate::cleaned:
    case fate::untouched:
    case fate::held:
    case fate::deferred:
    case fate::rejected: return expected == got;
    }
    return false;
}

std::string reply_of(const outcome& of) {
    const auto* refusal = refusal_of(of);
    if (refusal == nullptr) return "250";
    return std::to_string(refusal->code) + " " + refusal->enhanced;
}

std::string yes_or_no(bool what) { return what ? "true" : "false"; }

std::vector<std::size_t> others_of(const outcome& of) {
    for (const auto& group : of.plan.deliveries) {
        auto others = group.recipients;
        if (std::erase(others, of.recipient) > 0) return others;
    }
    return {};
}

std::string names_of(const std::vector<std::size_t>& recipients, const outcome& of) {
    std::string text;
    for (const auto i : recipients)
        text += (text.empty() ? "" : ", ") + smtp::to_string(of.envelope.recipients[i].address);
    return text.empty() ? "nobody" : text;
}

// Every field of that name, as it would be read.
std::vector<std::string> texts_of(const std::string& name, const outcome& of) {
    std::vector<std::string> texts;
    if (of.header == nullptr) return texts;
    for (const auto& field : of.header->fields)
        if (message::same_token(field.name, name))
            texts.push_back(message::decode_words(message::unfolded(field)));
    return texts;
}

bool fits(const expected_field& expected, const std::vector<std::string>& texts) {
    if (!expected.wanted) return texts.empty();
    if (!expected.text) return !texts.empty();
    return std::ranges::any_of(texts,
                               [&](const auto& text) { return expected.text->matches(text); });
}

std::string shown(const expected_field& expected) {
    if (!expected.wanted) return "absent";
    return expected.text ? expected.text->written() : "present";
}

std::string joined(const std::vector<std::string>& texts) {
    std::string all;
    for (const auto& text : texts)
        all += (all.empty() ? "" : " | ") + text;
    return texts.empty() ? "absent" : all;
}

} // namespace

std::string_view to_string(fate what) {
    switch (what) {
    case fate::sealed: return "sealed";
    case fate::clear: return "clear";
    case fate::cleaned: return "cleaned";
    case fate::untouched: return "untouched";
    case fate::held: return "held";
    case fate::refused: return "refused";
    case fate::deferred: return "deferred";
    case fate::rejected: return "rejected";
    }
    return {};
}

std::vector<difference> compare(const expectation& expected, const outcome& of) {
    std::vector<difference> found;
    const auto expect = [&found](bool fits, std::string about, std::string wanted,
                                 std::string got) {
        if (!fits) found.push_back({std::move(about), std::move(wanted), std::move(got)});
    };
    const auto& decided = of.plan.decisions[of.recipient];
    if (expected.fate) {
        const auto got = fate_of(of);
        expect(fits(*expected.fate, got), "treatment", std::string{to_string(*expected.fate)},
               std::string{to_string(got)});
    }
    if (expected.rule) expect(*expected.rule == decided.rule, "rule", *expected.rule, decided.rule);
    if (expected.reply) {
        const auto got = reply_of(of);
        expect(got == *expected.reply || got.starts_with(*expected.reply + " "), "reply",
               *expected.reply, got);
    }
    if (expected.with) {
        const auto got = others_of(of);
        expect(got == *expected.with, "with", names_of(*expected.with, of), names_of(got, of));
    }
    if (expected.looked_up)
        expect(*expected.looked_up == of.looked_up, "lookup", yes_or_no(*expected.looked_up),
               yes_or_no(of.looked_up));
    if (expected.key_of) {
        const auto got = decided.key_of ? smtp::to_string(*decided.key_of) : "none";
        expect(smtp::equal_ignoring_case(got, *expected.key_of), "key_of", *expected.key_of, got);
    }
    if (expected.warned) {
        const bool got = decided.change.has_value();
        expect(*expected.warned == got, "warning", yes_or_no(*expected.warned), yes_or_no(got));
    }
    for (const auto& field : expected.header) {
        const auto texts = texts_of(field.name, of);
        expect(fits(field, texts), "header " + field.name, shown(field), joined(texts));
    }
    return found;
}

} // namespace postseal::policy
