// SPDX-License-Identifier: Apache-2.0
#include "message/header_comparison.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

BOOST_AUTO_TEST_SUITE(header_comparison)

namespace {

std::string crlf(std::string_view text) {
    std::string made;
    for (const char c : text)
        made += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return made;
}

// "Subject: a -> b (inside)", a line each.
std::string told(std::string_view before, std::string_view outside,
                 const std::vector<std::string>& inside = {}) {
    const auto from = crlf(before);
    std::string text;
    for (const auto& one : compare_headers(read_header_section(from), crlf(outside), inside))
        text += one.name + ": " + one.before + " -> " + one.after + " (" +
                std::string{to_string(one.fate)} + (one.inside ? ", inside" : "") + ")\n";
    return text;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_leaves_as_it_came_is_no_change) {
    BOOST_TEST(
        told("From: a@a.example\nSubject: x\n y\n", "From: a@a.example\nSubject: x\n y\n").empty());
}

BOOST_AUTO_TEST_CASE(each_field_is_removed_replaced_or_added) {
    BOOST_TEST(told("X-Mailer: m\nSubject: of\n May\nDate: +0100\n",
                    "Received: by r\nSubject: [...]\nDate: +0100\n") ==
               "X-Mailer: m ->  (removed)\n"
               "Subject: of May -> [...] (replaced)\n"
               "Received:  -> by r (added)\n");
}

BOOST_AUTO_TEST_CASE(of_several_with_one_name_the_one_that_stays_is_found) {
    BOOST_TEST(told("Received: 1\nReceived: 2\nreceived: 3\n", "Received: 2\n") ==
               "Received: 1 ->  (removed)\nreceived: 3 ->  (removed)\n");
    BOOST_TEST(told("Subject: 1\nsubject: 2\n", "Subject: [...]\n") ==
               "Subject: 1 -> [...] (replaced)\nsubject: 2 ->  (removed)\n");
    BOOST_TEST(told("X: 1\nX: 1\n", "X: 1\n") == "X: 1 ->  (removed)\n");
}

BOOST_AUTO_TEST_CASE(what_stands_in_the_sealed_part_is_told) {
    const std::vector<std::string> inside{crlf("Subject: of\n May\nX-Other: 1\n\n--b\n"),
                                          crlf("Content-Type: text/plain\n\n")};
    BOOST_TEST(told("Subject: of\n May\nContent-Type: text/plain\nX-Mailer: m\nOf: May\n",
                    "Subject: [...]\nContent-Type: multipart/encrypted\n", inside) ==
               "Subject: of May -> [...] (replaced, inside)\n"
               "Content-Type: text/plain -> multipart/encrypted (replaced, inside)\n"
               "X-Mailer: m ->  (removed)\n"
               "Of: May ->  (removed)\n");
}

BOOST_AUTO_TEST_CASE(an_mbox_line_has_no_name) {
    BOOST_TEST(told("From a@a.example Thu\nTo: b@b.example\n", "To: b@b.example\n") ==
               ": From a@a.example Thu ->  (removed)\n");
}

BOOST_AUTO_TEST_SUITE_END()
