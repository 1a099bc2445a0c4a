// SPDX-License-Identifier: Apache-2.0
// What tests/e2e/test_check_postfix.py cannot have with one Postfix: other releases, postseal's own
// settings, XCLIENT, and addresses that a test machine does not have.
#include "postfix/judge.hpp"

#include "sample.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

const finding* find(const findings& all, std::string_view where, std::string_view setting) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const finding& one) {
        return one.where == where && one.setting == setting;
    });
    return found == all.end() ? nullptr : &*found;
}

constexpr std::string_view back = "127.0.0.1:10026/inet";
constexpr std::string_view smuggling = "smtpd_forbid_bare_newline";

std::string other_version(std::string_view version) {
    return without(sample(), "mail_version") + "mail_version = " + std::string(version) + "\n";
}

// A front listener, with the private service at 127.0.0.1:10026 as `lines` say.
findings judge_front_with(std::string_view lines, const relay& ours) {
    return judge(ours, with("submission/inet/smtpd_proxy_filter =\n"
                            "127.0.0.1:10026/inet/smtpd_sasl_auth_enable = yes\n"
                            "127.0.0.1:10026/inet/smtpd_relay_restrictions = "
                            "permit_sasl_authenticated,reject\n"
                            "127.0.0.1:10026/inet/smtpd_recipient_restrictions =\n"
                            "127.0.0.1:10026/inet/mynetworks =\n" +
                            std::string(lines)));
}

relay front_relay(client_told introduces = client_told::by_proxy) {
    auto made = usual_relay();
    auto& one = made.listeners[0];
    one.address = {"192.0.2.1", 587};
    one.introduces = introduces;
    one.login = smtp::login_rule::after_tls;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(judgement)

BOOST_AUTO_TEST_CASE(a_good_configuration_has_only_the_note_on_local_programs) {
    const auto found = judge(usual_relay(), with(""));
    BOOST_TEST(found.size() == 1U);
    BOOST_TEST(find(found, "pickup/unix", "") != nullptr);
}

BOOST_AUTO_TEST_CASE(smuggling_is_judged_by_what_the_release_knows) {
    struct {
        std::string_view version, value;
        std::string_view advice; ///< empty: no finding
    } const table[] = {
        {"3.7.11", "normalize", ""},
        {"3.7.11", "reject", ""},
        {"3.7.11", "yes", ""},
        {"3.7.11", "no", "postconf -e 'smtpd_forbid_bare_newline = normalize'"},
        {"3.7.11", "note", "postconf -e 'smtpd_forbid_bare_newline = normalize'"},
        {"3.7.9", "no", "postconf -e 'smtpd_forbid_bare_newline = yes'"},
        {"3.5.23", "no", "postconf -e 'smtpd_forbid_bare_newline = yes'"},
        {"3.5.24", "no", "postconf -e 'smtpd_forbid_bare_newline = normalize'"},
        {"3.10.1", "no", "postconf -e 'smtpd_forbid_bare_newline = normalize'"},
        {"3.9-20240101", "no", "postconf -e 'smtpd_forbid_bare_newline = normalize'"},
    };
    for (const auto& row : table) {
        const configuration read(other_version(row.version) +
                                 "smtpd_forbid_bare_newline = " + std::string(row.value) + "\n");
        const auto found = judge(usual_relay(), read);
        const auto* one = find(found, "main.cf", smuggling);
        BOOST_TEST_CONTEXT(row.version << " " << row.value) {
            BOOST_TEST((one == nullptr ? "" : one->write.at(0)) == row.advice);
        }
    }
}

// 3.4 compares compatibility levels as numbers, and knows nothing of smuggling.
BOOST_AUTO_TEST_CASE(an_old_release_is_told_to_be_replaced_once) {
    const configuration read(
        without(other_version("3.4.14"), "smtpd_forbid") + "compatibility_level = 2\n" +
        "smtpd_relay_restrictions = ${{$compatibility_level} < {1} ? {} : "
        "{permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination}}\n");
    BOOST_TEST(read.complete());
    const auto found = judge(usual_relay(), read);
    BOOST_TEST(found.size() == 2U);
    const auto* one = find(found, "main.cf", smuggling);
    BOOST_REQUIRE(one != nullptr);
    BOOST_TEST(one->what.find("upgrade") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(sizes_are_compared_with_what_can_arrive) {
    struct {
        std::uint64_t ours;
        std::string_view at_submission, at_back;
        bool expected;
    } const table[] = {
        {50 << 20, "10240000", "0", false},       {50 << 20, "10240000", "14200000", false},
        {50 << 20, "10240000", "14100000", true}, {50 << 20, "0", "72417280", false},
        {50 << 20, "0", "72417279", true},        {1 << 20, "0", "10240000", false},
    };
    for (const auto& row : table) {
        auto ours = usual_relay();
        ours.message_size = row.ours;
        const auto found = judge(
            ours,
            with("submission/inet/message_size_limit = " + std::string(row.at_submission) +
                 "\n127.0.0.1:10026/inet/message_size_limit = " + std::string(row.at_back) + "\n"));
        BOOST_TEST_CONTEXT(row.ours << " " << row.at_submission << " " << row.at_back) {
            BOOST_TEST((find(found, back, "message_size_limit") != nullptr) == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(patience_is_compared_with_our_own_deadlines) {
    auto ours = usual_relay();
    ours.patience = std::chrono::seconds(150);
    BOOST_TEST(!find(judge(ours, with("")), "submission/inet", "smtpd_proxy_timeout"));
    ours.patience = std::chrono::seconds(151);
    const auto found = judge(ours, with(""));
    const auto* one = find(found, "submission/inet", "smtpd_proxy_timeout");
    BOOST_REQUIRE(one != nullptr);
    BOOST_TEST(one->write.at(0) == "postconf -P 'submission/inet/smtpd_proxy_timeout=181s'");
    // What we promise that clients wait at the least.
    ours.patience = std::chrono::seconds(40);
    ours.client_patience = std::chrono::seconds(180);
    BOOST_TEST(!find(judge(ours, with("")), "submission/inet", "smtpd_proxy_timeout"));
    ours.client_patience = std::chrono::seconds(181);
    BOOST_TEST(find(judge(ours, with("")), "submission/inet", "smtpd_proxy_timeout"));
}

BOOST_AUTO_TEST_CASE(protocols_have_to_match_on_both_sides) {
    auto ours = usual_relay();
    ours.listeners[0].protocol = smtp::protocol::lmtp;
    const auto* one = find(judge(ours, with("")), "submission/inet", "smtpd_proxy_filter");
    BOOST_TEST(one != nullptr);
    const std::string after = "submission/inet/smtpd_proxy_filter =\n"
                              "127.0.0.1:10026/inet/content_filter =\n"
                              "lmtp/unix/lmtp_send_xforward_command = yes\n";
    struct {
        smtp::protocol protocol;
        std::string_view filter, more;
        std::optional<severity> expected;
    } const table[] = {
        {smtp::protocol::lmtp, "lmtp:[127.0.0.1]:10025", "", {}},
        {smtp::protocol::lmtp, "smtp:[127.0.0.1]:10025", "", severity::error},
        {smtp::protocol::smtp, "lmtp:[127.0.0.1]:10025", "", severity::error},
        {smtp::protocol::smtp, "smtp:[127.0.0.1]:10025", "", severity::warning},
        {smtp::protocol::smtp,
         "smtp:[127.0.0.1]:10025",
         "smtp_destination_recipient_limit = 1\n",
         {}},
        {smtp::protocol::lmtp, "absent:[127.0.0.1]:10025", "", severity::error},
    };
    for (const auto& row : table) {
        ours.listeners[0].protocol = row.protocol;
        const auto found = judge(ours, with(after + "content_filter = " + std::string(row.filter) +
                                            "\n" + std::string(row.more)));
        const auto* mistake = find(found, "main.cf", "content_filter");
        BOOST_TEST_CONTEXT(row.filter << " " << row.more) {
            BOOST_CHECK((mistake ? std::optional(mistake->severity) : std::nullopt) ==
                        row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(whoever_reaches_the_way_back_and_is_trusted_there_gets_past_us) {
    struct {
        std::string_view networks;
        severity expected;
    } const table[] = {{"127.0.0.0/8", severity::warning},
                       {"127.0.0.0/8, 10.0.0.0/8", severity::error}};
    for (const auto& row : table) {
        const configuration read(
            without(sample(), "127.0.0.1:10026/") + "10026/inet/command = smtpd\n" +
            "10026/inet/smtpd_relay_restrictions =\n"
            "10026/inet/smtpd_recipient_restrictions = permit_mynetworks,reject\n"
            "10026/inet/mynetworks = " +
            std::string(row.networks) + "\n");
        const auto found = judge(usual_relay(), read);
        const auto* one = find(found, "10026/inet", "");
        BOOST_REQUIRE(one != nullptr);
        BOOST_CHECK(one->severity == row.expected);
    }
}

BOOST_AUTO_TEST_CASE(a_next_hop_on_another_machine_is_not_judged_here) {
    auto ours = usual_relay();
    ours.listeners[0].next_hop = {"192.0.2.7", 10026};
    const auto found = judge(ours, with(""));
    const auto* one = find(found, "postseal.yaml", "next_hop");
    BOOST_REQUIRE(one != nullptr);
    BOOST_CHECK(one->severity == severity::note);
}

BOOST_AUTO_TEST_CASE(the_public_service_is_no_way_back) {
    auto ours = usual_relay();
    ours.listeners[0].next_hop = {"127.0.0.1", 25};
    const auto found = judge(ours, with(""));
    const auto* one = find(found, "smtp/inet", "");
    BOOST_REQUIRE(one != nullptr);
    BOOST_CHECK(one->severity == severity::error);
    // Nothing else is said of it: what a way back needs is dangerous on a public port.
    BOOST_TEST(!find(found, "smtp/inet", "smtpd_authorized_xforward_hosts"));
}

BOOST_AUTO_TEST_CASE(a_relayhost_that_is_postseal_is_the_exit_and_no_way_out) {
    auto ours = usual_relay();
    ours.listeners[0].protocol = smtp::protocol::lmtp;
    const auto found = judge(ours, with("submission/inet/smtpd_proxy_filter =\n"
                                        "relayhost = [127.0.0.1]:10025\n"));
    const auto* speaks = find(found, "main.cf", "default_transport");
    BOOST_REQUIRE(speaks != nullptr);
    BOOST_TEST(speaks->write.at(0) == "postconf -e 'default_transport = lmtp:[127.0.0.1]:10025'");
    const auto* circles = find(found, back, "content_filter");
    BOOST_REQUIRE(circles != nullptr);
    BOOST_TEST(circles->write.back() == "postconf -P '127.0.0.1:10026/inet/content_filter=out:'");
}

BOOST_AUTO_TEST_CASE(xclient_in_main_cf_is_xclient_everywhere) {
    const auto found = judge(usual_relay(), with("smtpd_authorized_xclient_hosts = 127.0.0.1\n"));
    BOOST_TEST(find(found, "main.cf", "smtpd_authorized_xclient_hosts") != nullptr);
}

BOOST_AUTO_TEST_CASE(tls_is_demanded_only_of_those_who_speak_it) {
    auto ours = usual_relay();
    const auto read = with("127.0.0.1:10026/inet/smtpd_tls_security_level = encrypt\n");
    BOOST_TEST(find(judge(ours, read), back, "smtpd_tls_security_level") != nullptr);
    ours.listeners[0].tls = hop_tls::verified;
    BOOST_TEST(find(judge(ours, read), back, "smtpd_tls_security_level") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_front_needs_the_client_and_no_other_trust) {
    struct {
        std::string_view lines, setting;
        severity expected;
    } const table[] = {
        {"", "smtpd_upstream_proxy_protocol", severity::error},
        {"127.0.0.1:10026/inet/smtpd_authorized_xclient_hosts = 127.0.0.1, 10.0.0.0/8\n",
         "smtpd_authorized_xclient_hosts", severity::error},
        {"127.0.0.1:10026/inet/smtpd_authorized_xclient_hosts = 127.0.0.1\n"
         "127.0.0.1:10026/inet/smtpd_relay_restrictions = permit_inet_interfaces,reject\n",
         "smtpd_relay_restrictions", severity::error},
        {"127.0.0.1:10026/inet/smtpd_authorized_xclient_hosts = 127.0.0.1\n"
         "127.0.0.1:10026/inet/smtpd_relay_restrictions = permit_mynetworks,reject\n"
         "127.0.0.1:10026/inet/mynetworks = 127.0.0.0/8\n",
         "mynetworks", severity::error},
        {"127.0.0.1:10026/inet/smtpd_authorized_xclient_hosts = 127.0.0.1\n",
         "local_header_rewrite_clients", severity::note},
        {"127.0.0.1:10026/inet/smtpd_upstream_proxy_protocol = haproxy\n"
         "127.0.0.1:10026/inet/smtpd_sasl_auth_enable = no\n",
         "smtpd_sasl_auth_enable", severity::error},
    };
    for (const auto& row : table) {
        const bool xclient = row.lines.find("xclient") != row.lines.npos;
        const auto found = judge_front_with(
            row.lines, front_relay(xclient ? client_told::by_xclient : client_told::by_proxy));
        const auto* one = find(found, back, row.setting);
        BOOST_TEST_CONTEXT(row.lines) {
            BOOST_REQUIRE(one != nullptr);
            BOOST_CHECK(one->severity == row.expected);
        }
    }
}

BOOST_AUTO_TEST_CASE(both_sides_of_a_front_have_to_name_the_client_alike) {
    const std::string proxy = "127.0.0.1:10026/inet/smtpd_upstream_proxy_protocol = haproxy\n";
    const auto xclient = front_relay(client_told::by_xclient);
    BOOST_TEST(find(judge_front_with(proxy, xclient), back, "smtpd_upstream_proxy_protocol") !=
               nullptr);
    BOOST_TEST(find(judge_front_with("", xclient), back, "smtpd_authorized_xclient_hosts") !=
               nullptr);
    BOOST_TEST(find(judge_front_with(proxy, front_relay()), back,
                    "smtpd_upstream_proxy_protocol") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_front_without_logins_needs_none) {
    auto ours = front_relay();
    ours.listeners[0].login = smtp::login_rule::refused;
    const auto found =
        judge_front_with("127.0.0.1:10026/inet/smtpd_upstream_proxy_protocol = haproxy\n"
                         "127.0.0.1:10026/inet/smtpd_sasl_auth_enable = no\n",
                         ours);
    BOOST_TEST(find(found, back, "smtpd_sasl_auth_enable") == nullptr);
    BOOST_TEST(find(found, back, "smtpd_relay_restrictions") == nullptr);
}

// With PROXY the address of the connection is the client's: permit_inet_interfaces is safe there.
BOOST_AUTO_TEST_CASE(permit_inet_interfaces_is_no_open_relay_behind_a_proxy_header) {
    const auto found =
        judge_front_with("127.0.0.1:10026/inet/smtpd_upstream_proxy_protocol = haproxy\n"
                         "127.0.0.1:10026/inet/smtpd_relay_restrictions = "
                         "permit_inet_interfaces,permit_sasl_authenticated,reject\n",
                         front_relay());
    BOOST_TEST(find(found, back, "smtpd_relay_restrictions") == nullptr);
}

BOOST_AUTO_TEST_CASE(a_release_that_can_hide_the_client_is_told_to) {
    const std::string proxy = "127.0.0.1:10026/inet/smtpd_upstream_proxy_protocol = haproxy\n";
    const auto old = judge_front_with(proxy, front_relay());
    const auto* one = find(old, back, "smtpd_hide_client_session");
    BOOST_REQUIRE(one != nullptr);
    BOOST_TEST(one->write.size() > 1U); // by header_checks
    const auto newer = judge_front_with(proxy + "smtpd_hide_client_session = no\n", front_relay());
    one = find(newer, back, "smtpd_hide_client_session");
    BOOST_REQUIRE(one != nullptr);
    BOOST_TEST(one->write.at(0) ==
               "postconf -P '127.0.0.1:10026/inet/smtpd_hide_client_session=yes'");
}

BOOST_AUTO_TEST_CASE(version_2_of_the_proxy_protocol_needs_3_5) {
    const std::string lines = "127.0.0.1:10026/inet/smtpd_upstream_proxy_protocol = haproxy\n";
    BOOST_TEST(
        !find(judge_front_with(lines, front_relay()), back, "smtpd_upstream_proxy_protocol"));
    BOOST_TEST(find(judge_front_with(lines + "mail_version = 3.4.14\n", front_relay()), back,
                    "smtpd_upstream_proxy_protocol") != nullptr);
}

BOOST_AUTO_TEST_CASE(what_is_to_be_written_survives_a_shell) {
    BOOST_TEST(set_in_main("relayhost", "a'b; $(x)") == "postconf -e 'relayhost = a'\\''b; $(x)'");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::postfix
