// SPDX-License-Identifier: Apache-2.0
// The sender's marks, and what is left of a field without them.
#include "message/requests.hpp"

#include "message/clean.hpp"
#include "message/encoded_word.hpp"
#include "message/header_protection.hpp"

#include <boost/test/unit_test.hpp>

#include <memory>
#include <random>

using namespace postseal::message;

namespace {

requests seal_and_draft() {
    requests known;
    for (const auto tag : {"[Seal]", "#draft#", "[se]", "!!", "[ secure mail ]"})
        known.add_tag(tag);
    known.add_field("X-Seal");
    return known;
}

const auto known = seal_and_draft();

std::string without(std::string_view field) {
    const auto section = read_header_section(field);
    BOOST_REQUIRE_EQUAL(section.fields.size(), 1U);
    return without_requests(section.fields.front(), known).value_or("as it is");
}

cleaning taking_out(profile base) {
    cleaning how = base;
    how.asked = std::make_shared<requests>(known);
    return how;
}

std::string cleaned(std::string_view header, const cleaning& how, content body = content::kept) {
    return clean_header(read_header_section(header), how, body).bytes;
}

} // namespace

BOOST_AUTO_TEST_SUITE(requests_)

BOOST_AUTO_TEST_CASE(a_tag_goes_with_the_white_space_around_it) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"", ""},
        {"  two  spaces ", "  two  spaces "},
        {"[seal", "[seal"},
        {"[seal]", ""},
        {"[SEAL] harbour", "harbour"},
        {"harbour  [seal]", "harbour"},
        {"Re: [seal] harbour", "Re: harbour"},
        {"Re: [seal] [seal]\t#Draft# the  harbour", "Re: the  harbour"},
        {"har[seal]bour", "harbour"},
        {"Re:[seal] harbour", "Re: harbour"},
        {"#draft#[seal]x", "x"},
        {"a\r\n [seal]\r\n b", "a\r\n b"},
        {"a [seal]\r\n b", "a\r\n b"},
        // A blank in a tag is any white space in the text, and some.
        {"Re: [ Secure mail ] harbour", "Re: harbour"},
        {"[  secure\tmail\r\n ]", ""},
        {"[ secure\r\n mail ] a", "a"},
        {"[secure mail] [ securemail ] [ secure mail",
         "[secure mail] [ securemail ] [ secure mail"},
        {"[ secure [seal] mail ]", ""},
        {"[ secure mail [ secure mail ] ]", ""},
        // What closes in around a cut is no tag either.
        {"[s[seal]eal] x", "x"},
        {"[s[s[s[seal]eal]eal]eal]", ""},
        {"[[seal] seal]", "[ seal]"},
    };
    for (const auto& [text, rest] : table)
        BOOST_TEST(without_tags(text, known) == rest, text);
}

BOOST_AUTO_TEST_CASE(nothing_is_changed_in_fields_without_a_mark) {
    for (const auto field :
         {"Subject: harbour\r\n", "Subject:[seal\r\n ]  harbour \r\n", "Comments: [seal]\r\n",
          "X-Sealed: required\r\n", "Subject: =?utf-8?q?harb=6Fur?=\r\n", "Subject:\r\n"})
        BOOST_TEST(without(field) == "as it is", field);
}

BOOST_AUTO_TEST_CASE(a_subject_keeps_what_it_can_of_its_folds_and_encoded_words) {
    const std::string word = "=?utf-8?Q?Gr=C3=BC=C3=9Fe?=";
    const std::pair<std::string, std::string> table[] = {
        {"Subject: [seal] harbour\r\n", "Subject: harbour\r\n"},
        {"subject : [seal]\r\n", "subject:\r\n"},
        {"Subject:\r\n [seal] harbour\r\n at\r\n\tnight\r\n",
         "Subject: harbour\r\n at\r\n\tnight\r\n"},
        {"Thread-Topic: Re: [seal] harbour\r\n", "Thread-Topic: Re: harbour\r\n"},
        {"Subject: harbour\xC3\xA9 [seal]\r\n", "Subject: harbour\xC3\xA9\r\n"},
        {"Subject: [seal] " + word + "\r\n", "Subject: " + word + "\r\n"},
        {"Subject: " + word + " [seal]\r\n", "Subject: " + word + "\r\n"},
        // The tag is in the word: the rest stays in its encoding and character set.
        {"Subject: =?utf-8?Q?[seal]_Gr=C3=BC=C3=9Fe?=\r\n", "Subject: " + word + "\r\n"},
        {"Subject: =?utf-8?q?=5Bseal=5D_Gr=C3=BC=C3=9Fe!?=\r\n",
         "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe!?=\r\n"},
        {"Subject: =?iso-2022-jp?B?W3NlYWxdIBskQkZ8S1wbKEI=?=\r\n",
         "Subject: =?iso-2022-jp?B?GyRCRnxLXBsoQg==?=\r\n"},
        {"Subject: =?iso-8859-2?Q?[seal]_Za=BF=F3=B3=E6?=\r\n",
         "Subject: =?iso-8859-2?Q?Za=BF=F3=B3=E6?=\r\n"},
        {"Subject: =?UTF-8?B?W3NlYWxdIEdyw7zDn2U=?=\r\n", "Subject: =?UTF-8?B?R3LDvMOfZQ==?=\r\n"},
        {"Subject: =?utf-8?q?[seal]?= harbour\r\n", "Subject: harbour\r\n"},
        {"Subject: Re: [ secure\r\n mail ]\r\n harbour\r\n", "Subject: Re:\r\n harbour\r\n"},
        {"Subject: =?utf-8?q?[_secure?=\r\n =?utf-8?q?_mail_]_harbour?=\r\n",
         "Subject: harbour\r\n"},
        {"Subject: =?utf-8?q?[_secure_mail_]?= " + word + "\r\n", "Subject: " + word + "\r\n"},
        // Through several words; between two words; of the marks of a word itself.
        {"Subject: =?utf-8?q?[se?=\r\n =?utf-8?q?al]_harbour?=\r\n", "Subject: harbour\r\n"},
        {"Subject: " + word + " [seal] " + word + "\r\n",
         "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe_Gr=C3=BC=C3=9Fe?=\r\n"},
        {"Subject: =?utf-8?q?[seal]=0D=0ABcc:_x?=\r\n", "Subject: =?utf-8?q?Bcc:_x?=\r\n"},
        // What is left must not be read as a word that nobody has looked into.
        {"Subject: =?utf-8?q?[se?= =?utf-8?q?al]=3D=3Futf-8=3Fq=3F=5Bseal=5D=3F=3D?=\r\n",
         "Subject: =?utf-8?Q?=3D=3Futf=2D8=3Fq=3F=3F=3D?=\r\n"},
        {"X-SEAL: perhaps\r\n", ""},
    };
    for (const auto& [field, rest] : table)
        BOOST_TEST(without(field) == rest, field);
}

BOOST_AUTO_TEST_CASE(a_line_that_would_become_too_long_is_folded) {
    const std::string word(500, 'x');
    const auto rest = without("Subject: [seal]\r\n " + word + " " + word.substr(0, 490) + "\r\n");
    BOOST_TEST(rest == "Subject: " + word + "\r\n " + word.substr(0, 490) + "\r\n");
}

BOOST_AUTO_TEST_CASE(whatever_a_subject_is_made_of_no_tag_is_left) {
    std::mt19937 random(20261126); // NOLINT(cert-msc32-c,cert-msc51-cpp): the same every time
    const std::string_view pieces[] = {"[seal]",
                                       "[se",
                                       "[ secure",
                                       "mail ]",
                                       "al]",
                                       "[",
                                       "seal]",
                                       " ",
                                       "\r\n ",
                                       "=?utf-8?q?",
                                       "?=",
                                       "=?x?b?",
                                       "=5B",
                                       "=5D",
                                       "!",
                                       "x",
                                       "W3NlYWxd",
                                       "\xC3\xBC",
                                       "#draft#",
                                       "=?utf-8?q?[seal]?=",
                                       "=?utf-8?b?W3NlYWxd?=",
                                       "_",
                                       "\xff"};
    int cut = 0;
    for (int i = 0; i < 20'000; ++i) {
        std::string field = "Subject: x";
        for (auto count = random() % 12; count > 0; --count)
            field += pieces[random() % std::size(pieces)];
        field += "x\r\n";
        const auto section = read_header_section(field);
        if (section.fields.size() != 1 || section.doubtful) continue;
        const auto rest = without_requests(section.fields.front(), known);
        if (!rest) continue;
        ++cut;
        const auto left = read_header_section(*rest);
        BOOST_REQUIRE_MESSAGE(left.fields.size() == 1 && left.body_offset == rest->size(), field);
        const auto text = decode_words(unfolded(left.fields.front()));
        for (const auto& tag : known.tags())
            BOOST_REQUIRE_MESSAGE(!has_tag(text, tag), field << *rest);
    }
    BOOST_TEST(cut > 5'000);
}

BOOST_AUTO_TEST_CASE(a_subject_of_nothing_but_tags_is_cut_in_time) {
    std::string field = "Subject: ";
    for (int i = 0; i < 100'000; ++i)
        field += "[s[seal]eal] ";
    BOOST_TEST(without(field + "\r\n") == "Subject:\r\n");
}

BOOST_AUTO_TEST_CASE(a_message_has_a_mark_in_its_subject_or_its_own_field) {
    const std::pair<field_text, bool> table[] = {
        {{"Subject", "a [SEAL] b"}, true},  {{"subject", "seal"}, false},
        {{"Thread-Topic", "[seal]"}, true}, {{"Comments", "[seal]"}, false},
        {{"x-seal", "no"}, true},           {{"X-Sealed", "yes"}, false},
    };
    for (const auto& [field, has] : table) {
        facts about;
        about.fields = {{"To", "bob"}, field};
        BOOST_TEST(has_request(about, known) == has, field.name << ": " << field.text);
    }
}

BOOST_AUTO_TEST_CASE(every_mark_goes_whatever_the_profile_and_with_off_nothing_else) {
    const std::string_view header = "Subject: [seal] harbour\r\n"
                                    "X-Mailer: a program\r\n"
                                    "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"
                                    "X-Seal: required\r\n"
                                    "SUBJECT: [seal] second\r\n"
                                    "x-seal: never\r\n";
    auto how = taking_out(profile::off);
    how.date = date_form::minute; // does not count
    for (const auto body : {content::kept, content::rewritten})
        BOOST_TEST(cleaned(header, how, body) == "Subject: harbour\r\n"
                                                 "X-Mailer: a program\r\n"
                                                 "Date: Mon, 23 Nov 2026 12:00:07 +0100\r\n"
                                                 "SUBJECT: second\r\n");
    BOOST_TEST(cleaned(header, taking_out(profile::strict)) ==
               "Subject: harbour\r\n"
               "Date: Mon, 23 Nov 2026 11:00:00 +0000\r\n"
               "SUBJECT: second\r\n");
    BOOST_TEST(cleaned("Thread-Topic: [seal]\r\n", taking_out(profile::strict)).empty());
}

BOOST_AUTO_TEST_CASE(a_signature_over_a_mark_goes_and_keeps_nothing) {
    const std::string over_subject = "DKIM-Signature: v=1; h=subject:x-mailer\r\n";
    const std::string over_mailer = "DKIM-Signature: v=1; h=x-mailer\r\n";
    const std::string rest = "X-Mailer: a program\r\nSubject: [seal] harbour\r\n";
    auto how = taking_out(profile::standard);
    for (const auto rule : {signature_rule::drop_stale, signature_rule::keep}) {
        how.dkim = rule;
        BOOST_TEST(cleaned(over_subject + rest, how) == "Subject: harbour\r\n");
    }
    BOOST_TEST(cleaned("DomainKey-Signature: a=rsa\r\n" + rest, how) == "Subject: harbour\r\n");
    // That one is about another field, and stays with it.
    BOOST_TEST(cleaned(over_mailer + rest, how) ==
               over_mailer + "X-Mailer: a program\r\nSubject: harbour\r\n");
    BOOST_TEST(
        cleaned("DKIM-Signature: v=1; h=x-seal\r\nX-Seal: required\r\n", taking_out(profile::off))
            .empty());
}

BOOST_AUTO_TEST_CASE(a_protected_header_shows_no_mark_inside_or_outside) {
    const auto fields =
        cleaned("Subject: [seal] harbour\r\nX-Seal: required\r\nThread-Topic: [seal] harbour\r\n",
                taking_out(profile::off), content::rewritten);
    for (const auto subject : {subject_outside::hidden, subject_outside::shown}) {
        const auto made = protect_header(fields, {protection_policy::baseline, subject}, "b");
        BOOST_TEST(made.before.find("Subject: harbour\r\n") != std::string::npos);
        for (const auto& text : {made.outer, made.before}) {
            BOOST_TEST(text.find("[seal]") == std::string::npos);
            BOOST_TEST(text.find("X-Seal") == std::string::npos);
        }
    }
}

BOOST_AUTO_TEST_CASE(people_are_told_of_it) {
    BOOST_TEST(to_string(taking_out(profile::off)) == "off, requests taken out");
    BOOST_TEST(!taking_out(profile::off).changes_nothing());
}

BOOST_AUTO_TEST_SUITE_END()
