// SPDX-License-Identifier: Apache-2.0
#include "message/date.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::message;

BOOST_AUTO_TEST_SUITE(date)

BOOST_AUTO_TEST_CASE(dates_of_mail_programs_are_read) {
    struct row {
        std::string_view text;
        std::string_view utc;
    };
    const row rows[] = {
        {"Mon, 23 Nov 2026 12:00:07 +0100", "Mon, 23 Nov 2026 11:00:07 +0000"},
        {" Mon,\r\n 23 Nov 2026 12:00:07\t+0100 (CET)", "Mon, 23 Nov 2026 11:00:07 +0000"},
        {"23 Nov 2026 12:00 +0100", "Mon, 23 Nov 2026 11:00:00 +0000"},
        {"Sun, 1 Jan 2023 00:30:00 +0530", "Sat, 31 Dec 2022 19:00:00 +0000"},
        {"Sat, 31 Dec 2022 23:30:00 -0800", "Sun, 01 Jan 2023 07:30:00 +0000"},
        {"thu, 29 FEB 2024 1:2:3 gmt", "Thu, 29 Feb 2024 01:02:03 +0000"},
        {"Fri, 21 Nov 97 09(comment):   55  :  06 -0600", "Fri, 21 Nov 1997 15:55:06 +0000"},
        {"1 Feb 03 10:00 EST", "Sat, 01 Feb 2003 15:00:00 +0000"},
        {"1 Feb 103 10:00 PDT", "Sat, 01 Feb 2003 17:00:00 +0000"},
        {"1 Feb 2003 10:00 Z", "Sat, 01 Feb 2003 10:00:00 +0000"},
        {"Mon, 31 Dec 1900 23:59:60 +0000", "Tue, 01 Jan 1901 00:00:00 +0000"},
        {"(a (nested\\) one)) 1 Feb 2003 10:00 -0000", "Sat, 01 Feb 2003 10:00:00 +0000"},
    };
    for (const auto& one : rows) {
        BOOST_TEST_CONTEXT(one.text) {
            const auto time = parse_date(one.text);
            BOOST_REQUIRE(time);
            BOOST_TEST(format_date(*time) == one.utc);
            BOOST_TEST(parse_date(one.utc).value() == *time);
        }
    }
    BOOST_TEST(parse_date("Thu, 1 Jan 1970 00:00:00 +0000").value() == 0);
}

BOOST_AUTO_TEST_CASE(what_is_no_date_is_nothing) {
    const std::string_view texts[] = {
        "",
        "now",
        "2026-11-23T12:00:00Z",
        "Mon 23 Nov 2026 12:00:00 +0000",
        "Mon, 23 Nov 2026 12:00:00",
        "Mon, 23 Nov 2026 12:00:00 +01",
        "Mon, 23 Nov 2026 12:00:00 +0160",
        "Mon, 23 Nov 2026 12:00:00 +0100 2",
        "Mon, 23 Nov 2026 24:00:00 +0000",
        "Mon, 23 Nov 2026 12:60:00 +0000",
        "Mon, 23 Nov 2026 12:00:61 +0000",
        "Mon, 23 Nov 2026 12 +0000",
        "Mon, 29 Feb 2023 12:00:00 +0000",
        "Mon, 31 Nov 2026 12:00:00 +0000",
        "Mon, 0 Nov 2026 12:00:00 +0000",
        "Mon, 23 Foo 2026 12:00:00 +0000",
        "Mon, 23 Nov 20260 12:00:00 +0000",
        "Mon, 23 Nov 1899 12:00:00 +0000",
        "Mon, 23 Nov 2026 12:00:00 +0000 (open",
        "Mon, 99999999999999999999 Nov 2026 12:00:00 +0000",
        "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17",
        "\xC3\xA4",
    };
    for (const auto text : texts) {
        BOOST_TEST_CONTEXT(text) { BOOST_TEST(!parse_date(text)); }
    }
}

BOOST_AUTO_TEST_SUITE_END()
