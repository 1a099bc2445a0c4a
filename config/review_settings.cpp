// SPDX-License-Identifier: Apache-2.0
// Only what a rule writes itself is looked at: what it leaves out is meant for other rules too.
#include "config/review_settings.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace postseal::config {

namespace {

// All that say how, and not whether.
constexpr std::array<std::string_view, 13> of_sealed_mail{
    "without_key",      "lookup_failed", "unusable_key", "hold_for", "then",         "key_change",
    "sources",          "scope",         "blind",        "exempt",   "min_strength", "subject",
    "header_protection"};

bool is_of_sealed_mail(std::string_view key) {
    return std::ranges::find(of_sealed_mail, key) != of_sealed_mail.end();
}

const entry* find(const node& map, std::string_view key) {
    const auto there = std::ranges::find(map.entries, key, &entry::key);
    return there == map.entries.end() ? nullptr : &*there;
}

bool leaves_no_key(const policy::min_strength& least) {
    constexpr auto never = policy::min_strength::never;
    return least.rsa == never && least.elgamal == never && least.curves == never;
}

// Beside another setting, which may be the default.
std::string beside(const node& set, const std::string& key, const std::string& word) {
    return "beside '" + key + ": " + word + "'" +
           (find(set, key) == nullptr ? ", which is the default" : "");
}

void review_never(const source& from, const node& set, remarks& found) {
    for (const auto& one : set.entries)
        if (is_of_sealed_mail(one.key))
            found.add(from, one.at,
                      "'" + one.key + "' never counts " + beside(set, "encrypt", "never"));
}

void review_scope(const source& from, const node& set, const std::string& word, remarks& found) {
    const auto* scope = find(set, "scope");
    if (scope == nullptr) return;
    found.add(from, scope->at,
              "'scope' never counts " + beside(set, "encrypt", word) +
                  ": it says whom 'required' binds");
}

// Nothing of it is ever held.
void review_holding(const source& from, const node& set, const policy::settings& said,
                    remarks& found) {
    const auto hold = policy::fallback::hold;
    if (said.without_key == hold || said.lookup_failed == hold || said.unusable_key == hold) return;
    const auto* then = find(set, "then");
    if (said.key_change == policy::key_change::hold) {
        if (then != nullptr && said.then == policy::hold_end::send)
            found.add(from, then->at,
                      "'then: send' never counts where nothing but 'key_change' says 'hold': what "
                      "is held for another key is never sent in clear");
        return;
    }
    const auto tell = [&](const entry* written) {
        if (written == nullptr) return;
        found.add(from, written->at,
                  "'" + written->key + "' never counts where nothing says 'hold'");
    };
    tell(then);
    // Where another one is held, all of them wait, as long as any of their rules says.
    if (said.encrypt != policy::encrypt::all_or_none) tell(find(set, "hold_for"));
}

void review_exemptions(const source& from, const node& set, remarks& found) {
    const auto* exempt = find(set, "exempt");
    if (exempt == nullptr) return;
    for (const auto& one : exempt->value.entries)
        if (one.value.text == "true")
            found.add(from, one.at,
                      "'" + one.key + ": true' never counts " + beside(set, "encrypt", "required") +
                          ": it knows no exemption");
}

} // namespace

void review_settings(const source& from, const node& set, const policy::settings& effective,
                     remarks& found) {
    switch (effective.encrypt) {
    case policy::encrypt::never: return review_never(from, set, found);
    case policy::encrypt::required: review_exemptions(from, set, found); break;
    case policy::encrypt::opportunistic: review_scope(from, set, "opportunistic", found); break;
    case policy::encrypt::all_or_none: review_scope(from, set, "all-or-none", found); break;
    }
    review_holding(from, set, effective, found);
    const auto* subject = find(set, "subject");
    if (subject != nullptr && effective.header_protection.policy == message::protection_policy::off)
        found.add(from, subject->at,
                  "'subject' never counts " + beside(set, "header_protection", "off"));
    if (find(set, "min_strength") != nullptr) review_defaults(from, set, effective, found);
}

void review_sources(const source& from, const node& set, const policy::settings& effective,
                    const std::vector<std::string>& set_up, remarks& found) {
    const auto has = [&](std::string_view one) { return std::ranges::count(set_up, one) > 0; };
    const auto& allowed = effective.sources;
    const bool one_is_set_up = (allowed.local && (has("directory") || has("store"))) ||
                               (allowed.wkd && has("wkd")) ||
                               (allowed.keyservers && has("keyservers"));
    if (one_is_set_up || effective.encrypt == policy::encrypt::never) return;
    const auto* here = find(set, "sources");
    if (here == nullptr && effective.encrypt == policy::encrypt::required)
        here = find(set, "encrypt");
    if (here == nullptr) return;
    found.add(from, here->at,
              "nothing can be sealed but to a pinned key: of the 'sources' that are allowed here "
              "none is set up in 'keys' of postseal.yaml");
}

// As policy/standing has it. A rule that claims mail from elsewhere binds all of it.
void review_encrypted(const source& from, const node& set, const policy::settings& effective,
                      remarks& found) {
    const auto* encrypt = find(set, "encrypt");
    if (encrypt == nullptr || find(set, "foreign") != nullptr ||
        effective.encrypt != policy::encrypt::required)
        return;
    found.add(from, encrypt->at,
              "'encrypt: required' never counts for a rule that matches nothing but 'class: "
              "encrypted': what its sender has encrypted is as it should be");
}

void review_defaults(const source& from, const node& defaults, const policy::settings& effective,
                     remarks& found) {
    const auto* least = find(defaults, "min_strength");
    if (least == nullptr || !leaves_no_key(effective.min_strength)) return;
    found.add(from, least->at, "no key is good enough for this: nothing can be sealed");
}

std::vector<std::string> sealing_keys(const node& set) {
    std::vector<std::string> keys;
    for (const auto& one : set.entries) {
        if (one.key != "encrypt" && !is_of_sealed_mail(one.key)) return {};
        keys.push_back("'" + one.key + "'");
    }
    return keys;
}

} // namespace postseal::config
