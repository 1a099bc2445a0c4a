// SPDX-License-Identifier: Apache-2.0
#include "relay/policy_view.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <vector>

using namespace postseal;

BOOST_AUTO_TEST_SUITE(policy_views)

BOOST_AUTO_TEST_CASE(a_domain_has_one_spelling_whatever_letters_it_is_written_in) {
    const std::string a_label = "xn--bcher-kva.example";
    for (const auto* const written :
         {"b\u00fccher.example", "B\u00dcCHER.Example", "bu\u0308cher.example"}) {
        const auto seen = relay::for_policy(smtp::mailbox{"Anna", written});
        BOOST_REQUIRE_MESSAGE(seen, written);
        BOOST_TEST(seen->domain == a_label);
        BOOST_TEST(seen->local_part == "Anna");
    }
}

BOOST_AUTO_TEST_CASE(ascii_domains_keep_their_spelling) {
    for (const auto* const written : {"Example.ORG", "[192.0.2.1]", "", "a_b.example"}) {
        BOOST_TEST(relay::for_policy(smtp::mailbox{"a", written})->domain == written);
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_name_has_no_spelling) {
    BOOST_TEST(!relay::for_policy(smtp::mailbox{"a", "\u2603\uff0e.example"}));
    BOOST_TEST(!relay::for_policy(smtp::mailbox{"a", "\xff\xfe.example"}));
}

BOOST_AUTO_TEST_CASE(envelope_and_facts_are_seen_alike) {
    const smtp::mailbox written{"a", "b\u00fccher.example"};
    const smtp::mailbox seen{"a", "xn--bcher-kva.example"};
    smtp::envelope envelope;
    envelope.sender = written;
    envelope.recipients.push_back({written, {}});
    const auto view = relay::for_policy(envelope);
    BOOST_TEST((view.sender == seen));
    BOOST_TEST((view.recipients.front().address == seen));
    message::facts facts;
    facts.from = {written};
    facts.visible = {written};
    BOOST_TEST((relay::for_policy(facts).from.front() == seen));
    BOOST_TEST((relay::for_policy(facts).visible.front() == seen));
}

BOOST_AUTO_TEST_CASE(the_original_recipient_is_seen_alike_too) {
    const auto seen = [](const std::string& orcpt) {
        smtp::envelope envelope;
        envelope.recipients.push_back(
            {{"a", "example.org"}, {{"NOTIFY", "NEVER"}, {"ORCPT", orcpt}}});
        return relay::for_policy(envelope).recipients.front().parameters.back().value;
    };
    BOOST_TEST(seen("utf-8;m\\x{FC}ller\\x{2B}x@b\\x{FC}cher.example") ==
               "rfc822;m+C3+BCller+2Bx@xn--bcher-kva.example");
    for (const auto* const kept : {"rfc822;a@example.org", "utf-8;a@example.org", "utf-8;nobody",
                                   "x400;b\u00fccher", "utf-8;a@\u2603\uff0e.example"})
        BOOST_TEST(seen(kept) == kept);
}

// Else mail with such a header From would count as somebody else's, and would be passed on as it
// is.
BOOST_AUTO_TEST_CASE(an_author_without_a_name_is_nobody) {
    message::facts facts;
    facts.from = {{"a", "\xff\xfe.example"}, {"anna", "example.org"}};
    const auto seen = relay::for_policy(facts);
    const std::vector<smtp::mailbox> left{{"anna", "example.org"}};
    BOOST_TEST((seen.from == left));
    facts.from.pop_back();
    BOOST_TEST(relay::for_policy(facts).from.empty());
}

BOOST_AUTO_TEST_SUITE_END()
