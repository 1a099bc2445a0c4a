// SPDX-License-Identifier: Apache-2.0
#include "policy/strength.hpp"

#include "scene.hpp"

#include <boost/test/data/monomorphic.hpp>
#include <boost/test/data/test_case.hpp>

#include <limits>
#include <ostream>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(strength_)

namespace {

constexpr auto any = min_strength::any;
constexpr auto never = min_strength::never;

struct measured {
    min_strength least;
    const char* algorithm;
    const char* why; ///< empty: strong enough
};
std::ostream& operator<<(std::ostream& out, const measured& one) { return out << one.algorithm; }

const min_strength usual;
const min_strength nothing{any, any, any};

const measured table[] = {
    {usual, "cv25519", ""},
    {usual, "nistp256", ""},
    {usual, "nistp521", ""},
    {usual, "brainpoolP256r1", ""},
    {usual, "secp256k1", ""},
    {usual, "rsa2048", ""},
    {usual, "rsa16384", ""},
    {usual, "rsa2047", "its RSA key has 2047 bits, and min_strength asks for 2048"},
    {usual, "rsa1024", "its RSA key has 1024 bits, and min_strength asks for 2048"},
    {usual, "elg4096", "its ElGamal key is of a kind that min_strength rules out"},
    {{2048, 2048, 256}, "elg2048", ""},
    {{2048, 2048, 256}, "elg1024", "its ElGamal key has 1024 bits, and min_strength asks for 2048"},
    {{3072, never, 384}, "rsa2048", "its RSA key has 2048 bits, and min_strength asks for 3072"},
    {{3072, never, 384},
     "cv25519",
     "its key on the curve cv25519 has 256 bits, and min_strength asks for 384"},
    {{3072, never, 384}, "nistp384", ""},
    {{3072, never, 384}, "brainpoolP384r1", ""},
    {{never, never, 256}, "rsa4096", "its RSA key is of a kind that min_strength rules out"},
    {{2048, never, never},
     "nistp521",
     "its key on the curve nistp521 is of a kind that min_strength rules out"},
    {{any, never, never}, "rsa512", ""},
    {nothing, "rsa512", ""},
    {nothing, "elg512", ""},
    {nothing, "tomorrow768", ""},
    {nothing, "", ""},
    // What is not known is not strong.
    {usual, "tomorrow768", "its key is of a kind that min_strength does not know: tomorrow768"},
    {{any, any, 256}, "dsa2048", "its key is of a kind that min_strength does not know: dsa2048"},
    {usual, "", "its key is of a kind that min_strength does not know"},
    {usual, "rsa", "its key is of a kind that min_strength does not know: rsa"},
    {usual, "rsa4096x", "its key is of a kind that min_strength does not know: rsa4096x"},
    {usual, "rsa-1", "its key is of a kind that min_strength does not know: rsa-1"},
    {usual, "rsa99999999999",
     "its key is of a kind that min_strength does not know: rsa99999999999"},
    {usual, "secpk1", "its key is of a kind that min_strength does not know: secpk1"},
    {usual, "RSA4096", "its key is of a kind that min_strength does not know: RSA4096"},
};

keys::finding found_with(const std::string& algorithm) {
    auto one = found("B");
    one.found->algorithm = algorithm;
    return one;
}

} // namespace

BOOST_DATA_TEST_CASE(a_key_below_the_minimum_is_too_weak, boost::unit_test::data::make(table)) {
    BOOST_TEST(shortfall(sample.least, sample.algorithm).value_or("") == sample.why);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_too_weak_is_an_unusable_one) {
    auto rules = house();
    const auto mail = letter{}.to("bob@b.example", found_with("rsa1024"));
    const auto clear = mail.under(rules);
    BOOST_TEST(outline(clear) == "cleaned 0");
    BOOST_TEST(clear.decisions[0].reason ==
               "no usable key, sent in clear (WKD served it: its RSA key has 1024 bits, and "
               "min_strength asks for 2048)");
    BOOST_TEST(!clear.decisions[0].key.has_value());
    rules.defaults.unusable_key = fallback::hold;
    BOOST_TEST(outline(mail.under(rules)) == "held 0");
    rules.defaults.encrypt = encrypt::required;
    rules.defaults.unusable_key = fallback::send;
    const auto refused = mail.under(rules);
    BOOST_TEST(outline(refused) == "550 5.7.5");
    BOOST_TEST(
        refused.refusal->lines.front() ==
        "<bob@b.example>: this recipient's OpenPGP key is weaker than this server may use, or "
        "of another kind");
    const auto expired = letter{}.to("bob@b.example", unusable()).under(rules);
    BOOST_TEST(expired.refusal->lines.front().find("cannot be used (expired") != std::string::npos);

    rules.defaults.min_strength.rsa = 1024;
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
}

BOOST_AUTO_TEST_CASE(a_rule_may_ask_for_more_or_less_of_one_kind_alone) {
    auto rules = house();
    overrides more;
    more.min_curves = 384;
    overrides less;
    less.min_elgamal = 2048;
    rules.rules = {rule_for("court.example", more), rule_for("old.example", less)};
    const auto mail = letter{}
                          .to("a@court.example", found_with("nistp256"))
                          .to("b@old.example", found_with("elg2048"))
                          .to("c@c.example", found_with("nistp256"))
                          .to("d@old.example", found_with("rsa1024"))
                          .under(rules);
    BOOST_TEST(outline(mail) == "sealed 1 2 | cleaned 0 3");
}

// Neither sealed to, since it may be too weak, nor in clear, since it may be good.
BOOST_AUTO_TEST_CASE(a_key_whose_strength_nobody_has_judged_is_not_known_yet) {
    auto rules = house();
    rules.defaults.without_key = rules.defaults.unusable_key = fallback::send;
    const auto mail = letter{}.to("bob@b.example", found_with(""));
    BOOST_TEST(outline(mail.under(rules)) == "held 0");
    rules.defaults.min_strength = nothing;
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
