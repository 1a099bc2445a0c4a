// SPDX-License-Identifier: Apache-2.0
#include "message/attachment.hpp"

#include "message/facts.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

std::string crlf(const std::string& text) {
    std::string made;
    for (const char c : text)
        made += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return made;
}

// A text, and beside it one more part with these fields.
facts with_part(const std::string& fields, const std::string& multipart = "mixed") {
    return classify(crlf("From: anna@example.org\nContent-Type: multipart/" + multipart +
                         "; boundary=b\n\n--b\nContent-Type: text/plain\n\nHello\n--b\n" + fields +
                         "\n\nx\n--b--\n"));
}

} // namespace

BOOST_AUTO_TEST_SUITE(attachment)

BOOST_AUTO_TEST_CASE(what_a_reader_shows_with_a_paper_clip_is_one) {
    struct {
        std::string fields;
        bool expected;
    } const table[] = {
        {"Content-Type: application/pdf; name=a.pdf", true},
        {"Content-Type: application/octet-stream", true},
        {"Content-Type: text/plain\nContent-Disposition: attachment", true},
        {"Content-Type: text/plain; name=\"notes.txt\"", true},
        {"Content-Type: text/html\nContent-Disposition: inline; filename=page.html", true},
        {"Content-Type: message/rfc822", true},
        {"Content-Type: image/png; name=chart.png", true},
        {"Content-Type: image/png\nContent-Disposition: attachment", true},
        {"Content-Type: application/ms-tnef; name=winmail.dat", true},
        {"Content-Type: text/html", false},
        {"Content-Type: image/png; name=logo.png\nContent-Disposition: inline", false},
        {"Content-Type: application/pgp-signature; name=signature.asc", false},
        {"Content-Type: application/pkcs7-signature; name=smime.p7s\n"
         "Content-Disposition: attachment; filename=smime.p7s",
         false},
    };
    for (const auto& row : table)
        BOOST_TEST(with_part(row.fields).attachment == row.expected, row.fields);
}

BOOST_AUTO_TEST_CASE(a_file_alone_is_one_and_a_letter_is_none) {
    BOOST_TEST(classify(crlf("Content-Type: application/pdf\n\n%PDF\n")).attachment);
    BOOST_TEST(!classify(crlf("From: anna@example.org\n\nHello\n")).attachment);
    BOOST_TEST(!classify(crlf("Content-Type: text/html\n\n<p>Hello\n")).attachment);
}

BOOST_AUTO_TEST_CASE(the_fields_are_told_in_their_order_unfolded) {
    const auto known = classify(crlf("Subject: one\n  two\nX-A:b\nsubject: three\n\nHello\n"));
    BOOST_REQUIRE_EQUAL(known.fields.size(), 3U);
    BOOST_TEST(known.fields[0].name == "Subject");
    BOOST_TEST(known.fields[0].text == "one  two");
    BOOST_TEST(known.fields[1].text == "b");
    BOOST_TEST(known.fields[2].name == "subject");
}

BOOST_AUTO_TEST_SUITE_END()
