// SPDX-License-Identifier: Apache-2.0
#include "policy/refusal.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(refusals)

namespace {

smtp::envelope to_many(int count) {
    smtp::envelope envelope;
    for (int i = 0; i < count; ++i) {
        envelope.recipients.push_back({at("r" + std::to_string(i) + "@b.example"), {}});
    }
    return envelope;
}

} // namespace

BOOST_AUTO_TEST_CASE(a_refusal_names_the_recipient_says_what_to_do_and_repeats_the_note) {
    const auto answer =
        refuse(to_many(1), {{0, obstacle::no_key, fallback::reject, "Ask security@example.org"}});
    BOOST_TEST(answer.code == 550);
    BOOST_TEST(answer.enhanced == "5.7.5");
    const std::vector<std::string> expected{
        "<r0@b.example>: no OpenPGP key was found for this recipient",
        "Nothing was sent to anybody; ask the recipient to publish a key, or write without this "
        "recipient",
        "Ask security@example.org"};
    BOOST_TEST(answer.lines == expected, boost::test_tools::per_element());
}

// Nobody goes looking for a revocation where the key is only too short.
BOOST_AUTO_TEST_CASE(a_key_that_cannot_be_used_is_told_from_one_that_is_too_weak) {
    const auto unusable =
        refuse(to_many(1), {{0, obstacle::unusable_key, fallback::reject, ""}}).lines;
    BOOST_TEST(unusable.front() ==
               "<r0@b.example>: this recipient's OpenPGP key cannot be used "
               "(expired, revoked, for another address, or not for encryption)");
    BOOST_TEST(unusable.back() == "Nothing was sent to anybody; ask the recipient to publish a new "
                                  "key, or write without this recipient");
    const auto answer = refuse(to_many(1), {{0, obstacle::weak_key, fallback::reject, ""}});
    BOOST_TEST(answer.code == 550);
    BOOST_TEST(answer.enhanced == "5.7.5");
    BOOST_TEST(answer.lines.front() ==
               "<r0@b.example>: this recipient's OpenPGP key is weaker than "
               "this server may use, or of another kind");
    BOOST_TEST(answer.lines.back() == "Nothing was sent to anybody; ask the recipient to publish a "
                                      "stronger key, or write without this recipient");
}

BOOST_AUTO_TEST_CASE(what_is_final_decides_over_what_may_pass) {
    const auto answer = refuse(to_many(2), {{0, obstacle::lookup_failed, fallback::defer, ""},
                                            {1, obstacle::unusable_key, fallback::reject, ""}});
    BOOST_TEST(answer.code == 550);
    BOOST_TEST(answer.lines.size() == 2U);
    BOOST_TEST(answer.lines.front().starts_with("<r1@b.example>:"));
}

BOOST_AUTO_TEST_CASE(three_recipients_are_named_and_the_rest_is_counted) {
    std::vector<objection> objections;
    for (std::size_t i = 0; i < 5; ++i) {
        objections.push_back({i, obstacle::lookup_failed, fallback::hold, ""});
    }
    const auto answer = refuse(to_many(5), objections);
    BOOST_TEST(answer.code == 451);
    BOOST_TEST(answer.enhanced == "4.4.3");
    BOOST_TEST(answer.lines.size() == 5U);
    BOOST_TEST(answer.lines[3] == "and 2 more recipients");
}

BOOST_AUTO_TEST_CASE(who_is_refused_alone_is_not_told_that_nobody_got_it) {
    const auto answer = refuse_alone(
        to_many(2), {1, obstacle::no_key, fallback::reject, "Ask security@example.org"});
    BOOST_TEST(answer.code == 550);
    BOOST_TEST(answer.enhanced == "5.7.5");
    const std::vector<std::string> expected{
        "<r1@b.example>: no OpenPGP key was found for this recipient",
        "Nothing was sent to this recipient; ask the recipient to publish a key",
        "Ask security@example.org"};
    BOOST_TEST(answer.lines == expected, boost::test_tools::per_element());
    const auto later = refuse_alone(to_many(2), {0, obstacle::lookup_failed, fallback::defer, ""});
    BOOST_TEST(later.code == 451);
    BOOST_TEST(later.lines.back() == "Nothing was sent to this recipient; please try again later "
                                     "(mail servers do by themselves)");
}

BOOST_AUTO_TEST_CASE(whose_key_it_is_that_is_used_for_somebody_is_named) {
    const struct {
        obstacle why;
        std::string cause, remedy;
    } table[] = {
        {obstacle::no_key,
         "no OpenPGP key was found for office@p.example, whose key is used for this recipient",
         "ask office@p.example to publish a key"},
        {obstacle::unusable_key,
         "the OpenPGP key of office@p.example, which is used for this recipient, cannot be used "
         "(expired, revoked, for another address, or not for encryption)",
         "ask office@p.example to publish a new key"},
        {obstacle::weak_key,
         "the OpenPGP key of office@p.example, which is used for this recipient, is weaker than "
         "this server may use, or of another kind",
         "ask office@p.example to publish a stronger key"},
        {obstacle::lookup_failed,
         "the OpenPGP key of office@p.example, which is used for this recipient, could not be "
         "looked up",
         "send it again later"},
        {obstacle::key_changed,
         "the new OpenPGP key ABCD of office@p.example, which is used for this recipient, is not "
         "accepted yet",
         "the administrator of this server can accept the new key, once it is known to be "
         "office@p.example's; then send it again"},
    };
    for (const auto& row : table) {
        const auto answer = refuse_alone(
            to_many(1), {0, row.why, fallback::reject, "", "ABCD", "office@p.example"});
        BOOST_TEST(answer.lines[0] == "<r0@b.example>: " + row.cause);
        BOOST_TEST(answer.lines[1] == "Nothing was sent to this recipient; " + row.remedy);
    }
}

BOOST_AUTO_TEST_CASE(a_changed_key_that_nobody_has_accepted_says_who_can) {
    const objection changed{0, obstacle::key_changed, fallback::reject, "", "ABCD"};
    const auto answer = refuse_alone(to_many(1), changed);
    BOOST_TEST(answer.code == 550);
    BOOST_TEST(answer.enhanced == "5.7.5");
    const std::vector<std::string> expected{
        "<r0@b.example>: this recipient's new OpenPGP key ABCD is not accepted yet",
        "Nothing was sent to this recipient; the administrator of this server can accept the new "
        "key, once it is known to be the recipient's; then send it again"};
    BOOST_TEST(answer.lines == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(what_is_held_says_so_and_is_transient) {
    struct {
        obstacle why;
        std::string_view enhanced;
    } const table[] = {{obstacle::no_key, "4.7.5"},
                       {obstacle::unusable_key, "4.7.5"},
                       {obstacle::lookup_failed, "4.4.3"},
                       {obstacle::others_wait, "4.4.3"}};
    for (const auto& row : table) {
        const auto said = why_held(to_many(1), {0, row.why, fallback::hold, "a note"});
        BOOST_TEST(said.code == 451);
        BOOST_TEST(said.enhanced == row.enhanced);
        BOOST_TEST(said.lines.size() == 2U);
        BOOST_TEST(said.lines.back() ==
                   "The message is kept here, and is sent once it can be encrypted");
    }
}

BOOST_AUTO_TEST_CASE(no_line_is_longer_than_a_reply_line_may_be) {
    smtp::envelope envelope;
    envelope.recipients.push_back({{std::string(64, '"'), std::string(255, 'd')}, {}});
    for (const auto why :
         {obstacle::no_key, obstacle::unusable_key, obstacle::weak_key, obstacle::lookup_failed,
          obstacle::key_changed, obstacle::opted_out, obstacle::never_sealed, obstacle::fragment,
          obstacle::others_wait, obstacle::blind_copy}) {
        for (const auto answer : {fallback::hold, fallback::defer, fallback::reject}) {
            for (const auto& line :
                 refuse(envelope, {{0, why, answer, "", std::string(40, 'F')}}).lines) {
                // RFC 5321 §4.5.3.1.5: 512 with code, enhanced code and CRLF.
                BOOST_TEST(line.size() + 12 <= 512U);
            }
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
