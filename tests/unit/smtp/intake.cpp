// SPDX-License-Identifier: Apache-2.0
// A message in chunks is held against the same message in one piece: where a chunk ends must make
// no difference, least of all between CR and LF.
#include "smtp/intake.hpp"

#include <boost/test/unit_test.hpp>

#include <string>
#include <string_view>
#include <vector>

using namespace postseal::smtp;

namespace {

struct outcome {
    std::string message; ///< empty where it is refused
    std::string refusal; ///< "550 5.6.0", or nothing
    bool operator==(const outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const outcome& o) {
    for (const char c : o.message)
        out << (c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\0' ? "\\0" : std::string(1, c));
    return out << ' ' << o.refusal;
}

outcome in_chunks(newline_rule rule, const std::vector<std::string_view>& chunks,
                  std::uint64_t limit = 0) {
    intake taking(framing::chunks, rule, limit);
    outcome seen;
    for (const auto chunk : chunks) {
        taking.announce(chunk.size());
        const auto step = taking.feed(chunk, seen.message);
        BOOST_TEST(step.consumed == chunk.size());
        BOOST_TEST(!step.done); // only the client knows
    }
    taking.finish(seen.message);
    if (const auto& no = taking.refusal())
        seen = {{}, std::to_string(no->code) + ' ' + no->enhanced};
    return seen;
}

// The rules, written for clarity.
outcome expected(newline_rule rule, std::string_view message) {
    outcome wanted;
    bool bare = false;
    for (std::size_t i = 0; i < message.size(); ++i) {
        if (message.substr(i, 2) == "\r\n") {
            wanted.message += "\r\n";
            ++i;
        } else if (message[i] == '\r' || message[i] == '\n') {
            bare = true;
            wanted.message += "\r\n";
        } else {
            wanted.message += message[i];
        }
    }
    const bool refused =
        message.find('\0') != std::string_view::npos || (bare && rule == newline_rule::reject);
    if (refused) return {{}, "550 5.6.0"};
    if (!message.empty() && !wanted.message.ends_with("\r\n")) wanted.message += "\r\n";
    return wanted;
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_intake)

BOOST_AUTO_TEST_CASE(where_a_chunk_ends_makes_no_difference) {
    constexpr std::string_view alphabet("\r\n.a\0", 5);
    constexpr std::size_t longest = 5;
    std::size_t count = 1;
    for (std::size_t length = 0; length <= longest; ++length, count *= alphabet.size()) {
        for (std::size_t number = 0; number < count; ++number) {
            std::string text;
            for (std::size_t i = 0, rest = number; i < length; ++i, rest /= alphabet.size())
                text += alphabet[rest % alphabet.size()];
            const std::string_view message = text;
            for (const auto rule : {newline_rule::reject, newline_rule::normalise}) {
                const auto wanted = expected(rule, message);
                BOOST_REQUIRE_EQUAL(in_chunks(rule, {message}), wanted);
                for (std::size_t a = 0; a <= length; ++a)
                    for (std::size_t b = a; b <= length; ++b)
                        BOOST_REQUIRE_EQUAL(
                            in_chunks(rule, {message.substr(0, a), message.substr(a, b - a),
                                             message.substr(b)}),
                            wanted);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_dot_in_a_chunk_is_content) {
    for (const std::string text : {".\r\n", "..\r\n", "a\r\n.\r\n", "\r\n.\r\nMAIL FROM:<a@b>\r\n"})
        BOOST_TEST(in_chunks(newline_rule::reject, {text}).message == text);
}

BOOST_AUTO_TEST_CASE(the_limit_holds_over_all_chunks) {
    const outcome refused{{}, "552 5.3.4"};
    BOOST_CHECK_EQUAL(in_chunks(newline_rule::reject, {"1234\r\n", "78\r\n"}, 10).refusal, "");
    BOOST_CHECK_EQUAL(in_chunks(newline_rule::reject, {"1234\r\n", "789\r\n"}, 10), refused);
    BOOST_CHECK_EQUAL(in_chunks(newline_rule::reject, {"12345678\r\n", "", "1"}, 10), refused);
    BOOST_CHECK_EQUAL(in_chunks(newline_rule::reject, {"123456789"}, 10), refused); // with its CRLF
    BOOST_CHECK_EQUAL(in_chunks(newline_rule::normalise, {"\n\n\n\n\n\n"}, 10), refused);
}

BOOST_AUTO_TEST_CASE(a_chunk_too_large_is_refused_before_it_has_come) {
    intake taking(framing::chunks, newline_rule::reject, 100);
    std::string kept;
    taking.announce(100);
    BOOST_TEST(!taking.refusal().has_value());
    taking.feed(std::string(60, 'a'), kept);
    for (const std::uint64_t octets : {std::uint64_t(41), UINT64_MAX}) {
        auto copy = taking;
        copy.announce(octets);
        BOOST_REQUIRE(copy.refusal().has_value());
        BOOST_TEST(copy.refusal()->code == 552);
    }
}

BOOST_AUTO_TEST_CASE(nothing_is_kept_behind_a_refusal_and_the_first_one_stays) {
    intake taking(framing::chunks, newline_rule::reject, 10);
    std::string kept;
    taking.feed("a\nb", kept);
    taking.feed("clean\r\n", kept);
    taking.announce(1000);
    taking.feed(std::string(1000, '\0'), kept);
    taking.finish(kept);
    BOOST_TEST(kept.empty());
    BOOST_TEST(taking.refusal()->enhanced == "5.6.0");
    BOOST_TEST(taking.refusal()->lines.front().find("CR or LF") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_refused_message_is_read_to_its_end) {
    for (const std::string& before :
         {std::string("a\nb"), std::string(1, '\0'), std::string("0123456789012\r\n")}) {
        intake taking(framing::dots, newline_rule::reject, 10);
        std::string kept;
        BOOST_TEST(!taking.feed(before, kept).done);
        BOOST_TEST(taking.refusal().has_value());
        const auto step = taking.feed("b\r\n.\r\nQUIT\r\n", kept);
        BOOST_TEST(step.done);
        BOOST_TEST(step.consumed == 6U);
    }
}

BOOST_AUTO_TEST_SUITE_END()
