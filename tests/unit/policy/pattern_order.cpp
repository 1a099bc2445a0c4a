// SPDX-License-Identifier: Apache-2.0
#include "policy/pattern_order.hpp"

#include "scene.hpp"

#include <random>

namespace postseal::policy {

using namespace scene;

BOOST_AUTO_TEST_SUITE(pattern_orders)

BOOST_AUTO_TEST_CASE(a_wide_pattern_covers_a_narrow_one) {
    const struct {
        std::string_view wide, narrow;
        bool covers;
    } table[] = {
        {"b.example", "bob@b.example", true},
        {"*@b.example", "bob@B.example", true},
        {"b.example", "*@b.example", true},
        {"*@b.example", "b.example", true},
        {"*@b.example", "support-*@b.example", true},
        {"support-*@b.example", "*@b.example", false},
        {"bob@b.example", "*@b.example", false},
        {"b.example", "x@a.b.example", false},
        {"*.example", "*.b.example", true},
        {"*.b.example", "b.example", false},
        {"*.b.example", "*.example", false},
        {"*@*", "b?b@*.example", true},
        {"b?b@b.example", "bob@b.example", true},
        {"b?b@b.example", "b*b@b.example", false},
        {"b*b@b.example", "b?b@b.example", true},
        {"?*@b.example", "*@b.example", false},
        {"*a*@b.example", "*b*@b.example", false},
        // No star reaches across the '@'.
        {"*@tickets.*", "x@tickets.a@elsewhere.example", false},
    };
    for (const auto& row : table)
        BOOST_TEST(pattern_covers(row.wide, row.narrow) == row.covers,
                   row.wide << " covers " << row.narrow);
}

BOOST_AUTO_TEST_CASE(patterns_are_apart_where_no_address_is_as_both) {
    const struct {
        std::string_view one, other;
        bool apart;
    } table[] = {
        {"a.example", "b.example", true},
        {"a.example", "*.example", false},
        {"b.example", "*.b.example", true},
        {"*.a.example", "*.b.example", true},
        {"bob@*", "cara@*", true},
        {"bob@*", "b.example", false},
        {"bob@b.example", "b.example", false},
        {"bob@b.example", "bobby@b.example", true},
        {"b*@b.example", "*y@b.example", false},
        {"b*@b.example", "c*@b.example", true},
        {"bob@b.example", "Bob@B.example", false},
        {"a?@b.example", "a@b.example", true},
    };
    for (const auto& row : table) {
        BOOST_TEST(patterns_are_apart(row.one, row.other) == row.apart,
                   row.one << " and " << row.other);
        BOOST_TEST(patterns_are_apart(row.other, row.one) == row.apart,
                   row.other << " and " << row.one);
    }
}

// Short words of few letters, so that patterns and addresses meet often.
BOOST_AUTO_TEST_CASE(what_is_said_of_two_patterns_is_true_of_every_address) {
    std::mt19937 random(5); // NOLINT: the same ones each time
    const auto word = [&](std::string_view letters) {
        std::string made;
        for (auto size = 1 + random() % 3; size > 0; --size)
            made += letters[random() % letters.size()];
        return made;
    };
    const auto pattern = [&] {
        return random() % 3 == 0 ? word("ab.*?") : word("aB*?") + "@" + word("ab*?");
    };
    int covering = 0, apart = 0;
    for (int round = 0; round < 5'000; ++round) {
        const auto wide = pattern(), narrow = pattern();
        const bool covers = pattern_covers(wide, narrow);
        const bool are_apart = patterns_are_apart(wide, narrow);
        if (!covers && !are_apart) continue;
        for (int i = 0; i < 50; ++i) {
            const folded_address address({word("ab"), word("ab.")});
            const bool in_wide = address_matches(smtp::ascii_lower(wide), address);
            const bool in_narrow = address_matches(smtp::ascii_lower(narrow), address);
            if (covers && in_narrow) {
                ++covering;
                BOOST_REQUIRE_MESSAGE(in_wide, wide << ", " << narrow << ": " << address.whole());
            }
            if (are_apart && (in_wide || in_narrow)) {
                ++apart;
                BOOST_REQUIRE_MESSAGE(in_wide != in_narrow,
                                      wide << ", " << narrow << ": " << address.whole());
            }
        }
    }
    BOOST_TEST(covering > 500);
    BOOST_TEST(apart > 500);
}

BOOST_AUTO_TEST_CASE(a_set_covers_what_one_of_its_patterns_covers) {
    const address_set set{"bob@b.example", "c.example", "*.d.example"};
    for (const auto* const covered :
         {"bob@b.example", "c.example", "x@c.example", "*@c.example", "a*@c.example",
          "x@y.d.example", "*.y.d.example", "*.d.example"})
        BOOST_TEST(set.covers(covered), covered);
    for (const auto* const other : {"b.example", "bo*@b.example", "d.example", "*.c.example"})
        BOOST_TEST(!set.covers(other), other);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::policy
