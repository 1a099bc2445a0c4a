// SPDX-License-Identifier: Apache-2.0
// What was said is written late, or cannot be read: it neither ends nor changes what came after it,
// and a key that ended is still the one that the next is measured by.
#include "keys/conclusion.hpp"

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

std::string fingerprint_of(const std::string& material) {
    return clean_packets(material, address(who)).certificates.at(0).fingerprint;
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
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(late_words, world)

BOOST_AUTO_TEST_CASE(a_denial_for_a_day_makes_no_other_key_the_first_one) {
    seal_to(100);
    const auto first = memory.of().sealed->fingerprint;
    deny(); // by whoever has the domain now
    BOOST_TEST(made(find()) == 100);
    now += 25h;
    BOOST_TEST(find().result == outcome::absent);
    forget_process();
    for (const int day : {7, 400}) {
        now += 24h * day;
        serve(key(200));
        const auto said = find();
        BOOST_TEST(made(said) == 200);
        BOOST_TEST(said.replaces == first);
    }
    now += 25h;
    serve(key(100)); // its owner is back
    BOOST_TEST(find().replaces == "");
    now += 25h;
    serve(key(200));
    note_sealed(find());
    go_on();
    BOOST_TEST(find().replaces == "");
    memory.records.clear(); // an administrator has had it forgotten
    serve(key(300));
    BOOST_TEST(find().replaces == "");
}

BOOST_AUTO_TEST_CASE(a_new_key_may_be_another_one_while_the_store_cannot_be_read) {
    seal_to(100);
    memory.broken = true;
    BOOST_TEST(!find().may_replace); // this process has sealed to it
    now += 2h;
    serve(key(100));
    BOOST_TEST(!find().may_replace);
    forget_process();
    serve(key(200));
    for (int i = 0; i < 2; ++i) { // asked for, and remembered
        const auto said = find();
        BOOST_TEST(made(said) == 200);
        BOOST_TEST(said.may_replace);
    }
    BOOST_TEST(wkd->asked == 1);
    memory.broken = false;
    const auto said = find();
    BOOST_TEST(!said.may_replace);
    BOOST_TEST(said.replaces == memory.of().sealed->fingerprint);

    memory.broken = true;
    settings.pins[who] = fingerprint_of(key(200));
    forget_process();
    serve(key(200));
    BOOST_TEST(!find().may_replace); // and none of the store's pins comes before that one
    settings.pins.clear();
    start(nullptr);
    serve(key(200));
    BOOST_TEST(!find().may_replace); // where there is no store, nothing is missed
}

BOOST_AUTO_TEST_CASE(what_was_sealed_to_meanwhile_takes_no_earlier_keys_place) {
    seal_to(100);
    memory.broken = true;
    forget_process();
    serve(key(200));
    note_sealed(find());
    go_on();
    memory.broken = false;
    for (int i = 0; i < 2; ++i) {
        BOOST_TEST(find().replaces == fingerprint_of(key(100)));
        forget_process();
        serve(key(200));
    }
    note_sealed(find()); // told of
    go_on();
    BOOST_TEST(find().replaces == "");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_known_here_goes_on_while_the_store_cannot_be_read) {
    serve(key(100)); // nobody has sealed to it yet
    BOOST_TEST(made(find()) == 100);
    memory.broken = true;
    auto said = find();
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(!said.may_replace);
    now += 25h;
    serve(key(200));
    said = find();
    BOOST_TEST(made(said) == 200);
    BOOST_TEST(said.may_replace);
}

BOOST_AUTO_TEST_CASE(a_second_denial_counts_only_while_the_store_can_be_read) {
    seal_to(100);
    deny();
    find();
    now += 25h;
    memory.broken = true;
    BOOST_TEST(find().result != outcome::absent);
    memory.broken = false;
    now += 2h;
    block();
    BOOST_TEST(find().result != outcome::absent);
    BOOST_TEST(memory.of().sealed.has_value());
    now += 2h;
    deny();
    BOOST_TEST(find().result == outcome::absent); // the first one has not been forgotten
}

BOOST_AUTO_TEST_CASE(an_end_of_sealing_that_could_not_be_written_ends_no_later_sealing) {
    seal_to(100);
    deny();
    find();
    now += 25h;
    memory.full = true;
    BOOST_TEST(find().result == outcome::absent);
    const auto other = fingerprint_of(key(200));
    memory.of().sealed = sealing{now + 1h, other, {}, origin::domain}; // by another relay
    now += 8h;
    memory.full = false;
    block();
    BOOST_TEST(find().result != outcome::absent);
    serve(key(200));
    now += 2h;
    BOOST_TEST(made(find()) == 200);
    BOOST_TEST_REQUIRE(memory.of().sealed.has_value());
    BOOST_TEST(memory.of().sealed->fingerprint == other);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_takes_no_later_answers_place) {
    serve(key(200));
    BOOST_TEST(made(find()) == 200);
    auto theirs = *memory.of().remembered;
    now += 25h;
    memory.full = true;
    serve(key(100));
    BOOST_TEST(made(find()) == 100);
    theirs.asked = now + 1h;
    theirs.fresh_until = now + 20h;
    memory.of().remembered = theirs; // by another relay
    now += 2h;
    memory.full = false;
    BOOST_TEST(made(find()) == 200);
    note_sealed(find()); // which writes what has waited
    go_on();
    forget_process();
    BOOST_TEST(made(find()) == 200);
    BOOST_TEST(wkd->asked == 0);
}

BOOST_AUTO_TEST_CASE(an_answer_that_was_asked_for_in_the_future_is_replaced_by_one_of_now) {
    now += 24h * 365;
    serve(key(100));
    BOOST_TEST(made(find()) == 100);
    now -= 24h * 365; // the clock was wrong
    forget_process();
    serve(key(200));
    BOOST_TEST(made(find()) == 200);
    BOOST_TEST(made(find()) == 200);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(what_was_sealed_in_the_future_hides_no_sealing_of_now) {
    serve(key(100));
    note_sealed(find());
    go_on();
    memory.of().sealed = sealing{now + 1000h, fingerprint_of(key(200)), {}, origin::domain};
    note_sealed(find());
    go_on();
    BOOST_TEST(memory.of().sealed->fingerprint == fingerprint_of(key(100)));
}

BOOST_AUTO_TEST_CASE(a_key_that_ends_before_it_is_sealed_to_holds_mail_where_mail_was_sealed) {
    serve(key(100));
    auto said = give_up(find(), "GnuPG refused");
    BOOST_TEST(said.result == outcome::unusable); // the first one: the rule's unusable_key
    BOOST_TEST(!said.found.has_value());
    BOOST_TEST(said.reason == "GnuPG refused");
    note_sealed(find());
    go_on();
    said = give_up(find(), "GnuPG refused");
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(!said.found.has_value());
    BOOST_TEST(said.reason == "GnuPG refused; mail was sealed before, so it waits");

    memory.records.clear();
    memory.broken = true;
    forget_process();
    serve(key(100));
    BOOST_TEST(give_up(find(), "").result == outcome::temporary); // nobody can say
    memory.broken = false;
    settings.pins[who] = fingerprint_of(key(100));
    forget_process();
    serve(key(100));
    said = give_up(find(), "GnuPG refused");
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason == "GnuPG refused; its key is pinned");
}

BOOST_AUTO_TEST_SUITE_END()
