// SPDX-License-Identifier: Apache-2.0
#include "relay/journal.hpp"
#include "relay/randomness.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <set>
#include <string>

using namespace postseal;

namespace {

// Where each write(2) to standard error is a datagram.
class replaced_stderr {
  public:
    replaced_stderr() : before_(::dup(STDERR_FILENO)) {
        BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, ends_.data()) == 0);
        ::dup2(ends_[1], STDERR_FILENO);
    }
    ~replaced_stderr() {
        ::dup2(before_, STDERR_FILENO);
        for (const int each : {before_, ends_[0], ends_[1]})
            ::close(each);
    }
    replaced_stderr(const replaced_stderr&) = delete;
    replaced_stderr& operator=(const replaced_stderr&) = delete;

    [[nodiscard]] std::string next_write() const {
        std::string octets(1 << 16, '\0');
        const auto size = ::recv(ends_[0], octets.data(), octets.size(), 0);
        octets.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
        return octets;
    }

  private:
    int before_;
    std::array<int, 2> ends_{};
};

} // namespace

BOOST_AUTO_TEST_SUITE(journals)

BOOST_AUTO_TEST_CASE(nobody_writes_log_lines_of_their_own) {
    BOOST_TEST(relay::printable("550 no\r\nid=1 to=<x> sealed") == "550 no??id=1 to=<x> sealed");
    BOOST_TEST(relay::printable(std::string("a\0b\x1b[2Jc\x7f", 9)) == "a?b?[2Jc?");
    BOOST_TEST(relay::printable("jürgen@example.org") == "jürgen@example.org");
}

BOOST_AUTO_TEST_CASE(no_value_can_pass_for_another_field) {
    BOOST_TEST(relay::quoted("a\" to=\"b\\") == "\"a\\\" to=\\\"b\\\\\"");
    BOOST_TEST(relay::bracketed("anna@example.org") == "<anna@example.org>");
    BOOST_TEST(relay::bracketed("") == "<>");
    BOOST_TEST(relay::bracketed("\"x> from=<y\"@example.org") ==
               "<\"\\\"x> from=<y\\\"@example.org\">");
}

BOOST_AUTO_TEST_CASE(all_lines_of_a_message_leave_by_one_write) {
    const replaced_stderr standard_error;
    relay::journal log;
    smtp::envelope envelope;
    envelope.recipients = {{*smtp::parse_mailbox("bob@example.net"), {}},
                           {*smtp::parse_mailbox("carol@example.net"), {}}};
    policy::plan plan;
    plan.decisions.resize(2);
    plan.decisions[1].recipient = 1;
    const auto answer = smtp::make_reply(250, "2.0.0", "Ok");
    relay::journal::record record;
    record.id = "4711";
    record.envelope = &envelope;
    record.plan = &plan;
    record.answer = &answer;
    log.message(record);
    const auto written = standard_error.next_write();
    BOOST_TEST(std::ranges::count(written, '\n') == 3);
    BOOST_TEST(written.find("to=<bob@example.net>") < written.find("to=<carol@example.net>"));
    BOOST_TEST(written.find("recipients=2") != std::string::npos);
    log.warning("one");
    log.error("two");
    BOOST_TEST(standard_error.next_write().ends_with("warning: one\n"));
    BOOST_TEST(standard_error.next_write().ends_with("error: two\n"));
}

BOOST_AUTO_TEST_CASE(a_changed_key_is_a_warning_that_says_what_to_do) {
    struct {
        std::string_view to;
        bool is_sealed;
        bool is_refused;
        std::string expected;
    } const table[] = {
        {"bob@example.net", true, false,
         "warning: id=4711 to=<bob@example.net> key changed from AA to BB source=\"wkd\": "
         "sealed to the new one\n"},
        {"bob@example.net", true, true, ""}, // nothing was sent
        {"bob@example.net", false, true,
         "warning: id=4711 to=<bob@example.net> key changed from AA to BB source=\"wkd\": not "
         "sent; if "
         "the new one is the recipient's, accept it: postseal keys pin bob@example.net BB\n"},
        // Nothing for a shell to run, when somebody copies it.
        {"$`id`@example.net", false, true,
         "warning: id=4711 to=<$`id`@example.net> key changed from AA to BB source=\"wkd\": not "
         "sent; "
         "if "
         "the new one is the recipient's, accept it: postseal keys pin ADDRESS BB\n"},
        {"-f@example.net", false, true,
         "warning: id=4711 to=<-f@example.net> key changed from AA to BB source=\"wkd\": not sent; "
         "if "
         "the new one is the recipient's, accept it: postseal keys pin ADDRESS BB\n"},
    };
    for (const auto& row : table) {
        const replaced_stderr standard_error;
        relay::journal log;
        smtp::envelope envelope;
        envelope.recipients = {{*smtp::parse_mailbox(row.to), {}}};
        policy::plan plan;
        plan.decisions.resize(1);
        plan.decisions[0].change = policy::changed_key{"AA", "BB", "wkd"};
        if (row.is_sealed) plan.decisions[0].key.emplace().fingerprint = "BB";
        const auto answer = smtp::make_reply(250, "2.0.0", "Ok");
        if (row.is_refused) plan.refusal = answer;
        relay::journal::record record;
        record.id = "4711";
        record.envelope = &envelope;
        record.plan = &plan;
        record.answer = &answer;
        log.message(record);
        const auto written = standard_error.next_write();
        const auto first = written.substr(0, written.find('\n') + 1);
        const auto from = first.find("warning: ");
        BOOST_TEST((from == std::string::npos ? "" : first.substr(from)) == row.expected);
        BOOST_TEST(std::ranges::count(written, '\n') == (row.expected.empty() ? 2 : 3));
    }
}

BOOST_AUTO_TEST_CASE(whose_key_it_is_that_is_used_for_somebody_is_told) {
    const replaced_stderr standard_error;
    relay::journal log;
    smtp::envelope envelope;
    envelope.recipients = {{*smtp::parse_mailbox("bob@example.net"), {}}};
    policy::plan plan;
    auto& decided = plan.decisions.emplace_back();
    decided.treatment = policy::treatment::sealed;
    decided.key.emplace().fingerprint = "BB";
    decided.key_source = "wkd";
    decided.key_of = smtp::parse_mailbox("office@example.net");
    const auto answer = smtp::make_reply(250, "2.0.0", "Ok");
    relay::journal::record record;
    record.envelope = &envelope;
    record.plan = &plan;
    record.answer = &answer;
    log.message(record);
    BOOST_TEST(standard_error.next_write().find(
                   R"(sealed rule="" key=BB source="wkd" key_of=<office@example.net> reason=)") !=
               std::string::npos);
    decided.change = policy::changed_key{"AA", "BB", "wkd"};
    decided.key.reset();
    plan.refusal = answer;
    log.message(record);
    BOOST_TEST(
        standard_error.next_write().find(
            R"(from AA to BB source="wkd" key_of=<office@example.net>: not sent; if the new )"
            "one is office@example.net's, accept it: postseal keys pin office@example.net "
            "BB\n") != std::string::npos);
}

// It may have come from another relay, by way of a shared store.
BOOST_AUTO_TEST_CASE(the_name_of_a_source_is_no_field_of_its_own) {
    const replaced_stderr standard_error;
    relay::journal log;
    smtp::envelope envelope;
    envelope.recipients = {{*smtp::parse_mailbox("bob@example.net"), {}}};
    policy::plan plan;
    auto& decided = plan.decisions.emplace_back();
    decided.key.emplace().fingerprint = "BB";
    decided.key_source = "wkd reply=\"250\"";
    decided.change = policy::changed_key{"AA", "BB", decided.key_source};
    const auto answer = smtp::make_reply(250, "2.0.0", "Ok");
    relay::journal::record record;
    record.envelope = &envelope;
    record.plan = &plan;
    record.answer = &answer;
    log.message(record);
    const auto written = standard_error.next_write();
    const std::string_view expected = R"( source="wkd reply=\"250\"")";
    const auto first = written.find(expected);
    BOOST_TEST(first != std::string::npos);
    BOOST_TEST(written.find(expected, first + 1) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(how_the_header_of_a_sealed_copy_is_protected_is_told) {
    const replaced_stderr standard_error;
    relay::journal log;
    smtp::envelope envelope;
    envelope.recipients = {{*smtp::parse_mailbox("bob@example.net"), {}}};
    policy::plan plan;
    plan.decisions.resize(1);
    auto& decided = plan.decisions.front();
    decided.treatment = policy::treatment::sealed;
    decided.key.emplace();
    decided.key->fingerprint = "AB12";
    const auto answer = smtp::make_reply(250, "2.0.0", "Ok");
    relay::journal::record record;
    record.envelope = &envelope;
    record.plan = &plan;
    record.answer = &answer;
    const auto told = [&] {
        log.message(record);
        return standard_error.next_write();
    };
    BOOST_TEST(told().find("protection=") == std::string::npos);
    decided.protection.policy = message::protection_policy::shy;
    BOOST_TEST(told().find("source=\"\" protection=shy reason=") != std::string::npos);
    decided.protection.subject = message::subject_outside::shown;
    BOOST_TEST(told().find(" protection=shy subject=shown reason=") != std::string::npos);
    decided.refusal = answer; // nothing of it is true then
    BOOST_TEST(told().find("protection=") == std::string::npos);
}

// It is a rule's own words: for whoever reads the log, sealed or refused.
BOOST_AUTO_TEST_CASE(the_note_of_a_rule_is_told_with_each_recipient_that_it_decided) {
    const replaced_stderr standard_error;
    relay::journal log;
    smtp::envelope envelope;
    envelope.recipients = {{*smtp::parse_mailbox("bob@example.net"), {}},
                           {*smtp::parse_mailbox("carol@example.net"), {}}};
    policy::plan plan;
    plan.decisions.resize(2);
    plan.decisions[0].note = "Ask \"Ben\"";
    plan.decisions[1].recipient = 1;
    const auto answer = smtp::make_reply(250, "2.0.0", "Ok");
    relay::journal::record record;
    record.envelope = &envelope;
    record.plan = &plan;
    record.answer = &answer;
    log.message(record);
    const auto written = standard_error.next_write();
    const auto bob = written.substr(0, written.find('\n'));
    BOOST_TEST(bob.find(R"( note="Ask \"Ben\"")") != std::string::npos);
    BOOST_TEST(written.find("note=", bob.size()) == std::string::npos);
}

BOOST_AUTO_TEST_CASE(identifiers_do_not_repeat) {
    std::set<std::string> seen;
    for (int i = 0; i < 1000; ++i) {
        const auto id = relay::random_id();
        BOOST_REQUIRE(id.size() == 16U);
        BOOST_REQUIRE(seen.insert(id).second);
    }
    BOOST_TEST(relay::random_bytes(24).size() == 24U);
}

BOOST_AUTO_TEST_SUITE_END()
