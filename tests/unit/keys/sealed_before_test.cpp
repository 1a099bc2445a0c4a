// SPDX-License-Identifier: Apache-2.0
// Once an address was sealed to, or its domain has served a key, nobody ends that by blocking
// lookups, also not across a restart.
#include "keys/verdict.hpp"

#include "tests/unit/keys/finder_on_file.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

BOOST_FIXTURE_TEST_SUITE(sealed_before, finder_on_file)

BOOST_AUTO_TEST_CASE(a_third_partys_unusable_key_ends_no_other) {
    serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    now += 25h;
    block();
    keyserver->serve(revoked_key(2));
    BOOST_TEST(find().result == outcome::found); // the one from before
    note_sealed();
    now += 24h * 31; // which nobody believes any more
    BOOST_TEST(find().result == outcome::temporary);
    serve(revoked_key(2)); // the domain's own word
    now += 1h;
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h; // time enough for somebody to do something about it
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_third_partys_revocation_of_the_key_that_was_used_counts) {
    serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    now += 25h;
    block();
    keyserver->serve(revoked_key(1));
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_page_for_everything_makes_no_directory) {
    serve("\xef\xbb\xbf<html>Welcome</html>");
    BOOST_TEST(find().result == outcome::temporary);
    now += 1h;
    block();
    BOOST_TEST(find().result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(an_absence_that_may_be_the_proxys_is_asked_about_again_soon) {
    block();
    wkd->says.brief = true;
    BOOST_TEST(find().result == outcome::absent);
    BOOST_TEST(wkd->asked == 1);
    now += 4min;
    find();
    BOOST_TEST(wkd->asked == 1);
    now += 2min;
    find();
    BOOST_TEST(wkd->asked == 2);
    block(); // for good
    now += 6min;
    find();
    now += 1h;
    find();
    BOOST_TEST(wkd->asked == 3);
}

BOOST_AUTO_TEST_CASE(a_domain_that_has_served_keys_is_not_absent_because_a_proxy_fails) {
    serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    block();
    wkd->says.brief = true;
    const auto other = "other@example.org";
    const auto said = find(other);
    BOOST_TEST(said.result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_domain_that_serves_too_much_has_no_key_of_use) {
    wkd->say(outcome::unusable); // as keys/wkd_source says it
    BOOST_TEST(find().result == outcome::unusable);
    note_sealed();
    now += 7h;
    BOOST_TEST(find().result == outcome::temporary); // somebody has a day to notice
    now += 25h;
    BOOST_TEST(find().result == outcome::unusable);
    BOOST_TEST(!known("other@example.org").directory.has_value());
}

BOOST_AUTO_TEST_CASE(too_much_from_a_domain_ends_no_key_of_which_it_says_nothing) {
    serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    note_sealed();
    wkd->say(outcome::unusable); // as keys/wkd_source says it
    for (int day = 1; day < 30; ++day) {
        now += 24h;
        const auto said = find();
        BOOST_TEST(said.result == outcome::found);
        BOOST_TEST(said.reason.find("could not be asked for again") != std::string::npos);
    }
    now += 48h; // nobody believes the old one any more
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h;
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(too_much_from_a_domain_saves_no_key_that_was_revoked) {
    serve(key(1));
    BOOST_TEST(find().result == outcome::found);
    note_sealed();
    wkd->say(outcome::unusable);
    keyserver->serve(revoked_key(1));
    now += 25h;
    BOOST_TEST(find().result == outcome::temporary); // not found: held for a day
    now += 25h;
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_blocked_lookup_is_temporary_whatever_became_of_the_key) {
    block();
    BOOST_TEST(find().result == outcome::absent); // first contact
    note_sealed();                                // to a key of the administrator's, say
    for (int i = 0; i < 3; ++i) {
        now += 24h * 100;
        restart();
        block();
        BOOST_TEST(find().result == outcome::temporary);
    }
}

BOOST_AUTO_TEST_CASE(only_the_domains_own_word_a_day_later_too_ends_it) {
    note_sealed();
    restart();
    deny();
    BOOST_TEST(find().result == outcome::temporary);
    now += 23h;
    BOOST_TEST(find().result == outcome::temporary);
    now += 2h;
    block();
    BOOST_TEST(find().result == outcome::temporary);
    restart();
    now += 1h;
    deny();
    BOOST_TEST(find().result == outcome::absent);
    now += 7h;
    block();
    BOOST_TEST(find().result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(a_key_that_comes_back_begins_anew_and_one_that_is_used_on_does_not) {
    serve(key(100));
    BOOST_TEST(find().result == outcome::found);
    now += 25h;
    deny();
    BOOST_TEST(find().result == outcome::found); // the one from before
    note_sealed();
    now += 12h;
    serve(key(100));
    BOOST_TEST(find().result == outcome::found);
    now += 25h;
    deny();
    BOOST_TEST(find().result == outcome::found);
    note_sealed();
    now += 25h;
    BOOST_TEST(find().result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(a_domain_that_has_served_a_key_has_no_silent_users) {
    serve(key(100));
    find();
    restart();
    block();
    BOOST_TEST(find("b@example.org").result == outcome::temporary);
    BOOST_TEST(find("b@EXAMPLE.ORG").result == outcome::temporary);
    BOOST_TEST(find("b@other.example").result == outcome::absent);
    now += 1h;
    deny(); // a user without a key, whom nobody has sealed to
    BOOST_TEST(find("b@example.org").result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(
    an_unusable_key_holds_mail_for_a_day_also_from_memory_and_ends_with_a_good_one) {
    serve(key(100));
    note_sealed(find());
    now += 25h;
    serve(revoked_key(100));
    for (int hours = 0; hours < 24; hours += 7) {
        const auto said = find();
        BOOST_TEST(said.result == outcome::temporary);
        BOOST_TEST(said.reason == "wkd has it: revoked; mail was sealed before, so it waits a day "
                                  "for a key of use");
        now += 7h;
    }
    BOOST_TEST(find().result == outcome::unusable);
    now += 7h;
    serve(key(200));
    BOOST_TEST(find().result == outcome::found);
    now += 25h;
    serve(revoked_key(200));
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_keyservers_key_does_not_replace_the_domains_while_that_is_blocked) {
    serve(key(100));
    note_sealed(find());
    const auto blocked = [&](auto script) {
        now += 25h;
        restart();
        script();
        return find();
    };
    const auto fails = [&] { wkd->say(outcome::temporary); };
    const auto refuses = [&] { wkd->say(outcome::absent); };
    const auto is_unreachable = [&] { block(); };
    for (const std::function<void()>& way :
         {std::function<void()>(fails), {refuses}, {is_unreachable}}) {
        const auto said = blocked([&] {
            way();
            keyserver->serve(key(200));
        });
        BOOST_TEST_REQUIRE(said.found.has_value());
        BOOST_TEST(said.found->encryption_keys.front() == 100u);
        const auto same = blocked([&] {
            way();
            keyserver->serve(key(100));
        });
        BOOST_TEST(same.found.has_value());
    }
    now += 24h * 31;
    fails();
    keyserver->serve(key(200));
    BOOST_TEST(find().result == outcome::temporary);
    deny(); // now nobody is in the way, and the veto counts
    now += 2h;
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_no_of_the_other_host_than_the_one_that_served_is_none) {
    serve(key(100)); // the advanced one
    note_sealed(find());
    for (int day = 0; day < 40; ++day) {
        now += 25h;
        restart();
        deny(wkd_host::direct); // somebody says that openpgpkey.example.org does not exist
        BOOST_TEST(find().result == (day < 28 ? outcome::found : outcome::temporary));
    }
    wkd->serve(key(100)); // the domain has moved its directory
    wkd->says.domain = domain_contact::served;
    wkd->says.host = wkd_host::direct;
    now += 2h;
    BOOST_TEST(find().result == outcome::found);
    // Whether it has moved, or has keys in both places, nobody can say: an administrator can.
    for (int day = 0; day < 40; ++day) {
        now += 25h;
        restart();
        deny(wkd_host::direct);
        BOOST_TEST(find().result == (day < 28 ? outcome::found : outcome::temporary));
    }
}

BOOST_AUTO_TEST_CASE(what_a_keyserver_gave_keyservers_can_take_where_the_domain_has_no_say) {
    block();
    keyserver->serve(key(100));
    note_sealed(find());
    now += 25h;
    keyserver->say(outcome::temporary); // whoever is in the way
    BOOST_TEST(find().result == outcome::found);
    now += 24h * 31;
    BOOST_TEST(find().result == outcome::temporary);
    keyserver->say(outcome::absent);
    now += 2h;
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h;
    BOOST_TEST(find().result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(two_words_of_different_years_confirm_nothing) {
    serve(key(100));
    note_sealed(find());
    now += 25h;
    deny();
    find();
    now += 24h * 200;
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h;
    BOOST_TEST(find().result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(another_key_than_mail_was_sealed_to_is_a_change_until_it_is_used) {
    gnupg.expiry[100] = now + 100h;
    serve(key(100));
    const auto first = find();
    BOOST_TEST(first.replaces == "");
    note_sealed(first);
    now += 25h;
    serve(key(200));
    auto said = find();
    BOOST_TEST(said.replaces == first.found->fingerprint);
    BOOST_TEST(find().replaces == first.found->fingerprint); // remembered, and as new
    restart();
    BOOST_TEST(find().replaces == first.found->fingerprint);
    now += 100h; // the old one has expired meanwhile
    serve(key(200));
    said = find();
    BOOST_TEST(said.replaces == "");
    finds->note_sealed(address(who), said);
    while (end(begin(file->recall(address(who))))->sealed->fingerprint != said.found->fingerprint)
        ;
    now += 25h;
    serve(key(300) + revoked_key(200));
    BOOST_TEST(find().replaces == ""); // revoked by its owner
}

BOOST_AUTO_TEST_SUITE_END()
