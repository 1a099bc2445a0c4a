// SPDX-License-Identifier: Apache-2.0
// Every word that a policy can say, and where it goes.
#include "config/settings.hpp"

#include "policy/description.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(policy_words)

namespace {

const std::filesystem::path data = std::filesystem::path{POSTSEAL_TEST_DATA} / "config";

} // namespace

BOOST_AUTO_TEST_CASE(every_word_of_the_policy_reaches_its_setting) {
    const auto policy = load(data / "good/everything/postseal.yaml").relay.policy;
    using policy::fallback;

    BOOST_TEST(policy.local_domains == (std::vector<std::string>{"example.org", "*.example.org"}),
               boost::test_tools::per_element());
    const policy::settings defaults{
        policy::mode::observe,
        policy::encrypt::never,
        fallback::hold,
        fallback::defer,
        fallback::reject,
        std::chrono::hours(3),
        policy::hold_end::send,
        policy::key_change::accept,
        {.local = true, .wkd = true, .keyservers = false},
        policy::scope::recipient,
        policy::blind_copies::reject,
        smtp::mailbox{"archive", "example.org"},
        message::profile::strict,
        {message::protection_policy::baseline, message::subject_outside::shown},
        {false, false, false, false},
        {3072, policy::min_strength::any, policy::min_strength::never},
        "a note"};
    BOOST_CHECK(policy.defaults == defaults);
    BOOST_REQUIRE_EQUAL(policy.rules.size(), 3U);
    const auto& first = policy.rules[0];
    BOOST_TEST(first.name == "court mail");
    BOOST_TEST(policy::describe(first.match) ==
               "to: lawyers, *@court.example, *.court.example; from: lawyers; listener: filter, "
               "internal; client: 10.0.0.0/8, 2001:db8::7/128");
    BOOST_CHECK(first.set.mode == policy::mode::enforce);
    BOOST_CHECK(first.set.encrypt == policy::encrypt::required);
    BOOST_CHECK(first.set.without_key == fallback::reject);
    BOOST_CHECK(first.set.key_change == policy::key_change::hold);
    BOOST_CHECK(first.set.scope == policy::scope::message);
    BOOST_CHECK(first.set.then == policy::hold_end::reject);
    BOOST_REQUIRE(first.set.archive.has_value());
    BOOST_CHECK(!first.set.archive->has_value()); // none, though the defaults name one
    BOOST_CHECK(first.set.hold_for == std::nullopt);
    BOOST_CHECK(first.set.headers == message::profile::off);
    BOOST_CHECK(first.set.exempt_reports == true);
    BOOST_CHECK(!first.set.exempt_lists.has_value());
    BOOST_CHECK(first.set.foreign == true);
    BOOST_CHECK(!first.set.unusable_key.has_value());

    BOOST_TEST(policy::describe(policy.rules[1].match) ==
               "to: partners; size: over 1048576 under 10485760; attachment: true; class: plain, "
               "signed; known_key: false; tag: [draft], #Draft!; request X-Seal: Required; "
               "request X-Draft: yes, 1; header X-Project: a*, /^b/i; header Subject: *draft*; "
               "any of (from: lawyers | (attachment: false; class: list)); "
               "not (to: *@intern.example)");
    BOOST_CHECK(policy.rules[1].set.encrypt == policy::encrypt::all_or_none);
    BOOST_TEST(policy::describe(policy.rules[2].match).empty());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
