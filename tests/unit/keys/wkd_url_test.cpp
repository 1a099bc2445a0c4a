// SPDX-License-Identifier: Apache-2.0
#include "keys/wkd_url.hpp"

#include "keys/domain.hpp"
#include "keys/user_id.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace postseal;
using namespace postseal::keys;
namespace data = boost::unit_test::data;

namespace {
struct sample_pair {
    std::string input;
    std::string expected;
};
std::ostream& operator<<(std::ostream& out, const sample_pair& one) { return out << one.input; }
} // namespace

BOOST_AUTO_TEST_SUITE(wkd_url)

namespace {
// The draft's, those of other implementations' tests, and gpg-wks-client's answers.
const sample_pair hashes[] = {
    {"Joe.Doe", "iy9q119eutrkn8s1mk4r39qejnbu3n5q"},
    {"joe.doe", "iy9q119eutrkn8s1mk4r39qejnbu3n5q"},
    {"test1", "stnkabub89rpcphiz4ppbxixkwyt1pic"},
    {"test-wkd", "4hg7tescnttreaouu4z1izeuuyibwww1"},
    {"user+tag", "oc3hiu96ffjmnjt59nm8x6jrm56pu8nt"},
    {"user", "nmxk159crbcuk3imqiw13gkjmfwd8mqj"},
    {"j\xc3\xbcrgen", "xotup5kjnwdgxj1qa4a6s1j1hx3q5196"},
    {"J\xc3\x9cRGEN", "bbci4p578ntucorruusqkfa8todycfkg"}, // hashed as "jÜrgen"
    {"\xe7\x94\xa8\xe6\x88\xb7", "uqus84twrqf76zbcsty8kb9ndk8hcwo5"},
    {"demo", "t81jm3hwduh6edujodewwfi9ye6c4urt"},
};
} // namespace

BOOST_DATA_TEST_CASE(ascii_letters_of_the_local_part_are_lowercased_before_hashing,
                     data::make(hashes)) {
    BOOST_TEST(wkd_hash(sample.input) == sample.expected);
}

namespace {
// Bit strings of RFC 6189's alphabet; the last ones are partial groups.
const sample_pair encodings[] = {
    {"", ""},
    {std::string(1, '\0'), "yy"},
    {"\xff", "9h"},
    {std::string("\x10\x11\x10", 3), "nyety"},
    {std::string("\xf0\xbf\xc7", 3), "6n9hq"},
    {std::string("\xd4\x7a\x04", 3), "4t7ye"},
    {std::string(5, '\0'), "yyyyyyyy"},
    {"\x81\x81", "ogyo"},
    {std::string(5, '\1'), "yryonyeb"},
    {std::string(10, '\1'), "yryonyebyryonyeb"},
    {std::string(8, '\x81'), "ogyadycbogyan"},
    {"\x80\x61\x58\x70\xf5\xba\xd6\x90\x33\x36\x86\xd0\xf2\xad\x85\xac\x1e\x42\xb3\x67",
     "oboioh8izmmjyc3so5exfmcfioxrfc58"}, // as long as SHA-1's
};
} // namespace

BOOST_DATA_TEST_CASE(z_base_32_has_no_padding, data::make(encodings)) {
    BOOST_TEST(z_base_32(sample.input) == sample.expected);
}

BOOST_AUTO_TEST_CASE(the_drafts_example_gives_both_urls) {
    const auto urls = make_wkd_urls({"Joe.Doe", "Example.ORG"}, special_use_names::allow);
    BOOST_TEST_REQUIRE(urls.has_value());
    BOOST_TEST(urls->domain == "example.org");
    BOOST_TEST(urls->advanced_host == "openpgpkey.example.org");
    BOOST_TEST(urls->advanced ==
               "https://openpgpkey.example.org/.well-known/openpgpkey/example.org/"
               "hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe");
    BOOST_TEST(urls->direct == "https://example.org/.well-known/openpgpkey/"
                               "hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe");
}

BOOST_AUTO_TEST_CASE(an_internationalised_domain_stands_as_a_label_in_host_and_path) {
    const auto urls = make_wkd_urls({"user", "M\xc3\xbcnchen.de"});
    BOOST_TEST_REQUIRE(urls.has_value());
    BOOST_TEST(urls->advanced == "https://openpgpkey.xn--mnchen-3ya.de/.well-known/openpgpkey/"
                                 "xn--mnchen-3ya.de/hu/nmxk159crbcuk3imqiw13gkjmfwd8mqj?l=user");
}

namespace {
const sample_pair escapes[] = {
    {"Joe.Doe-~_1", "Joe.Doe-~_1"},
    {"user+tag", "user%2Btag"},
    {"a b", "a%20b"},
    {"a&l=b?c#d%e/f;g", "a%26l%3Db%3Fc%23d%25e%2Ff%3Bg"},
    {"\"quoted\"@x", "%22quoted%22%40x"},
    {"j\xc3\xbcrgen", "j%C3%BCrgen"},
    {"a\r\nHost: evil", "a%0D%0AHost%3A%20evil"},
};
} // namespace

BOOST_DATA_TEST_CASE(the_local_part_is_escaped_so_that_it_stays_one_value, data::make(escapes)) {
    BOOST_TEST(percent_escape(sample.input) == sample.expected);
    const auto urls = make_wkd_urls({sample.input, "posteo.de"});
    BOOST_TEST_REQUIRE(urls.has_value());
    BOOST_TEST(urls->direct.ends_with("?l=" + sample.expected));
}

namespace {
struct refused {
    std::string domain;
    wkd_refusal why;
};
std::ostream& operator<<(std::ostream& out, const refused& one) { return out << one.domain; }

const refused refusals[] = {
    {"", wkd_refusal::not_a_domain},
    {"[192.0.2.1]", wkd_refusal::not_a_domain},
    {"[IPv6:2001:db8::1]", wkd_refusal::not_a_domain},
    {"127.0.0.1", wkd_refusal::not_a_domain},
    {"0x7f.1", wkd_refusal::not_a_domain},
    {"2130706433", wkd_refusal::not_a_domain},
    {"a..de", wkd_refusal::not_a_domain},
    {"a.de.", wkd_refusal::not_a_domain},
    {".de", wkd_refusal::not_a_domain},
    {"-a.de", wkd_refusal::not_a_domain},
    {"-", wkd_refusal::not_a_domain},
    {".", wkd_refusal::not_a_domain},
    {"a-.de", wkd_refusal::not_a_domain},
    {"a.-de", wkd_refusal::not_a_domain},
    {"a.de-", wkd_refusal::not_a_domain},
    {"a-b-.de", wkd_refusal::not_a_domain},
    {"a.de..", wkd_refusal::not_a_domain},
    {"..a.de", wkd_refusal::not_a_domain},
    {"a_b.de", wkd_refusal::not_a_domain},
    {"a.de/x", wkd_refusal::not_a_domain},
    {"a.de:25", wkd_refusal::not_a_domain},
    {"a b.de", wkd_refusal::not_a_domain},
    {std::string("a\0.de", 5), wkd_refusal::not_a_domain},
    {std::string(64, 'a') + ".de", wkd_refusal::not_a_domain},
    {"\xff\xfe.de", wkd_refusal::not_a_domain},
    {"\xef\xbc\x91\xef\xbc\x92.1", wkd_refusal::not_a_domain}, // full-width digits
    {"localhost", wkd_refusal::single_label},
    {"intranet", wkd_refusal::single_label},
    {"example.com", wkd_refusal::special_use},
    {"mail.EXAMPLE.net", wkd_refusal::special_use},
    {"a.test", wkd_refusal::special_use},
    {"a.example", wkd_refusal::special_use},
    {"a.invalid", wkd_refusal::special_use},
    {"a.localhost", wkd_refusal::special_use},
    {"printer.local", wkd_refusal::special_use},
    {"nas.home.arpa", wkd_refusal::special_use},
    {"a.internal", wkd_refusal::special_use},
    {"facebookcorewwwi.onion", wkd_refusal::special_use},
    {"a.alt", wkd_refusal::special_use},
};
} // namespace

BOOST_DATA_TEST_CASE(addresses_that_no_public_server_can_speak_for_are_refused,
                     data::make(refusals)) {
    const auto urls = make_wkd_urls({"user", sample.domain});
    BOOST_TEST_REQUIRE(urls.has_error());
    BOOST_TEST((urls.error() == sample.why));
    BOOST_TEST(!to_string(urls.error()).empty());
}

BOOST_AUTO_TEST_CASE(names_that_only_look_reserved_are_looked_up) {
    for (const char* const domain : {"myexample.com", "example.com.de", "test.de", "notest.eu"})
        BOOST_TEST(make_wkd_urls({"user", domain}).has_value());
}

BOOST_AUTO_TEST_CASE(a_reserved_name_that_the_administrator_resolves_is_looked_up) {
    BOOST_TEST(make_wkd_urls({"user", "a.internal"}, special_use_names::allow).has_value());
    BOOST_TEST(make_wkd_urls({"user", "localhost"}, special_use_names::allow).has_error());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(domain)

namespace {
const sample_pair a_labels[] = {
    {"Example.ORG", "example.org"},
    {"XN--MNCHEN-3YA.de", "xn--mnchen-3ya.de"},
    {"stra\xc3\x9f"
     "e.de",
     "xn--strae-oqa.de"}, // IDNA2008: not "strasse"
    {"\xe4\xbe\x8b\xe3\x81\x88.jp", "xn--r8jz45g.jp"},
};
} // namespace

BOOST_DATA_TEST_CASE(domains_become_a_labels, data::make(a_labels)) {
    const auto name = to_a_label(sample.input);
    BOOST_TEST_REQUIRE(name.has_value());
    BOOST_TEST(*name == sample.expected);
    BOOST_TEST(to_a_label(*name).value() == *name);
}

BOOST_AUTO_TEST_CASE(a_name_has_at_most_253_octets) {
    const auto labels = [](std::size_t last) {
        const auto label = std::string(61, 'a') + '.';
        return label + label + label + label + std::string(last, 'b');
    };
    BOOST_TEST(to_a_label(labels(5)).has_value());
    BOOST_TEST(!to_a_label(labels(6)).has_value());
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(user_id)

namespace {
const sample_pair user_ids[] = {
    {"Alice <alice@example.org>", "alice@example.org"},
    {"<Alice@Example.org>", "Alice@Example.org"},
    {"alice@example.org", "alice@example.org"},
    {"Mallory <m@evil.example> <victim@x.example>", "m@evil.example"},
    {"victim@x.example <m@evil.example>", "m@evil.example"},
    {"j\xc3\xbcrgen@m\xc3\xbcnchen.de", "j\xc3\xbcrgen@m\xc3\xbcnchen.de"},
    {"A <o'brien@example.org>", "o'brien@example.org"},
    {"o'brien@example.org", "o'brien@example.org"},
    {"!#$%&'*+/=?^_`{|}~-@example.org", "!#$%&'*+/=?^_`{|}~-@example.org"},
    // Without brackets GnuPG takes fewer characters.
    {"o,brien@example.org", ""},
    {"A <o,brien@example.org>", "o,brien@example.org"},
    {"a@o'brien.example.org", ""},
    {"a@b+c.example.org", ""},
    {"Alice", ""},
    {"", ""},
    {"<>", ""},
    {"Alice <alice@example.org", ""},
    {"Alice <@example.org>", ""},
    {"Alice <alice@>", ""},
    {"Alice <alice@example.org.>", ""},
    {"Alice <alice@example..org>", ""},
    {"Alice <a@b@example.org>", ""},
    {"Alice < alice@example.org>", ""},
    {"Alice <m> <alice@example.org>", ""},
    {"alice@example.org bob@example.org", ""},
    {std::string("alice@example.org\0 <m@evil.example>", 35), ""},
    {"alice@example.org ", ""},
    {" alice@example.org", ""},
    {"Alice (at work) <alice@example.org>", "alice@example.org"},
    {"Alice <alice@example.org> (at work)", "alice@example.org"},
    {"Alice <alice@example.org (at work)", ""},
    {"Alice <alice@example.org >", ""},
    {"<alice.@example.org>", "alice.@example.org"},
    {"<.alice.@example.org>", ".alice.@example.org"},
    {"<ali..ce@example.org>", "ali..ce@example.org"},
    {"<ali()ce@example.org> ()", "ali()ce@example.org"},
    {"ali()ce@example.org", ""},
    {"<alice@.>", ""},
    {"<alice@@example.org>", ""},
    {"<@alice@example.org>", ""},
    {"@", ""},
    {"Alice <alice@example.org><m@evil.example>", "alice@example.org"},
    {"Alice, of | Example <alice@example.org>", "alice@example.org"},
    {"\"<alice@example.org>\" <m@evil.example>", "alice@example.org"}, // GnuPG knows no quotes
    {"Alice <alice@example.org\n>", ""},
};
} // namespace

BOOST_DATA_TEST_CASE(the_address_is_the_one_that_gnupg_takes, data::make(user_ids)) {
    const auto found = user_id_address(sample.input);
    BOOST_TEST((found ? found->local_part + '@' + found->domain : "") == sample.expected);
}

BOOST_AUTO_TEST_CASE(addresses_are_compared_by_a_label_and_without_ascii_case) {
    BOOST_TEST(same_address({"Bob", "EXAMPLE.org"}, {"bob", "example.ORG"}));
    BOOST_TEST(same_address({"a", "m\xc3\xbcnchen.de"}, {"a", "xn--mnchen-3ya.de"}));
    BOOST_TEST(!same_address({"J\xc3\x9cRGEN", "a.de"}, {"j\xc3\xbcrgen", "a.de"}));
    BOOST_TEST(!same_address({"bob+x", "a.de"}, {"bob", "a.de"}));
    BOOST_TEST(same_address({"a", "[IPv6:::1]"}, {"a", "[ipv6:::1]"}));
}

BOOST_AUTO_TEST_SUITE_END()
