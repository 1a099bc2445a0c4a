// SPDX-License-Identifier: Apache-2.0
#include "relay/report.hpp"

#include "message/date.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::relay;
using namespace std::chrono_literals;

namespace {

const std::chrono::sys_seconds start{1'764'000'000s};
constexpr std::string_view copy =
    "From: anna@example.org\r\nSubject: Plans\r\nUser-Agent: Program\r\n\r\nSECRET body\r\n";

settings house() {
    settings made;
    made.hostname = "relay.example.org";
    made.postmaster = {"postmaster", "example.org"};
    made.policy.local_domains = {"example.org"};
    return made;
}

spool_entry entry_of(std::vector<owed_recipient> recipients) {
    spool_entry made;
    made.id = "bcdfghjkmnpqrstv";
    made.message = "BCDF23456789bcdf";
    made.arrived = start;
    made.expires = start + 48h;
    made.sender = smtp::mailbox{"anna", "example.org"};
    made.recipients = std::move(recipients);
    return made;
}

owed_recipient recipient(std::string name, debt owed, std::string said, speaker by,
                         std::string notify = {}) {
    owed_recipient made{{{std::move(name), "example.net"}, {}}, owed, std::move(said), by};
    if (!notify.empty()) made.to.parameters.push_back({"NOTIFY", notify});
    return made;
}

bool holds(const written_report& made, std::string_view what) {
    return made.report && made.report->text.find(what) != std::string::npos;
}

} // namespace

BOOST_AUTO_TEST_SUITE(reports)

BOOST_AUTO_TEST_CASE(a_failure_is_told_of_those_who_owe_a_report_and_of_nobody_else) {
    const auto entry = entry_of({
        recipient("r0", debt::report, "550 5.1.1 No such user", speaker::server),
        recipient("r1", debt::delivery, "451 4.3.0 Later", speaker::server),
        recipient("r2", debt::report, "451 4.4.0 Our words", speaker::relay),
        recipient("r3", debt::report, "550 5.1.1 Nobody", speaker::server, "NEVER"),
    });
    const auto made = write_report(house(), entry, copy, report_about::outcome, start + 49h);
    BOOST_TEST_REQUIRE(made.report.has_value());
    BOOST_TEST(smtp::to_string(made.report->to) == "anna@example.org");
    BOOST_TEST(holds(made, "Final-Recipient: rfc822; r0@example.net\r\n"));
    BOOST_TEST(holds(made, "Diagnostic-Code: smtp; 550 5.1.1 No such user\r\n"));
    BOOST_TEST(holds(made, "Final-Recipient: rfc822; r2@example.net\r\n"));
    BOOST_TEST(holds(made, "Status: 4.4.7\r\n")); // expired
    BOOST_TEST(!holds(made, "r1@example.net"));
    BOOST_TEST(!holds(made, "r3@example.net"));
    BOOST_TEST_REQUIRE(made.silent.size() == 1U);
    BOOST_TEST(made.silent[0].recipient == 3U);
    BOOST_TEST(holds(made, "Subject: Plans\r\n"));
    BOOST_TEST(!holds(made, "SECRET"));
    BOOST_TEST(!holds(made, "User-Agent"));
    BOOST_TEST(holds(made, "postmaster@example.org"));
    BOOST_TEST(!made.report->smtputf8);
}

BOOST_AUTO_TEST_CASE(a_copy_that_went_where_nobody_tells_is_told_as_passed_on) {
    const auto entry = entry_of({
        recipient("r0", debt::notice, "250 2.0.0 Ok", speaker::server, "SUCCESS"),
        recipient("r1", debt::delivery, "451 4.3.0 Later", speaker::server, "SUCCESS"),
    });
    const auto made = write_report(house(), entry, copy, report_about::outcome, start);
    BOOST_TEST(holds(made, "Action: relayed\r\n"));
    BOOST_TEST(!holds(made, "r1@example.net"));
}

BOOST_AUTO_TEST_CASE(a_delay_is_told_to_who_asked_for_it) {
    const auto entry = entry_of({
        recipient("r0", debt::delivery, "451 4.3.0 Later", speaker::server, "DELAY"),
        recipient("r1", debt::delivery, "451 4.3.0 Later", speaker::server),
        recipient("r2", debt::report, "550 No", speaker::server, "DELAY"),
    });
    const auto made = write_report(house(), entry, copy, report_about::delay, start + 5h);
    BOOST_TEST(holds(made, "Action: delayed\r\n"));
    BOOST_TEST(holds(made, "r0@example.net"));
    BOOST_TEST(!holds(made, "r1@example.net"));
    BOOST_TEST(!holds(made, "r2@example.net"));
    BOOST_TEST(made.silent.empty());
}

BOOST_AUTO_TEST_CASE(of_held_mail_the_end_of_its_hold_is_told) {
    auto entry =
        entry_of({recipient("r0", debt::delivery, "451 4.4.3 Later", speaker::relay, "DELAY")});
    entry.copy = spooled_copy::held;
    const auto today = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    entry.held.until = today + 24h;
    entry.expires = today + 72h;
    const auto until = [&](std::chrono::sys_seconds end) {
        return "Will-Retry-Until: " + message::format_date(end.time_since_epoch().count());
    };
    const auto made = write_report(house(), entry, copy, report_about::delay, today);
    BOOST_TEST(holds(made, until(today + 24h)));
    entry.held.until = today - 1h; // its key is there, and the next hop away
    BOOST_TEST(
        holds(write_report(house(), entry, copy, report_about::delay, today), until(today + 72h)));
}

// As the policy saw it when the mail was taken: an address has one spelling there.
BOOST_AUTO_TEST_CASE(a_sender_of_a_local_domain_in_other_letters_is_told) {
    auto current = house();
    current.policy.local_domains = {"xn--bcher-kva.example"};
    auto entry = entry_of({recipient("r0", debt::report, "550 5.7.5 No key", speaker::relay)});
    entry.sender = smtp::mailbox{"anna", "bücher.example"};
    const auto made = write_report(current, entry, copy, report_about::outcome, start);
    BOOST_TEST_REQUIRE(made.report.has_value());
    BOOST_TEST(smtp::to_string(made.report->to) == "anna@bücher.example");
}

BOOST_AUTO_TEST_CASE(nobody_outside_the_house_is_written_to) {
    auto entry = entry_of({recipient("r0", debt::report, "550 No", speaker::server)});
    entry.sender = smtp::mailbox{"someone", "elsewhere.example"};
    const auto foreign = write_report(house(), entry, copy, report_about::outcome, start);
    BOOST_TEST(!foreign.report);
    BOOST_TEST(foreign.silent.size() == 1U);
    entry.sender.reset();
    BOOST_TEST(!write_report(house(), entry, copy, report_about::outcome, start).report);
}

BOOST_AUTO_TEST_CASE(a_report_is_protected_as_its_mail_was_where_that_is_possible) {
    auto entry = entry_of({recipient("r0", debt::report, "550 No", speaker::server)});
    entry.parameters.push_back({"REQUIRETLS", {}});
    const auto made = write_report(house(), entry, copy, report_about::outcome, start);
    BOOST_TEST_REQUIRE(made.report.has_value());
    smtp::extensions offered;
    BOOST_TEST(parameters_of(*made.report, offered).empty());
    offered.requiretls = true;
    const std::vector<smtp::parameter> asked{{"REQUIRETLS", {}}};
    BOOST_TEST((parameters_of(*made.report, offered) == asked));
}

BOOST_AUTO_TEST_SUITE_END()
