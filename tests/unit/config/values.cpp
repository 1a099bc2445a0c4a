// SPDX-License-Identifier: Apache-2.0
#include "config/values.hpp"

#include <boost/test/unit_test.hpp>

namespace postseal::config {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(values)

BOOST_AUTO_TEST_CASE(a_duration_is_a_whole_number_with_a_unit) {
    struct {
        std::string_view text;
        std::optional<std::chrono::milliseconds> expected;
    } const table[] = {
        {"500ms", 500ms},
        {"5s", 5s},
        {"2m", 2min},
        {"1h", 1h},
        {"7d", 168h},
        {"0s", 0s},
        {"", {}},
        {"5", {}},
        {"s", {}},
        {"5 s", {}},
        {" 5s", {}},
        {"-5s", {}},
        {"+5s", {}},
        {"1.5s", {}},
        {"5sec", {}},
        {"5S", {}},
        {"1s500ms", {}},
        {"99999999999999999999s", {}},
        {"9223372036854775807d", {}},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.text) { BOOST_CHECK(parse_duration(row.text) == row.expected); }
    }
}

BOOST_AUTO_TEST_CASE(a_size_is_octets_or_a_binary_unit) {
    struct {
        std::string_view text;
        std::optional<std::uint64_t> expected;
    } const table[] = {
        {"0", 0},
        {"1024", 1024},
        {"64KiB", 65536},
        {"50MiB", 52428800},
        {"1GiB", 1ULL << 30},
        {"", {}},
        {"MiB", {}},
        {"50MB", {}},
        {"50M", {}},
        {"50mib", {}},
        {"5 MiB", {}},
        {"-1", {}},
        {"0x10", {}},
        {"1e6", {}},
        {"18446744073709551615GiB", {}},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.text) { BOOST_CHECK(parse_size(row.text) == row.expected); }
    }
}

BOOST_AUTO_TEST_CASE(an_endpoint_has_one_reading) {
    struct {
        std::string_view text, host;
        int port; // 0: refused
    } const table[] = {
        {"127.0.0.1:10025", "127.0.0.1", 10025},
        {"[::1]:25", "::1", 25},
        {"[2001:db8::5]:65535", "2001:db8::5", 65535},
        {"mail.example.org:25", "mail.example.org", 25},
        {"localhost:25", "localhost", 25},
        {"::1:25", "", 0},
        {"[127.0.0.1]:25", "", 0},
        {"[::1]", "", 0},
        {"[]:25", "", 0},
        {"[example.org]:25", "", 0},
        {"127.0.0.1", "", 0},
        {"127.0.0.1:", "", 0},
        {"127.0.0.1:0", "", 0},
        {"127.0.0.1:65536", "", 0},
        {"127.0.0.1:25x", "", 0},
        {"127.0.0.1:-1", "", 0},
        {"127.0.0.1/8:25", "", 0},
        {"127.0.0.400:25", "", 0},
        {"127.1:25", "", 0},
        {":25", "", 0},
        {"-a.example:25", "", 0},
        {"a..example:25", "", 0},
        {"a.example.:25", "", 0},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.text) {
            const auto read = parse_endpoint(row.text);
            BOOST_TEST(read.has_value() == (row.port != 0));
            if (!read) continue;
            BOOST_TEST(read->host == row.host);
            BOOST_TEST(read->port == row.port);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_nearest_word_is_suggested_and_a_far_one_is_not) {
    const std::vector<std::string> allowed{"never", "opportunistic", "required", "local_domains"};
    struct {
        std::string_view written, expected;
    } const table[] = {
        {"requird", "; did you mean 'required'?"},
        {"erquired", "; did you mean 'required'?"},
        {"Never", "; did you mean 'never'?"},
        {"local-domains", "; did you mean 'local_domains'?"},
        {"oportunistik", "; did you mean 'opportunistic'?"},
        {"always", ""},
        {"", ""},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.written) {
            BOOST_TEST(did_you_mean(row.written, allowed) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_swap_of_neighbours_is_one_slip) {
    BOOST_TEST(edit_distance("", "") == 0U);
    BOOST_TEST(edit_distance("abc", "") == 3U);
    BOOST_TEST(edit_distance("", "abc") == 3U);
    BOOST_TEST(edit_distance("abc", "abc") == 0U);
    BOOST_TEST(edit_distance("acb", "abc") == 1U);
    BOOST_TEST(edit_distance("abd", "abc") == 1U);
    BOOST_TEST(edit_distance("ab", "abc") == 1U);
    BOOST_TEST(edit_distance("xyz", "abc") == 3U);
}

BOOST_AUTO_TEST_CASE(a_note_may_be_folded_over_several_lines) {
    const source from("policy.yaml", "note: >\n  call us,\n  or write\n");
    const auto read = parse_yaml(from);
    BOOST_TEST(read_note(from, read.entries.at(0).value) == "call us, or write");
    BOOST_CHECK_THROW((void)read_text(from, read.entries.at(0).value), error);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
