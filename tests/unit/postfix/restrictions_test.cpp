// SPDX-License-Identifier: Apache-2.0
#include "postfix/restrictions.hpp"

#include "sample.hpp"

#include <ostream>

namespace postseal::postfix {

std::ostream& operator<<(std::ostream& to, relaying what) { return to << static_cast<int>(what); }

BOOST_AUTO_TEST_SUITE(restrictions)

BOOST_AUTO_TEST_CASE(who_may_relay_is_read_from_the_lists) {
    const visitor stranger{};
    const visitor local{.address = smtp::parse_ip_address("127.0.0.1")};
    const visitor user{.authenticated = visitor::login::done};
    const visitor through_us{.connection = visitor::peer::this_machine};
    using enum relaying;
    struct {
        std::string_view relay, recipient;
        relaying stranger, local, user, through_us;
    } const table[] = {
        {"permit_mynetworks, permit_sasl_authenticated, defer_unauth_destination", "", refused,
         permitted, permitted, refused},
        {"", "permit_mynetworks,reject", refused, permitted, refused, refused},
        {"permit_sasl_authenticated,reject", "", refused, refused, permitted, refused},
        {"permit_inet_interfaces,reject", "", refused, permitted, refused, permitted},
        {"permit", "reject", refused, refused, refused, refused},
        {"permit, reject", "", permitted, permitted, permitted, permitted},
        {"", "", broken, broken, broken, broken},
        {"permit_mynetworks", "reject_rbl_client zen.spamhaus.org", broken, broken, broken, broken},
        {"check_client_access hash:/x, reject", "", unclear, unclear, unclear, unclear},
        {"own_class, reject", "", unclear, unclear, unclear, unclear},
        {"permit_mynetworks, reject_unauth_destination", "reject_rbl_client zen.example, permit",
         refused, permitted, refused, refused},
        {"permit_mynetworks, reject", "check_policy_service { inet:x, timeout=1 }", refused,
         unclear, refused, refused},
    };
    for (const auto& row : table) {
        const auto read =
            with("smtp/inet/smtpd_sasl_auth_enable = yes\nsmtp/inet/smtpd_relay_restrictions = " +
                 std::string(row.relay) +
                 "\nsmtp/inet/smtpd_recipient_restrictions = " + std::string(row.recipient) + "\n");
        const auto& smtp = *read.find("smtp", "inet");
        BOOST_TEST_CONTEXT(row.relay << " | " << row.recipient) {
            BOOST_TEST(may_relay(read, smtp, stranger) == row.stranger);
            BOOST_TEST(may_relay(read, smtp, local) == row.local);
            BOOST_TEST(may_relay(read, smtp, user) == row.user);
            BOOST_TEST(may_relay(read, smtp, through_us) == row.through_us);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_login_counts_only_where_logins_are_on) {
    const auto read =
        with("smtp/inet/smtpd_relay_restrictions = permit_sasl_authenticated,reject\n");
    const visitor user{.authenticated = visitor::login::done};
    BOOST_TEST(may_relay(read, *read.find("smtp", "inet"), user) == relaying::refused);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::postfix
