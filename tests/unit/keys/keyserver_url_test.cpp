// SPDX-License-Identifier: Apache-2.0
#include "keys/keyserver_settings.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace postseal;
using namespace postseal::keys;

namespace {

constexpr auto vks = keyserver::protocol::vks;
constexpr auto hkp = keyserver::protocol::hkp;

const keyserver hagrid{vks, "https://keys.openpgp.org"};
const keyserver internal{hkp, "http://10.0.0.5:11371"};

std::string url(const keyserver& server, const smtp::mailbox& address) {
    const auto made = make_keyserver_url(server, address);
    return made ? *made : std::string(to_string(made.error()));
}

} // namespace

BOOST_AUTO_TEST_SUITE(keyserver_url_test)

BOOST_AUTO_TEST_CASE(a_keyserver_is_named_by_what_it_speaks) {
    struct row {
        const char* written;
        keyserver::protocol speaks;
        const char* origin;
        const char* name;
    };
    const row table[] = {
        {"vks://keys.openpgp.org", vks, "https://keys.openpgp.org", "keys.openpgp.org"},
        {"VKS://Keys.OpenPGP.org/", vks, "https://keys.openpgp.org", "keys.openpgp.org"},
        {"vks://keys.corp.org:8443", vks, "https://keys.corp.org:8443", "keys.corp.org:8443"},
        {"hkps://keys.corp.org", hkp, "https://keys.corp.org", "keys.corp.org"},
        {"https://keys.corp.org", hkp, "https://keys.corp.org", "keys.corp.org"},
        {"hkp://keys", hkp, "http://keys:11371", "keys:11371"},
        {"hkp://10.0.0.5:80", hkp, "http://10.0.0.5:80", "10.0.0.5:80"},
        {"http://10.0.0.5", hkp, "http://10.0.0.5", "10.0.0.5"},
        {"hkp://[FD00::1]", hkp, "http://[fd00::1]:11371", "[fd00::1]:11371"},
        {"hkp://[fd00::1]:80", hkp, "http://[fd00::1]:80", "[fd00::1]:80"},
        {"hkps://schlüssel.corp.org", hkp, "https://xn--schlssel-95a.corp.org",
         "xn--schlssel-95a.corp.org"},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.written) {
            const auto read = parse_keyserver(row.written);
            BOOST_REQUIRE(read);
            BOOST_CHECK(read->speaks == row.speaks);
            BOOST_TEST(read->origin == row.origin);
            BOOST_TEST(read->name() == row.name);
        }
    }
}

BOOST_AUTO_TEST_CASE(anything_else_in_a_keyserver_is_a_doubt) {
    for (const auto* written : {"",
                                "keys.openpgp.org",
                                "ldap://keys.corp.org",
                                "vks:keys.corp.org",
                                "vks://",
                                "vks://user@keys.corp.org",
                                "vks://keys.corp.org/path",
                                "vks://keys.corp.org?x",
                                "vks://keys.corp.org#x",
                                "vks://keys.corp.org:0",
                                "vks://keys.corp.org:65536",
                                "vks://keys.corp.org:",
                                "vks://keys.corp.org:x",
                                "vks://keys.corp.org:80:80",
                                "hkp://fd00::1",
                                "hkp://[fd00::1",
                                "hkp://[fd00::1]x",
                                "hkp://[fe80::1%eth0]",
                                "hkp://127.1",
                                "hkp://0x7f000001",
                                "vks://keys corp.org",
                                "vks://keys.corp.org\n"})
        BOOST_TEST(!parse_keyserver(written), written);
}

BOOST_AUTO_TEST_CASE(the_address_is_escaped_whole) {
    BOOST_TEST(url(hagrid, {"Joe.Doe", "Corp.org"}) ==
               "https://keys.openpgp.org/vks/v1/by-email/Joe.Doe%40corp.org");
    BOOST_TEST(url(internal, {"Joe.Doe", "Corp.org"}) ==
               "http://10.0.0.5:11371/pks/lookup?op=get&options=mr&exact=on&"
               "search=Joe.Doe%40corp.org");
    struct row {
        const char* local_part;
        const char* escaped;
    };
    // What could end the path, the parameter or the request, or be read as something else.
    const row table[] = {
        {"user+tag", "user%2Btag"}, {"a&b=c", "a%26b%3Dc"},     {"a/b", "a%2Fb"},
        {"100%", "100%25"},         {"a?b#c", "a%3Fb%23c"},     {"a b", "%22a%20b%22"},
        {"a@b", "%22a%40b%22"},     {"a\"b", "%22a%5C%22b%22"}, {"0xDEADBEEF", "0xDEADBEEF"},
        {"jürgen", "j%C3%BCrgen"},
    };
    for (const auto& row : table) {
        const auto made = url(hagrid, {row.local_part, "corp.org"});
        const auto expected =
            std::string("https://keys.openpgp.org/vks/v1/by-email/") + row.escaped + "%40corp.org";
        BOOST_TEST(made == expected);
    }
    // Dots and slashes are no path.
    BOOST_TEST(url(hagrid, {"../..", "corp.org"}).ends_with("/by-email/%22..%2F..%22%40corp.org"));
}

BOOST_AUTO_TEST_CASE(domains_are_asked_for_as_a_labels) {
    BOOST_TEST(url(hagrid, {"j", "Bücher.de"}).ends_with("/j%40xn--bcher-kva.de"));
    BOOST_TEST(url(internal, {"j", "Bücher.de"}).ends_with("search=j%40xn--bcher-kva.de"));
}

BOOST_AUTO_TEST_CASE(a_keyserver_does_not_learn_of_names_that_are_nobodys) {
    for (const auto& server : {hagrid, internal}) {
        for (const auto* domain : {"corp.example", "mail.corp.internal", "printer.local", "x.onion",
                                   "example.org", "corp.test"})
            BOOST_TEST(url(server, {"j", domain}) == to_string(wkd_refusal::special_use), domain);
        BOOST_TEST(url(server, {"j", "intranet"}) == to_string(wkd_refusal::single_label));
        for (const auto* domain : {"", "[192.0.2.1]", "[IPv6:2001:db8::1]", "10.1.2.3"})
            BOOST_TEST(url(server, {"j", domain}) == to_string(wkd_refusal::not_a_domain), domain);
    }
}

BOOST_AUTO_TEST_CASE(fingerprints_are_asked_for_as_each_protocol_has_it) {
    BOOST_TEST(make_keyserver_url(hagrid, "ABCD") ==
               "https://keys.openpgp.org/vks/v1/by-fingerprint/ABCD");
    BOOST_TEST(make_keyserver_url(internal, "ABCD") ==
               "http://10.0.0.5:11371/pks/lookup?op=get&options=mr&search=0xABCD");
}

BOOST_AUTO_TEST_CASE(hagrid_is_asked_as_often_as_it_publishes) {
    const rate by_email{1, std::chrono::minutes(1), 3};
    BOOST_CHECK(usual_limit(hagrid) == by_email);
    BOOST_CHECK(usual_limit(*parse_keyserver("vks://keys.corp.org")) == by_email);
    BOOST_CHECK(usual_limit(*parse_keyserver("hkps://keys.openpgp.org")) == by_email);
    BOOST_CHECK(usual_limit(internal) == rate{});
}

BOOST_AUTO_TEST_SUITE_END()
