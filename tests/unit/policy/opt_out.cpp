// SPDX-License-Identifier: Apache-2.0
// Those who cannot read sealed mail, on an administrator's word.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(opt_outs)

namespace {

using namespace std::chrono_literals;

keys::finding opted_out() {
    keys::finding made{keys::outcome::absent, {}, "store", "opted out (by anna: no program)"};
    made.opted_out = true;
    return made;
}

rule_set requiring(std::string_view recipient, scope how_far) {
    auto rules = house();
    overrides required;
    required.encrypt = encrypt::required;
    required.scope = how_far;
    rules.rules = {rule_for(recipient, required)};
    return rules;
}

} // namespace

BOOST_AUTO_TEST_CASE(who_has_opted_out_gets_it_in_clear_whatever_is_set_for_those_without_a_key) {
    for (const auto set : {fallback::send, fallback::hold, fallback::defer, fallback::reject}) {
        auto rules = house();
        auto& defaults = rules.defaults;
        defaults.without_key = defaults.unusable_key = defaults.lookup_failed = set;
        defaults.key_change = key_change::hold;
        const auto made = letter{}.to("bob@b.example", opted_out()).under(rules);
        BOOST_TEST(outline(made) == "cleaned 0");
        BOOST_TEST(made.decisions[0].reason == "opted out (by anna: no program), sent in clear");
    }
}

BOOST_AUTO_TEST_CASE(neither_a_pin_nor_another_key_holds_what_an_opt_out_sends) {
    auto rules = house();
    rules.defaults.key_change = key_change::hold;
    auto about = changed("A", "B");
    about.opted_out = about.pinned = true;
    BOOST_TEST(outline(letter{}.to("bob@b.example", about).under(rules)) == "cleaned 0");
}

BOOST_AUTO_TEST_CASE(what_is_required_is_refused_and_never_sent_in_clear) {
    const auto mail = letter{}.to("bob@b.example", opted_out()).to("cara@c.example", found("C"));
    const auto own = mail.under(requiring("bob@b.example", scope::recipient));
    BOOST_TEST(outline(own) == "550 5.7.1");
    // A message of its own would be refused as well.
    BOOST_TEST(own.refusal->lines.back().find("ask the administrator of this server") !=
               std::string::npos);
    BOOST_TEST(own.refusal->lines.front() == "<bob@b.example>: this message must be encrypted, but "
                                             "this recipient cannot read encrypted mail");
    BOOST_TEST(own.decisions[0].reason == "refused: opted out (by anna: no program), and the "
                                          "message must be sealed");
    // Cara's rule binds the message, and him with it.
    BOOST_TEST(outline(mail.under(requiring("cara@c.example", scope::message))) == "550 5.7.1");
    BOOST_TEST(outline(mail.under(requiring("cara@c.example", scope::recipient))) ==
               "sealed 1 | cleaned 0");
    BOOST_TEST(outline(mail.under(requiring("bob@b.example", scope::recipient),
                                  answering::each_recipient)) == "sealed 1 | 550 5.7.1 for 0");
}

BOOST_AUTO_TEST_CASE(held_mail_leaves_in_clear_once_its_recipient_opts_out_unless_it_is_bound) {
    auto rules = house();
    rules.defaults.without_key = fallback::hold;
    const auto mail = letter{}.to("bob@b.example", opted_out());
    const auto after = [](promise made) {
        return occasion{answering::as_one, waiting{1h, {{made}}}};
    };
    BOOST_TEST(outline(mail.under(rules, after(promise::none))) == "cleaned 0");
    BOOST_TEST(outline(mail.under(rules, after(promise::not_clear))) == "cleaned 0");
    BOOST_TEST(outline(mail.under(rules, after(promise::required))) == "550 5.7.1 for 0");

    // A rule for those whose key is known is not for them any more.
    overrides strict;
    strict.encrypt = encrypt::required;
    auto whose_key_is_known = rule_for("b.example", strict);
    also(whose_key_is_known, {known_key_is{true}});
    rules.rules = {whose_key_is_known};
    const occasion known{answering::as_one, waiting{1h, {{promise::not_clear, true}}}};
    BOOST_TEST(outline(mail.under(rules, known)) == "cleaned 0");
}

BOOST_AUTO_TEST_CASE(who_has_opted_out_is_a_clear_one_of_all_or_none) {
    auto rules = house();
    rules.defaults.encrypt = encrypt::all_or_none;
    const auto mail = letter{}.to("bob@b.example", opted_out()).to("cara@c.example", found("C"));
    BOOST_TEST(outline(mail.under(rules)) == "cleaned 0 1");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
