// SPDX-License-Identifier: Apache-2.0
// What somebody who stands in the way, a third party, another relay or a broken store could make a
// finder believe, and does not.
#include "keys/verdict.hpp"

#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

int made(const finding& said) {
    return said.found ? static_cast<int>(said.found->encryption_keys.front()) : 0;
}

struct world : finder_world {
    /// The domain serves it, and mail is sealed to it; a day and an hour ago.
    void seal_to(std::size_t created) {
        serve(key(created));
        note_sealed(find());
        go_on();
        now += 25h;
    }
    void forget_process() { start(&memory); }
    void remember_now() {
        memory.of().remembered->asked = now;
        memory.of().remembered->fresh_until = now + 1h;
    }
    /// What find() says where another relay has written `theirs` while this one waited for it.
    template<class Theirs>
    finding find_after(Theirs theirs) {
        memory.leased = {"key of " + who};
        auto waiting = begin(finds->find(address(who)));
        go_on();
        theirs();
        auto said = end(std::move(waiting));
        memory.leased.clear();
        return said;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(misled_finder, world)

BOOST_AUTO_TEST_CASE(what_another_relay_found_is_no_way_around_a_pin) {
    seal_to(200);
    settings.pins[who] = clean_packets(key(100), address(who)).certificates.at(0).fingerprint;
    forget_process();
    serve(key(200));
    BOOST_TEST(find_after([&] { remember_now(); }).result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(what_another_relay_found_is_taken_with_its_doubts) {
    seal_to(100);
    const auto said = find_after([&] {
        auto& known = memory.of();
        known.remembered->what.result = outcome::unusable;
        known.remembered->what.found.reset();
        known.doubts.unusable_since = now;
        remember_now();
    });
    BOOST_TEST(said.result == outcome::temporary); // for a day
}

BOOST_AUTO_TEST_CASE(a_late_absence_of_another_relay_is_no_word_about_whom_mail_was_sealed_to) {
    for (const auto theirs : {outcome::absent, outcome::unusable}) {
        serve(key(100));
        note_sealed(find());
        go_on();
        auto& known = *memory.of().remembered;
        known.what.result = theirs;
        known.what.found.reset();
        known.fresh_until = now + 24h * 365 * 1000; // an imported line may say anything
        wkd->asked = 0;
        BOOST_TEST(made(find()) == 100);
        BOOST_TEST(wkd->asked == 1);
        known.fresh_until = now + 24h * 365 * 1000;
        known.what.result = theirs;
        known.what.found.reset();
        block();
        BOOST_TEST(find().result == outcome::temporary);
        now += 2h;
    }
}

BOOST_AUTO_TEST_CASE(a_store_that_cannot_be_read_is_never_an_absence_however_often_it_is_asked) {
    seal_to(100);
    forget_process();
    memory.broken = true;
    block();
    for (int i = 0; i < 5; ++i) {
        BOOST_TEST(find().result == outcome::temporary);
        now += 2h;
    }
    memory.broken = false;
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(a_busy_keyserver_and_a_store_that_cannot_be_read_open_nothing) {
    memory.broken = true;
    block();
    keyserver->say(outcome::temporary);
    keyserver->says.retry_in = 40s;
    BOOST_TEST(!find().retry_in.has_value());
}

BOOST_AUTO_TEST_CASE(a_strangers_key_is_not_taken_while_nobody_knows_of_an_earlier_one) {
    seal_to(100);
    forget_process();
    memory.broken = true;
    block();
    keyserver->serve(key(200));
    BOOST_TEST(find().result == outcome::temporary);
    memory.broken = false;
    now += 2h;
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_CASE(an_old_copy_on_a_keyserver_ends_no_key_whose_domain_is_blocked) {
    gnupg.expiry[100] = now + 100h;
    seal_to(100);
    now += 24h * 5; // its owner has put off its end, in WKD only
    forget_process();
    block();
    keyserver->serve(key(100)); // as it was
    for (int i = 0; i < 30; ++i) {
        BOOST_TEST(find().result == outcome::temporary);
        now += 2h;
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_was_revoked_meanwhile_is_not_used_whoever_wrote_last) {
    seal_to(100);
    remember_now();
    rejected_certificate revoked;
    revoked.fingerprint = memory.of().remembered->what.found->fingerprint;
    revoked.bytes = clean_packets(revoked_key(100), address(who)).certificates.at(0).bytes;
    revoked.revoked = true;
    memory.of().rejected = {revoked};
    block();
    BOOST_TEST(made(find()) == 0);
    wkd->say(outcome::temporary);
    now += 2h;
    BOOST_TEST(made(find()) == 0); // nor is it fallen back on
}

BOOST_AUTO_TEST_CASE(
    a_strangers_key_takes_the_place_of_an_expired_one_after_a_day_and_is_a_change) {
    gnupg.expiry[100] = now + 24h;
    seal_to(100);
    forget_process();
    serve(key(100)); // its owner is on holiday
    keyserver->serve(key(200));
    for (int i = 0; i < 4; ++i) {
        BOOST_TEST(find().result == outcome::temporary);
        now += 7h;
    }
    const auto said = find();
    BOOST_TEST(made(said) == 200);
    BOOST_TEST(said.replaces == memory.of().sealed->fingerprint);
}

BOOST_AUTO_TEST_CASE(what_an_administrator_took_back_is_believed_to_be_gone_after_a_day) {
    directory->serve(key(100));
    note_sealed(find());
    go_on();
    directory->say(outcome::absent);
    block();
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h;
    BOOST_TEST(find().result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(where_nobody_may_be_asked_nobody_says_that_there_is_no_key) {
    for (const auto first : {&finder_world::directory, &finder_world::keyserver}) {
        memory.records.clear();
        forget_process();
        block();
        for (auto* const one : {&*directory, &*keyserver})
            one->say(outcome::absent);
        (this->*first)->serve(key(100));
        note_sealed(find());
        go_on();
        (this->*first)->say(outcome::absent);
        // Whoever is asked before the store is not meant.
        wkd->says.asked_nobody = keyserver->says.asked_nobody = true;
        for (int day = 0; day < 3; ++day) {
            now += 25h;
            BOOST_TEST(find().result != outcome::absent);
        }
        now += 24h * 30; // which a remembered key does not outlast
        BOOST_TEST(find().result == outcome::temporary);
        keyserver->says.asked_nobody = false;
        now += 25h;
        BOOST_TEST(find().result == outcome::temporary);
        now += 25h;
        BOOST_TEST(find().result == outcome::absent);
    }
}

BOOST_AUTO_TEST_CASE(a_domain_that_is_late_does_not_stop_mail_to_a_key_that_is_known) {
    settings.deadline = 500ms;
    forget_process();
    seal_to(100);
    wkd->door.close();
    const auto said = find();
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.reason.find("took longer than 500 ms") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_hold_that_began_in_the_future_begins_now) {
    seal_to(100);
    now += 24h * 365;
    serve(revoked_key(100));
    BOOST_TEST(find().result == outcome::temporary);
    now -= 24h * 365; // the clock was wrong
    start(&memory);
    serve(revoked_key(100));
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h;
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_pinned_key_may_come_from_a_keyserver_whatever_the_domain_serves) {
    seal_to(200);
    settings.pins[who] = clean_packets(key(100), address(who)).certificates.at(0).fingerprint;
    forget_process();
    serve(key(200));
    keyserver->serve(key(100));
    BOOST_TEST(made(find()) == 100);
}

BOOST_AUTO_TEST_SUITE_END()
