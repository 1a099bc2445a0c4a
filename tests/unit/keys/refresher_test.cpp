// SPDX-License-Identifier: Apache-2.0
#include "keys/refresher.hpp"

#include "tests/unit/keys/finder_on_file.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

struct world : finder_on_file {
    std::unique_ptr<refresher> refreshes;

    world() {
        refreshes = std::make_unique<refresher>(context.get_executor(), *finds, *file,
                                                [this] { return now; });
        serve(key(100));
    }
    ~world() {
        refreshes.reset();
        finds.reset();
        go_on();
    }
    std::size_t refresh() { return end(begin(refreshes->run_once())); }
    void seal() { note_sealed(find()); }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(refreshing, world)

BOOST_AUTO_TEST_CASE(a_key_in_use_is_asked_for_before_what_is_known_is_stale) {
    seal();
    BOOST_TEST(refresh() == 0u);
    now += 24h;
    BOOST_TEST(refresh() == 1u);
    BOOST_TEST(wkd->asked == 2);
    find(); // waits for nobody
    BOOST_TEST(wkd->asked == 2);
    BOOST_TEST(refresh() == 0u);
}

BOOST_AUTO_TEST_CASE(a_key_that_ends_soon_is_asked_for_before_its_end) {
    gnupg.expiry[100] = now + 5h;
    seal();
    now += 3h;
    BOOST_TEST(refresh() == 0u);
    now += 90min;
    gnupg.expiry[200] = now + 24h * 365;
    serve(key(200));
    BOOST_TEST(refresh() == 1u);
    BOOST_TEST(find().found->encryption_keys.front() == 200u);
}

BOOST_AUTO_TEST_CASE(a_key_that_nobody_uses_is_left_alone) {
    find();
    now += 24h;
    BOOST_TEST(refresh() == 0u); // found, but nothing was sealed
    seal();
    now += 24h * 31;
    BOOST_TEST(refresh() == 0u);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_asked_rests_and_stays_due) {
    seal();
    now += 24h;
    wkd->say(outcome::temporary);
    BOOST_TEST(refresh() == 1u);
    BOOST_TEST(refresh() == 0u);
    now += 6min;
    BOOST_TEST(refresh() == 1u);
    now += 6min; // twice as long now
    BOOST_TEST(refresh() == 0u);
    now += 5min;
    serve(key(100));
    BOOST_TEST(refresh() == 1u);
    BOOST_TEST((known().remembered->asked == now));
}

BOOST_AUTO_TEST_CASE(one_of_those_who_share_a_store_does_it) {
    seal();
    now += 24h;
    const auto other = open_another();
    BOOST_TEST((*end(begin(other->take_lease("refreshing", 60s))) == lease::ours));
    BOOST_TEST(refresh() == 0u);
    BOOST_TEST((*end(begin(other->take_lease("refreshing", 0s))) == lease::ours));
    BOOST_TEST(refresh() == 1u);
}

BOOST_AUTO_TEST_CASE(keyservers_tell_of_a_revocation_that_the_domain_keeps_quiet_about) {
    seal();
    keyserver->of_fingerprint.result = outcome::found;
    // As a server that has verified no address: a key, its revocation, and nothing else.
    const auto made = key_made_at(100);
    keyserver->of_fingerprint.material =
        packet(6, made.key) + packet(2, rsa_signature(0x20, made.issuer));
    now += 24h;
    BOOST_TEST(refresh() == 1u);
    BOOST_TEST(keyserver->fingerprints.size() == 1u);
    BOOST_TEST(keyserver->asked == 0); // not by address
    const auto said = find();
    BOOST_TEST(said.result == outcome::temporary); // somebody has a day to notice
    BOOST_TEST(said.reason.find("revoked") != std::string::npos);
    now += 25h;
    BOOST_TEST(find().result == outcome::unusable); // whatever the domain serves
}

BOOST_AUTO_TEST_CASE(what_else_keyservers_have_for_a_fingerprint_changes_nothing) {
    seal();
    keyserver->of_fingerprint.result = outcome::found;
    for (const auto& served : {revoked_key(200), key(300), std::string("<html>"), std::string()}) {
        keyserver->of_fingerprint.material = served;
        now += 24h;
        BOOST_TEST(refresh() == 1u);
        BOOST_TEST(find().found->encryption_keys.front() == 100u);
    }
}

BOOST_AUTO_TEST_CASE(what_is_of_no_use_any_more_is_forgotten) {
    find();
    now += 24h * 401;
    refresh();
    BOOST_TEST(!known().remembered.has_value());
    BOOST_TEST(known().directory.has_value()); // that makes mail safe
}

BOOST_AUTO_TEST_CASE(what_an_administrator_gives_takes_no_place_in_a_round) {
    seal();
    now += 24h;
    directory->serve(key(100));
    BOOST_TEST(refresh() == 0u);
    BOOST_TEST(wkd->asked == 1);
    BOOST_TEST(keyserver->fingerprints.empty());
}

BOOST_AUTO_TEST_CASE(a_refresher_may_go_in_the_middle_of_a_round) {
    seal();
    now += 24h;
    wkd->door.close();
    auto round = begin(refreshes->run_once());
    while (wkd->asked < 2)
        context.run_one();
    refreshes.reset();
    wkd->door.open();
    BOOST_TEST(end(std::move(round)) == 1u);
    BOOST_TEST(keyserver->fingerprints.empty());
}

BOOST_AUTO_TEST_SUITE_END()
