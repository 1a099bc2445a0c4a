// SPDX-License-Identifier: Apache-2.0
// The reader is held against a second one that is written for clarity: it sees all input at once,
// looks for CRLF.CRLF as a string, and cuts lines afterwards.
#include "smtp/data_reader.hpp"

#include <boost/test/unit_test.hpp>

#include <random>
#include <string>
#include <string_view>
#include <vector>

using namespace postseal::smtp;

namespace {

constexpr std::string_view end_of_data = "\r\n.\r\n";

struct outcome {
    std::string message;
    std::size_t consumed = 0;
    bool done = false;
    bool bare_newline = false;
    bool nul = false;
    bool operator==(const outcome&) const = default;
};

std::ostream& operator<<(std::ostream& out, const outcome& o) {
    for (const char c : o.message)
        out << (c == '\r' ? "\\r" : c == '\n' ? "\\n" : c == '\0' ? "\\0" : std::string(1, c));
    return out << " consumed=" << o.consumed << " done=" << o.done << " bare=" << o.bare_newline
               << " nul=" << o.nul;
}

// Feeds `pieces`, as the relay does: what a step leaves over is not offered again.
outcome read(newline_rule rule, const std::vector<std::string_view>& pieces) {
    data_reader reader(rule);
    outcome seen;
    for (const auto piece : pieces) {
        const auto step = reader.feed(piece, seen.message);
        seen.consumed += step.consumed;
        seen.done = step.done;
        if (step.done) break;
    }
    seen.bare_newline = reader.saw_bare_newline();
    seen.nul = reader.saw_nul();
    return seen;
}

// A dot that stands alone before a line end of any kind is no stuffing.
std::string without_stuffing(std::string_view line) {
    const bool stuffed =
        line.size() > 1 && line.front() == '.' && line[1] != '\r' && line[1] != '\n';
    return std::string(stuffed ? line.substr(1) : line);
}

// Lines without their ends, the one behind the last line end included.
std::vector<std::string_view> split(std::string_view text, newline_rule rule, bool& bare) {
    std::vector<std::string_view> lines;
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const bool crlf = text.substr(i, 2) == "\r\n";
        if (!crlf && text[i] != '\r' && text[i] != '\n') continue;
        bare = bare || !crlf;
        if (crlf || rule == newline_rule::normalise) {
            lines.push_back(text.substr(start, i - start));
            start = i + (crlf ? 2 : 1);
        }
        if (crlf) ++i;
    }
    lines.push_back(text.substr(start));
    return lines;
}

outcome expected(newline_rule rule, std::string_view input) {
    outcome result;
    const auto from_start = std::string("\r\n") + std::string(input); // the CRLF of DATA itself
    const auto end = from_start.find(end_of_data);
    const auto text = std::string_view(from_start).substr(2, end);
    result.done = true;
    result.consumed = end + end_of_data.size() - 2;
    result.nul = text.find('\0') != std::string_view::npos;
    const auto lines = split(text, rule, result.bare_newline);
    for (std::size_t i = 0; i < lines.size(); ++i) {
        result.message += without_stuffing(lines[i]);
        if (i + 1 < lines.size()) result.message += "\r\n";
    }
    return result;
}

std::string written(std::string_view message, std::size_t piece = std::string::npos) {
    data_writer writer;
    std::string wire;
    while (!message.empty()) {
        const auto part = message.substr(0, piece);
        writer.write(part, wire);
        message.remove_prefix(part.size());
    }
    writer.finish(wire);
    return wire;
}

// Every end of data that any server has ever been found to accept: a dot alone between line ends of
// whatever kind.
std::size_t count_of_ends(std::string_view wire) {
    const auto ends_line = [](char c) { return c == '\r' || c == '\n'; };
    std::size_t ends = wire.size() > 1 && wire[0] == '.' && ends_line(wire[1]) ? 1 : 0;
    for (std::size_t i = 1; i + 1 < wire.size(); ++i)
        if (wire[i] == '.' && ends_line(wire[i - 1]) && ends_line(wire[i + 1])) ++ends;
    return ends;
}

// All strings of up to `longest` octets out of those that matter.
template<typename Visit>
void for_each_string(std::size_t longest, Visit visit) {
    constexpr std::string_view alphabet("\r\n.a\0", 5);
    std::vector<std::size_t> digits;
    std::string text;
    for (std::size_t length = 0; length <= longest; ++length) {
        digits.assign(length, 0);
        for (bool more = true; more;) {
            text.clear();
            for (const auto digit : digits)
                text += alphabet[digit];
            visit(text);
            more = false;
            for (auto& digit : digits) {
                if (++digit < alphabet.size()) {
                    more = true;
                    break;
                }
                digit = 0;
            }
        }
    }
}

const std::vector<newline_rule> both_rules = {newline_rule::reject, newline_rule::normalise};

} // namespace

BOOST_AUTO_TEST_SUITE(message_data)

BOOST_AUTO_TEST_CASE(only_crlf_dot_crlf_ends_a_message) {
    for (const auto rule : both_rules) {
        for (const std::string_view line_end : {"\r\n", "\n", "\r"}) {
            for (const std::string_view dot_end : {"\r\n", "\n", "\r"}) {
                const bool is_end = line_end == "\r\n" && dot_end == "\r\n";
                std::string input = "text";
                input.append(line_end).append(".").append(dot_end).append("MAIL FROM:<a@b>");
                const auto seen = read(rule, {input});
                BOOST_TEST(seen.done == is_end);
                BOOST_TEST(seen.bare_newline == !is_end);
                if (is_end) {
                    BOOST_TEST(input.substr(seen.consumed) == "MAIL FROM:<a@b>");
                }
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(every_short_input_split_at_every_position_is_read_as_by_the_plain_reader) {
    std::size_t failures = 0;
    for_each_string(6, [&](const std::string& text) {
        const auto input = text + std::string(end_of_data) + ".next";
        const std::string_view all = input;
        for (const auto rule : both_rules) {
            const auto wanted = expected(rule, input);
            for (std::size_t cut = 0; cut <= text.size() + end_of_data.size(); ++cut) {
                const auto seen = read(rule, {all.substr(0, cut), all.substr(cut)});
                if (seen == wanted) continue;
                if (++failures < 10) BOOST_ERROR(seen << " but expected " << wanted);
            }
        }
    });
    BOOST_TEST(failures == 0);
}

BOOST_AUTO_TEST_CASE(octet_by_octet_nothing_changes) {
    const std::string input = "a\r\n..b\r\n\r\nc\n.\nd\r.\re\r\n.\nf\r\n.\r.\r\n.\r\nQUIT";
    std::vector<std::string_view> octets;
    for (std::size_t i = 0; i < input.size(); ++i)
        octets.push_back(std::string_view(input).substr(i, 1));
    for (const auto rule : both_rules)
        BOOST_TEST(read(rule, octets) == expected(rule, input));
}

BOOST_AUTO_TEST_CASE(normalised_line_ends_are_line_ends_but_no_part_of_the_end) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"a\nb\rc\r\n", "a\r\nb\r\nc\r\n"},   {"a\n\rb\r\n", "a\r\n\r\nb\r\n"},
        {"a\r\r\nb\r\n", "a\r\n\r\nb\r\n"},   {"a\n..b\r\n", "a\r\n.b\r\n"},
        {"a\n.\nb\r\n", "a\r\n.\r\nb\r\n"},   {"a\r\n.\rb\r\n", "a\r\n.\r\nb\r\n"},
        {"a\n.\r\nb\r\n", "a\r\n.\r\nb\r\n"},
    };
    for (const auto& [input, message] : table) {
        const auto seen = read(newline_rule::normalise, {input + ".\r\n"});
        BOOST_TEST(seen.done);
        BOOST_TEST(seen.message == message);
    }
}

BOOST_AUTO_TEST_CASE(whatever_comes_in_only_one_end_of_any_kind_goes_out) {
    std::size_t failures = 0;
    for_each_string(7, [&](const std::string& text) {
        for (const auto rule : both_rules) {
            const auto seen = read(rule, {text + std::string(end_of_data)});
            const auto wire = written(seen.message);
            if (count_of_ends(wire) != 1 || !wire.ends_with(".\r\n")) ++failures;
        }
    });
    BOOST_TEST(failures == 0);
}

BOOST_AUTO_TEST_CASE(a_normalised_message_has_no_lone_line_end_left) {
    for_each_string(6, [&](const std::string& text) {
        const auto seen = read(newline_rule::normalise, {text + std::string(end_of_data)});
        bool bare = false;
        split(seen.message, newline_rule::normalise, bare);
        if (bare) BOOST_ERROR("a lone line end is left: " << seen);
    });
}

BOOST_AUTO_TEST_CASE(the_reader_takes_nothing_behind_the_end) {
    data_reader reader(newline_rule::reject);
    std::string message;
    BOOST_TEST(reader.feed("", message).consumed == 0U);
    const auto first = reader.feed(std::string_view(".\r\n\0\n", 5), message);
    BOOST_TEST(first.done);
    BOOST_TEST(first.consumed == 3U);
    const auto second = reader.feed("more\r\n", message);
    BOOST_TEST(second.done);
    BOOST_TEST(second.consumed == 0U);
    BOOST_TEST(message.empty());
    BOOST_TEST(!reader.saw_nul()); // it stands behind the end, in what is no part of the message
    BOOST_TEST(!reader.saw_bare_newline());
}

BOOST_AUTO_TEST_CASE(the_writer_stuffs_dots_and_completes_the_last_line) {
    const std::vector<std::pair<std::string, std::string>> table = {
        {"", ".\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {"a", "a\r\n.\r\n"},
        {".", "..\r\n.\r\n"},
        {"..\r\n.a.b\r\n", "...\r\n..a.b\r\n.\r\n"},
        {"a\n.b\r\n", "a\n..b\r\n.\r\n"}, // a lax next hop shall find no end here
        {"a\r.b\r\n", "a\r..b\r\n.\r\n"},
        {"a\n", "a\n\r\n.\r\n"},
        {"\r\n", "\r\n.\r\n"},
    };
    for (const auto& [message, wire] : table) {
        BOOST_TEST(written(message) == wire);
        BOOST_TEST(written(message, 1) == wire);
    }
}

BOOST_AUTO_TEST_CASE(what_is_written_is_read_back_whatever_the_pieces) {
    std::mt19937 random(20240611);
    const std::vector<std::string> words = {
        "\r\n", "\r\n.", ".", "..", "a", "long words here", "\xc3\xa4", "=20", "\r\n\r\n"};
    for (int round = 0; round < 2000; ++round) {
        std::string message;
        for (auto left = random() % 60; left > 0; --left)
            message += words[random() % words.size()];
        const auto wire = written(message, 1 + random() % 40);
        if (!message.empty() && !message.ends_with("\r\n")) message += "\r\n";
        std::vector<std::string_view> pieces;
        for (std::string_view rest = wire; !rest.empty();) {
            pieces.push_back(rest.substr(0, 1 + random() % 40));
            rest.remove_prefix(pieces.back().size());
        }
        const auto seen = read(newline_rule::reject, pieces);
        BOOST_REQUIRE(seen.done);
        BOOST_REQUIRE(seen.message == message);
        BOOST_REQUIRE(seen.consumed == wire.size());
        BOOST_REQUIRE(!seen.bare_newline);
    }
}

// Searching the rest of the piece anew for each of them would take hours.
BOOST_AUTO_TEST_CASE(megabytes_of_lone_line_ends_take_linear_time) {
    for (const char octet : {'\r', '\n', '.'}) {
        const std::string input(4U << 20U, octet);
        for (const auto rule : both_rules) {
            const auto seen = read(rule, {input});
            BOOST_TEST(!seen.done);
            BOOST_TEST(written(seen.message).size() >= input.size() - 1);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
