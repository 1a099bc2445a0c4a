// SPDX-License-Identifier: Apache-2.0
#include "message/parts.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

using namespace postseal::message;

namespace {

part_tree parts_of(std::string_view message) {
    return read_parts(message, read_header_section(message));
}

// "type(child child)", a leaf's body in brackets; "!" in front of a part with a doubt.
std::string shown(const part& one) {
    std::string text = (one.doubt.empty() ? "" : "!") + one.type;
    if (one.children.empty()) return text.append("[").append(one.body).append("]");
    text += '(';
    for (const auto& child : one.children) {
        if (&child != &one.children.front()) text += ' ';
        text += shown(child);
    }
    return text + ')';
}

std::size_t count(const part& one) {
    std::size_t all = 1;
    for (const auto& child : one.children) {
        all += count(child);
    }
    return all;
}

const std::string mixed = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(parts_test)

BOOST_AUTO_TEST_CASE(multiparts_are_taken_apart) {
    struct row {
        std::string message;
        std::string_view expected;
    };
    const row table[] = {
        {"", "text/plain[]"},
        {"Subject: x\r\n\r\nhello\r\n", "text/plain[hello\r\n]"},
        {"Content-Type: image/PNG\r\n\r\nx", "image/png[x]"},
        {mixed + "--b\r\n\r\none\r\n--b\r\nContent-Type: a/b\r\n\r\n\r\ntwo\r\n\r\n--b--\r\n",
         "multipart/mixed(text/plain[one] a/b[\r\ntwo\r\n])"},
        {mixed +
             "\r\nThis is a multi-part message in MIME format.\r\n\r\n--b  \r\n\r\none\r\n--b--",
         "multipart/mixed(text/plain[one])"},
        {mixed + "--b\n--b\n\none\n--b--\n", "multipart/mixed(text/plain[] text/plain[one])"},
        {mixed + "--b\r\n\r\n--b\r\n--b--\r\n \r\n", "multipart/mixed(text/plain[] text/plain[])"},
        {mixed + "--b\r\n\r\n x--b\r\n --b\r\n--b--\r\n",
         "multipart/mixed(text/plain[ x--b\r\n --b])"},
        {mixed + "--b\r\nContent-Type: multipart/alternative; boundary=\"c d\"\r\n\r\n"
                 "--c d\r\n\r\none\r\n--c d\r\n\r\ntwo\r\n--c d--\r\n--b\r\n\r\nthree\r\n--b--\r\n",
         "multipart/mixed(multipart/alternative(text/plain[one] text/plain[two]) "
         "text/plain[three])"},
        {"Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\nSubject: x\r\n\r\n--b--\r\n",
         "multipart/digest(message/rfc822[Subject: x\r\n])"},
        {"Content-Type: message/rfc822\r\n\r\n" + mixed + "--b\r\n\r\none\r\n--b--",
         "message/rfc822[Content-Type: multipart/mixed; "
         "boundary=b\r\n\r\n--b\r\n\r\none\r\n--b--]"},
        // doubts
        {mixed + "secret\r\n--b\r\n\r\none\r\n--b--\r\n", "!multipart/mixed(text/plain[one])"},
        {mixed + "--b\r\n\r\none\r\n--b--\r\nsecret", "!multipart/mixed(text/plain[one])"},
        {mixed + "--b\r\n\r\none\r\n", "!multipart/mixed(text/plain[one\r\n])"},
        {mixed + "--b\r\n\r\none\r\n--bb\r\ntwo\r\n--b--",
         "!multipart/mixed(text/plain[one\r\n--bb\r\ntwo])"},
        {mixed + "--b\r\n\r\none\r\n--b--x\r\ntwo\r\n--b--",
         "!multipart/mixed(text/plain[one\r\n--b--x\r\ntwo])"},
        {mixed + "nothing", "!multipart/mixed[nothing]"},
        {"Content-Type: multipart/mixed\r\n\r\nx", "!multipart/mixed[x]"},
        {"Content-Type: multipart/mixed; boundary=\"\"\r\n\r\nx", "!multipart/mixed[x]"},
        {"Content-Type: multipart/mixed; boundary*=us-ascii''b\r\n\r\n--b\r\n\r\n1\r\n--b--",
         "!multipart/mixed(text/plain[1])"},
        {"Content-Type: multipart/mixed; boundary*=us-ascii''%0Ab\r\n\r\n--\nb\r\n\r\n1\r\n",
         "!multipart/mixed[--\nb\r\n\r\n1\r\n]"},
        {"Content-Type: multipart/mixed; boundary=\" b\"\r\n\r\n-- b\r\n\r\n1\r\n-- b--",
         "!multipart/mixed(text/plain[1])"},
        {"Content-Transfer-Encoding: base64\r\n" + mixed + "--b\r\n\r\none\r\n--b--",
         "!multipart/mixed(text/plain[one])"},
        {"Content-Type: text\r\n\r\nx", "!text/plain[x]"},
        {"Content-Type: a/b\r\nContent-Type: c/d\r\n\r\nx", "!a/b[x]"},
        {"Content-Transfer-Encoding: 7bit\r\nContent-Transfer-Encoding: 7bit\r\n\r\nx",
         "!text/plain[x]"},
        {"Content-Transfer-Encoding: rot13\r\n\r\nx", "!text/plain[x]"},
        {"Content-Disposition: a; b=c d\r\n\r\nx", "!text/plain[x]"},
        {mixed + "--b\r\nno header\r\n--b--", "multipart/mixed(!text/plain[no header])"},
    };
    for (const auto& [message, expected] : table) {
        BOOST_TEST_CONTEXT(message) { BOOST_TEST(shown(parts_of(message).root) == expected); }
    }
}

BOOST_AUTO_TEST_CASE(boundaries_longer_than_the_specification_allows_are_not_searched) {
    const auto with = [](std::size_t size) {
        const std::string boundary(size, 'b');
        return "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary +
               "\r\n\r\none\r\n--" + boundary + "--\r\n";
    };
    BOOST_TEST(parts_of(with(max_boundary)).root.children.size() == 1u);
    const auto longer = with(max_boundary + 1);
    const auto tree = parts_of(longer);
    BOOST_TEST(tree.root.children.empty());
    BOOST_TEST(!tree.root.doubt.empty());
}

BOOST_AUTO_TEST_CASE(parts_beyond_the_limit_are_not_looked_at) {
    std::string message = mixed;
    for (std::size_t i = 0; i < 5 * max_parts; ++i) {
        message += "--b\r\n\r\nx\r\n";
    }
    message += "--b--\r\n";
    const auto tree = parts_of(message);
    BOOST_TEST(count(tree.root) == max_parts);
    BOOST_TEST(tree.root.doubt == "more parts than we look at");
}

BOOST_AUTO_TEST_CASE(a_limit_met_exactly_is_no_doubt) {
    std::string message = mixed;
    for (std::size_t i = 1; i < max_parts; ++i) {
        message += "--b\r\n\r\nx\r\n";
    }
    message += "--b--\r\n";
    const auto tree = parts_of(message);
    BOOST_TEST(count(tree.root) == max_parts);
    BOOST_TEST(tree.root.doubt.empty());
}

BOOST_AUTO_TEST_CASE(nesting_ends_at_the_limit_and_says_so) {
    std::string message;
    for (int i = 0; i < 5000; ++i) {
        const auto boundary = "b" + std::to_string(i) + "e";
        message += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary +
                   "\r\n";
    }
    const auto tree = parts_of(message);
    const auto* deepest = &tree.root;
    std::size_t depth = 0;
    for (; !deepest->children.empty(); ++depth) {
        deepest = &deepest->children.front();
    }
    BOOST_TEST(depth == max_depth);
    BOOST_TEST(deepest->doubt == "parts nested deeper than we look");
    BOOST_TEST(tree.octets_searched <= max_depth * message.size());
}

BOOST_AUTO_TEST_CASE(the_work_is_linear_in_the_size_whatever_the_boundaries_are) {
    // The same boundary at every level; lines that are nearly boundaries; boundaries of dashes.
    const std::string boundaries[] = {"b", std::string(max_boundary, '-'),
                                      std::string(max_boundary - 1, '-') + "b"};
    const std::string fillings[] = {"--b\r\n", "--b", "\r\n--", std::string(70, '-') + "\n", "-"};
    for (const auto& boundary : boundaries) {
        for (const auto& filling : fillings) {
            std::string message;
            for (std::size_t i = 0; i <= max_depth; ++i) {
                message += "Content-Type: multipart/mixed; boundary=\"" + boundary +
                           "\"\r\n\r\n--" + boundary + "\r\n";
            }
            while (message.size() < 1'000'000) {
                message += filling;
            }
            const auto tree = parts_of(message);
            BOOST_TEST(tree.octets_searched <= max_depth * message.size());
            BOOST_TEST(count(tree.root) <= max_parts);
        }
    }
}

BOOST_AUTO_TEST_CASE(one_level_is_searched_once) {
    std::string message = mixed + "--b\r\nContent-Type: application/pdf\r\n\r\n";
    message += std::string(1'000'000, 'A') + "\r\n--b--\r\n";
    BOOST_TEST(parts_of(message).octets_searched <= message.size());
}

BOOST_AUTO_TEST_CASE(a_part_with_an_endless_header_section_is_left_closed) {
    std::string message = mixed + "--b\r\nContent-Type: text/plain\r\n";
    while (message.size() < 1'000'000) {
        message += "X: y\r\n";
    }
    message += "\r\nhello\r\n--b--\r\n";
    const auto tree = parts_of(message);
    BOOST_REQUIRE(tree.root.children.size() == 1u);
    BOOST_TEST(tree.root.children[0].doubt == "a part's header section larger than we read");
}

BOOST_AUTO_TEST_CASE(bodies_are_views_into_the_message) {
    const auto message = mixed + "--b\r\n\r\none\r\n--b--\r\n";
    const auto tree = parts_of(message);
    const auto body = tree.root.children.at(0).body;
    BOOST_TEST((body.data() >= message.data() && body.data() < message.data() + message.size()));
}

BOOST_AUTO_TEST_SUITE_END()
