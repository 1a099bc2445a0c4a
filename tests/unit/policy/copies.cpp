// SPDX-License-Identifier: Apache-2.0
// Who else gets a copy, or must not: archives, blind recipients, and keys from where a rule takes
// none.
#include "policy/plan.hpp"

#include "scene.hpp"

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(copies_and_sources)

namespace {

rule_set house_with_archive() {
    auto rules = house();
    rules.defaults.archive = at("archive@example.org");
    return rules;
}

keys::finding found_by(keys::origin from) {
    auto one = found("B");
    one.from = from;
    return one;
}

} // namespace

BOOST_AUTO_TEST_CASE(what_leaves_has_one_copy_for_each_archive) {
    auto rules = house_with_archive();
    overrides legal;
    legal.archive = at("Legal@example.org");
    overrides none;
    none.archive = std::optional<smtp::mailbox>();
    rules.rules = {rule_for("court.example", legal), rule_for("quiet.example", none)};
    struct {
        std::vector<std::string_view> to;
        std::string_view expected;
    } const table[] = {
        {{"bob@b.example"}, "sealed 0 | archive archive@example.org"},
        {{"bob@b.example", "cara@c.example"}, "sealed 0 1 | archive archive@example.org"},
        {{"bob@b.example", "a@court.example"},
         "sealed 0 1 | archive archive@example.org | archive Legal@example.org"},
        {{"q@quiet.example"}, "sealed 0"},
        {{"ben@example.org"}, "untouched 0"},
        // It is a recipient already, and inside.
        {{"bob@b.example", "ARCHIVE@example.org"}, "sealed 0 | cleaned 1"},
    };
    for (const auto& row : table) {
        letter mail;
        for (const auto to : row.to)
            mail.to(to, found(std::string{to}));
        BOOST_TEST(outline(mail.under(rules)) == row.expected);
    }
}

BOOST_AUTO_TEST_CASE(what_does_not_leave_has_no_copy) {
    auto rules = house_with_archive();
    rules.defaults.without_key = fallback::reject;
    const auto mail = letter{}.to("bob@b.example", absent());
    BOOST_TEST(outline(mail.under(rules)) == "550 5.7.5");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) == "550 5.7.5 for 0");
    auto foreign = letter{}.to("bob@b.example", found("B"));
    foreign.facts.from = these({"x@far.example"});
    BOOST_TEST(outline(foreign.under(rules)) == "untouched 0");
}

BOOST_AUTO_TEST_CASE(a_message_is_copied_when_it_comes_and_not_when_it_is_looked_at_again) {
    const auto rules = house_with_archive();
    auto mail = letter{}.to("bob@b.example", temporary());
    BOOST_TEST(outline(mail.under(rules)) == "held 0 | archive archive@example.org");
    mail.findings = {found("B")};
    const occasion again{answering::as_one, waiting{std::chrono::hours(1), {}}};
    BOOST_TEST(outline(mail.under(rules, again)) == "sealed 0");
}

BOOST_AUTO_TEST_CASE(a_blind_recipient_is_sealed_to_alone_or_refused) {
    auto rules = house();
    const auto mail =
        letter{}.to("bob@b.example", found("B")).blind_to("eve@e.example", found("E"));
    BOOST_TEST(outline(mail.under(rules)) == "sealed 0 | sealed 1");
    rules.defaults.blind = blind_copies::reject;
    const auto made = mail.under(rules);
    BOOST_TEST(outline(made) == "550 5.7.1");
    BOOST_TEST(made.refusal->lines.front() ==
               "<eve@e.example>: this message is to be encrypted, and this recipient is not named "
               "in To or Cc");
    BOOST_TEST(outline(mail.under(rules, answering::each_recipient)) ==
               "sealed 0 | 550 5.7.1 for 1");
    // In clear nobody sees who else got it.
    const auto clear =
        letter{}.to("bob@b.example", found("B")).blind_to("eve@e.example", absent()).under(rules);
    BOOST_TEST(outline(clear) == "sealed 0 | cleaned 1");
}

BOOST_AUTO_TEST_CASE(a_key_from_where_the_rule_takes_none_is_no_knowledge) {
    using keys::origin;
    constexpr std::array all{origin::administrator, origin::domain, origin::third_party};
    struct {
        allowed_sources allowed;
        std::array<std::string_view, 3> expected; // of each origin
        std::string_view missing;
    } const table[] = {
        {{true, true, true}, {"sealed 0", "sealed 0", "sealed 0"}, ""},
        {{true, true, false}, {"sealed 0", "sealed 0", "550 5.7.5"}, "keyservers"},
        {{true, false, true}, {"sealed 0", "550 5.7.5", "sealed 0"}, "wkd"},
        {{false, true, true}, {"550 5.7.5", "sealed 0", "sealed 0"}, "local"},
    };
    for (const auto& row : table) {
        auto rules = house();
        rules.defaults.sources = row.allowed;
        rules.defaults.lookup_failed = fallback::reject; // and the others send in clear
        for (std::size_t i = 0; i < all.size(); ++i) {
            const auto made = letter{}.to("bob@b.example", found_by(all[i])).under(rules);
            BOOST_TEST(outline(made) == row.expected[i]);
            if (!made.refusal) continue;
            BOOST_TEST(made.decisions[0].reason ==
                       "refused: the key could not be looked up and its rule says so (WKD served "
                       "it: the sources of its "
                       "rule are without " +
                           std::string{row.missing} + ")");
        }
    }
}

BOOST_AUTO_TEST_CASE(a_pin_goes_before_the_sources_of_a_rule) {
    auto rules = house();
    rules.defaults.sources = {.local = true, .wkd = false, .keyservers = false};
    auto pinned = found_by(keys::origin::third_party);
    pinned.pinned = true;
    BOOST_TEST(outline(letter{}.to("bob@b.example", pinned).under(rules)) == "sealed 0");
}

BOOST_AUTO_TEST_CASE(the_words_of_a_rule_stand_in_the_decision) {
    auto rules = house();
    rules.defaults.note = "ticket 17";
    const auto made = letter{}.to("bob@b.example", found("B")).to("ben@example.org").under(rules);
    BOOST_TEST(made.decisions[0].note == "ticket 17");
    BOOST_TEST(made.decisions[1].note == "");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
