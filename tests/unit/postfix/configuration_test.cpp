// SPDX-License-Identifier: Apache-2.0
#include "postfix/configuration.hpp"

#include "sample.hpp"

namespace postseal::postfix {

BOOST_AUTO_TEST_SUITE(configuration_)

BOOST_AUTO_TEST_CASE(real_output_is_read) {
    const configuration read(sample());
    BOOST_TEST(read.complete());
    BOOST_CHECK((read.version() == version{3, 7, 11}));
    const auto* back = read.find("127.0.0.1:10026", "inet");
    BOOST_REQUIRE(back != nullptr);
    BOOST_TEST(back->program() == "smtpd");
    BOOST_TEST(back->label() == "127.0.0.1:10026/inet");
    BOOST_TEST(back->overrides.size() == 15U);
    BOOST_TEST(read.of(*back, "smtpd_recipient_restrictions") == "permit_mynetworks,reject");
    BOOST_TEST(read.of(*back, "smtpd_relay_restrictions") == "");
    const auto* submission = read.find("submission", "inet");
    BOOST_REQUIRE(submission != nullptr);
    BOOST_TEST(read.of(*submission, "smtpd_relay_restrictions") ==
               "permit_sasl_authenticated, reject");
    BOOST_TEST(read.main("smtpd_relay_restrictions") ==
               "permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination");
}

BOOST_AUTO_TEST_CASE(a_default_that_mentions_another_name_follows_the_services_override) {
    const auto read = with("smtp/inet/mynetworks = 10.0.0.0/8\n");
    const auto& smtp = *read.find("smtp", "inet");
    BOOST_TEST(read.of(smtp, "smtpd_forbid_bare_newline_exclusions") == "10.0.0.0/8");
    BOOST_TEST(read.of(smtp, "smtpd_client_event_limit_exceptions") == "10.0.0.0/8");
    BOOST_TEST(read.main("smtpd_forbid_bare_newline_exclusions") ==
               "127.0.0.0/8 [::ffff:127.0.0.0]/104 [::1]/128");
}

BOOST_AUTO_TEST_CASE(names_of_services_may_hold_slashes_colons_and_brackets) {
    const configuration read("[::1]:10026/inet/command = smtpd -v\n"
                             "spool/dir/unix/command = /usr/libexec/postfix/lmtp\n"
                             "spool/dir/unix/process_limit = 7\n");
    BOOST_TEST(read.find("[::1]:10026", "inet")->program() == "smtpd");
    BOOST_TEST(read.find("spool/dir", "unix")->program() == "lmtp");
    BOOST_TEST(read.processes(*read.find("spool/dir", "unix")) == 7U);
}

BOOST_AUTO_TEST_CASE(times_and_numbers_are_read_with_their_units) {
    struct {
        std::string_view written;
        std::optional<std::uint64_t> seconds;
    } const table[] = {{"180s", 180}, {"180", 180},  {"3m", 180},
                       {"1h", 3600},  {"1d", 86400}, {"1w", 604800},
                       {"", {}},      {"s", {}},     {"99999999999999d", {}}};
    for (const auto& row : table) {
        const auto read =
            with("smtp/inet/smtpd_proxy_timeout = " + std::string(row.written) + "\n");
        BOOST_TEST_CONTEXT(row.written) {
            BOOST_CHECK(read.seconds(*read.find("smtp", "inet"), "smtpd_proxy_timeout") ==
                        row.seconds);
        }
    }
}

BOOST_AUTO_TEST_CASE(half_of_the_output_is_not_complete) {
    BOOST_TEST(!configuration("").complete());
    BOOST_TEST(!configuration(without(sample(), "mail_version")).complete());
    BOOST_TEST(
        !configuration("mail_version = 3.7.11\nsmtpd_relay_restrictions = reject\n").complete());
    BOOST_TEST(!configuration("mail_version = 3.7.11\nsmtpd_relay_restrictions = reject\n"
                              "smtp/inet/command = smtpd -o mynetworks=\n")
                    .complete());
    BOOST_TEST(!configuration(sample() + "new/inet/mynetworks =\n").complete()); // no command
}

BOOST_AUTO_TEST_CASE(what_postconf_does_not_print_is_passed_over) {
    const configuration read("\n=\n/ = x\n// = x\n///=x\na/b = x\n = y\nnothing\n"
                             "postconf: warning: x = y\n#comment = 1\n");
    BOOST_TEST(read.services().empty());
}

BOOST_AUTO_TEST_CASE(a_list_is_separated_by_commas_and_space_and_kept_in_braces) {
    const auto found = words(" a, b\tc,,{ check_policy_service { inet:x, timeout=1 } } d");
    const std::vector<std::string> expected{"a", "b", "c",
                                            "{ check_policy_service { inet:x, timeout=1 } }", "d"};
    BOOST_TEST(found == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::postfix
