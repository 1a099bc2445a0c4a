// SPDX-License-Identifier: Apache-2.0
// Words for administrators: what an address comes to, and why.
#include "keys/account.hpp"

#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

record knowing(memory what) {
    record known;
    known.remembered = std::move(what);
    return known;
}

record giving(std::string bytes, bool pinned) {
    auto known = knowing(found_entry());
    known.given = {
        given_certificate{other_fingerprint, std::move(bytes), pinned, "by telephone", now}};
    return known;
}

record sealed_to() {
    record known;
    known.sealed = sealing{now - 24h, fingerprint, {}, origin::domain};
    return known;
}

std::string_view state(const record& known, std::chrono::sys_seconds at = now) {
    return to_string(summarise(known, at).state);
}

bool says(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(accounts)

BOOST_AUTO_TEST_CASE(every_standing_has_its_word) {
    BOOST_TEST(state({}) == "unknown");
    BOOST_TEST(state(sealed_to()) == "unknown");
    BOOST_TEST(state(knowing(found_entry())) == "found");
    BOOST_TEST(state(knowing(found_entry()), now + 2000h) == "expired");
    BOOST_TEST(state(knowing(other_entry(outcome::absent))) == "absent");
    BOOST_TEST(state(knowing(other_entry(outcome::unusable))) == "unusable");
    BOOST_TEST(state(giving("octets", true)) == "pinned");
    BOOST_TEST(state(giving("", true)) == "waiting");
    BOOST_TEST(state(giving("octets", false)) == "imported");
    auto revoked_since = giving("octets", true);
    revoked_since.rejected = {rejected_one(1, true)};
    revoked_since.rejected[0].fingerprint = other_fingerprint;
    BOOST_TEST(state(revoked_since) == "unusable");
    auto doubted = knowing(found_entry());
    doubted.doubts.denied_since = now;
    BOOST_TEST(state(doubted) == "doubted");
}

BOOST_AUTO_TEST_CASE(the_key_in_a_list_is_the_one_that_would_be_used) {
    const auto found = summarise(knowing(found_entry()), now);
    BOOST_TEST(found.fingerprint == fingerprint);
    BOOST_TEST(found.algorithm == "cv25519");
    BOOST_TEST(found.source == "wkd");
    BOOST_TEST((found.expires == now + 1000h && found.fresh_until == now + 24h));
    const auto pinned = summarise(giving("octets", true), now);
    BOOST_TEST(pinned.fingerprint == other_fingerprint);
    BOOST_TEST(pinned.algorithm == ""); // not the other key's
    BOOST_TEST(!pinned.expires.has_value());
    BOOST_TEST(!pinned.fresh_until.has_value());
}

BOOST_AUTO_TEST_CASE(who_has_no_key_and_never_had_one_is_not_of_interest) {
    BOOST_TEST(!has_key_or_had({}));
    BOOST_TEST(!has_key_or_had(knowing(other_entry(outcome::absent))));
    BOOST_TEST(has_key_or_had(knowing(found_entry())));
    BOOST_TEST(has_key_or_had(giving("", true)));
    BOOST_TEST(has_key_or_had(sealed_to()));
}

BOOST_AUTO_TEST_CASE(doubts_say_until_when) {
    auto known = knowing(found_entry());
    BOOST_TEST(remarks(known, now).empty());
    known.doubts.denied_since = now;
    BOOST_TEST(says(remarks(known, now).at(0), "says since 2024-06-15 00:00 UTC that there is no"));
    BOOST_TEST(says(remarks(known, now).at(0), "says so again after 2024-06-16 00:00 UTC"));
    known.doubts = {{}, now};
    BOOST_TEST(says(remarks(known, now + 1h).at(0), "mail waits until 2024-06-16 00:00 UTC"));
    BOOST_TEST(says(remarks(known, now + 24h).at(0), "does not wait any more"));
}

BOOST_AUTO_TEST_CASE(what_an_administrator_does_not_see_from_the_values_is_said) {
    BOOST_TEST(says(remarks(giving("", true), now).at(0), "no source has served yet"));
    BOOST_TEST(says(remarks(knowing(found_entry()), now + 2000h).at(0), "has expired"));
    BOOST_TEST(says(remarks(sealed_to(), now).at(0), "is not taken for \"no key\""));
    auto known = knowing(found_entry());
    known.rejected = {rejected_one(1, false)};
    BOOST_TEST(remarks(known, now).empty());
    known.rejected = {rejected_one(1, true)};
    BOOST_TEST(says(remarks(known, now).at(0), "Revoked keys are never used again"));
    record ended;
    ended.ended_sealing = sealing{now, fingerprint, {}, origin::domain};
    BOOST_TEST(says(remarks(ended, now).at(0), "Another one than " + fingerprint +
                                                   ", to which mail "
                                                   "was sealed until 2024-06-15, is a change"));
}

BOOST_AUTO_TEST_CASE(the_winner_is_explained) {
    const auto entry = found_entry();
    const auto key = entry.what;
    BOOST_TEST(explain(key, {}, now) ==
               "It is the key of wkd, the first source, in the configured order, that has one of "
               "use.");
    BOOST_TEST(explain(key, knowing(entry), now + 1h) ==
               "It is remembered. wkd had it on 2024-06-15 00:00 UTC, and is asked again after "
               "2024-06-16 00:00 UTC.");
    BOOST_TEST(says(explain(key, knowing(entry), now + 30h), "the first source")); // asked again
    auto kept = key;
    kept.reason = std::string(used_on) + "it is down";
    BOOST_TEST(says(explain(kept, knowing(entry), now + 30h), "nobody can be asked"));
    BOOST_TEST(says(explain(kept, knowing(entry), now + 30h), "used on until 2024-07-15"));
    auto folder = key;
    folder.source = "directory";
    BOOST_TEST(says(explain(folder, knowing(entry), now), "directory, the first source"));
    folder.replaces = other_fingerprint;
    BOOST_TEST(says(explain(folder, knowing(entry), now),
                    "another key than before: mail was sealed to " + other_fingerprint));
}

BOOST_AUTO_TEST_CASE(an_administrators_word_is_named) {
    finding given = found_entry().what;
    given.found->fingerprint = other_fingerprint;
    given.source = "pinned";
    BOOST_TEST(
        explain(given, giving("octets", true), now) ==
        "An administrator has pinned it on 2024-06-15 (by telephone): no other key is used.");
    given.source = "wkd";
    BOOST_TEST(says(explain(given, giving("", true), now), "no other key is used. wkd has it."));
    given.source = "imported";
    BOOST_TEST(says(explain(given, giving("octets", false), now), "has imported it"));
}

BOOST_AUTO_TEST_CASE(a_pin_of_the_policy_comes_before_all_that_the_store_has) {
    const policy_pin found{fingerprint, "policy.yaml:12"};
    const policy_pin other{other_fingerprint, "policy.yaml:13"};
    const auto known = knowing(found_entry());
    auto line = summarise(known, now, &found);
    BOOST_TEST(to_string(line.state) == "pinned");
    BOOST_TEST(line.source == "policy.yaml:12");
    BOOST_TEST((line.algorithm == "cv25519" && line.expires == now + 1000h));
    line = summarise(known, now, &other);
    BOOST_TEST(to_string(line.state) == "waiting");
    BOOST_TEST((line.fingerprint == other_fingerprint && line.algorithm.empty()));
    BOOST_TEST(to_string(summarise(giving("octets", false), now, &other).state) == "pinned");
    BOOST_TEST(to_string(summarise({}, now, &found).state) == "waiting");
    BOOST_TEST(says(remarks({}, now, &found).at(0), "no source has served yet"));
    BOOST_TEST(remarks(giving("octets", true), now, &found).at(0) ==
               other_fingerprint + " is not used as long as the policy pins another.");
    auto said = found_entry().what;
    said.pinned = true;
    BOOST_TEST(explain(said, {}, now, &found) ==
               "The policy has pinned it (policy.yaml:12): no other key is used. wkd has it.");
    said = {};
    said.result = outcome::temporary;
    BOOST_TEST(says(explain(said, giving("", true), now, &found),
                    "The policy has pinned " + fingerprint + " (policy.yaml:12), and no source"));
}

BOOST_AUTO_TEST_CASE(that_there_is_none_is_explained) {
    finding none;
    none.result = outcome::temporary;
    BOOST_TEST(says(explain(none, {}, now), "lookup_failed"));
    BOOST_TEST(says(explain(none, sealed_to(), now), "sealed before (2024-06-14)"));
    BOOST_TEST(says(explain(none, giving("", true), now), "no source has that key"));
    none.retry_in = 5min;
    BOOST_TEST(says(explain(none, {}, now), "asked again in the background"));
    none.result = outcome::unusable;
    BOOST_TEST(says(explain(none, {}, now), "unusable_key"));
    none.result = outcome::absent;
    BOOST_TEST(says(explain(none, {}, now), "There is no key"));
}

BOOST_AUTO_TEST_SUITE_END()
