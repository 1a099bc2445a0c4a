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
        begin_refreshing();
        serve(key(100));
    }
    ~world() {
        refreshes.reset();
        finds.reset();
        go_on();
    }
    std::size_t refresh() { return end(begin(refreshes->run_once())); }
    void seal() { note_sealed(find()); }
    void give(bool is_pinned) {
        const auto cleaned = clean_packets(key(100), address(who)).certificates.at(0);
        record_changes changes;
        changes.given = {{cleaned.fingerprint, cleaned.bytes, is_pinned, "", now}};
        BOOST_REQUIRE(end(begin(file->remember(address(who), changes))).has_value());
    }
    /// With an empty store.
    void start_anew() {
        refreshes.reset();
        finds.reset();
        file.reset();
        std::filesystem::remove(folder.path() / "keys.sqlite");
        restart();
        begin_refreshing();
    }
    void begin_refreshing() {
        refreshes = std::make_unique<refresher>(context.get_executor(), *finds, *file,
                                                [this] { return now; });
    }
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

BOOST_AUTO_TEST_CASE(keyservers_tell_of_a_revocation_of_a_key_that_was_given) {
    for (const bool is_pinned : {false, true}) {
        give(is_pinned);
        deny(); // which is no word against it
        keyserver->of_fingerprint = {};
        now += 25h;
        refresh();
        BOOST_TEST(find().result == outcome::found);
        BOOST_TEST(keyserver->fingerprints.size() == 1u);
        BOOST_TEST(keyserver->asked == 0); // not by address
        BOOST_TEST(refreshes->take_warnings().empty());

        keyserver->of_fingerprint.result = outcome::found;
        const auto made = key_made_at(100);
        keyserver->of_fingerprint.material =
            packet(6, made.key) + packet(2, rsa_signature(0x20, made.issuer));
        now += 23h;
        refresh(); // it has been asked for today
        BOOST_TEST(find().result == outcome::found);
        now += 2h;
        refresh();
        const auto said = find();
        // Mail to an address with a pin waits, whatever the policy says.
        BOOST_TEST(said.result == (is_pinned ? outcome::temporary : outcome::unusable));
        BOOST_TEST(said.reason.find("revoked") != std::string::npos, said.reason);
        const auto warned = refreshes->take_warnings();
        BOOST_TEST_REQUIRE(warned.size() == 1u);
        BOOST_TEST(warned.front().starts_with("the key " + *keyserver->fingerprints.begin() +
                                              " that an administrator has given for " + who +
                                              " was revoked"));
        now += 25h;
        keyserver->of_fingerprint = {};
        refresh();
        BOOST_TEST(!find().found.has_value()); // for ever
        BOOST_TEST(refreshes->take_warnings().empty());
        start_anew();
    }
}

BOOST_AUTO_TEST_CASE(who_was_sealed_to_has_a_day_when_a_given_key_is_revoked) {
    give(false);
    deny();
    seal();
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = revoked_key(100);
    refresh();
    BOOST_TEST(find().result == outcome::temporary);
    now += 25h;
    BOOST_TEST(find().result == outcome::unusable);
}

// What the domain serves does not take the place of the given key, and does not end the day either.
BOOST_AUTO_TEST_CASE(who_was_sealed_to_has_a_day_also_where_the_domain_has_another_key) {
    give(false);
    serve(key(300));
    seal();
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = revoked_key(100);
    refresh();
    for (int hours = 0; hours < 24; hours += 6) {
        BOOST_TEST(find().result == outcome::temporary);
        now += 6h;
    }
    now += 1h;
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(nothing_but_a_revocation_changes_a_given_key) {
    give(false);
    deny();
    keyserver->of_fingerprint.result = outcome::found;
    for (const auto& served : {revoked_key(200), key(300), std::string("<html>"), std::string()}) {
        keyserver->of_fingerprint.material = served;
        now += 25h;
        refresh();
        BOOST_TEST(find().found->encryption_keys.front() == 100u);
        BOOST_TEST(known().rejected.empty());
    }
}

BOOST_AUTO_TEST_CASE(all_given_keys_are_asked_for_however_many_there_are) {
    const auto many = 2 * refresher::max_given_at_once + 1;
    for (std::size_t i = 0; i < many; ++i) {
        record_changes changes;
        changes.given = {{"F" + std::to_string(i), "bytes", false, "", now}};
        const auto whom = std::to_string(i) + "@example.org";
        BOOST_TEST_REQUIRE(end(begin(file->remember(address(whom), changes))).has_value());
    }
    refresh();
    BOOST_TEST(keyserver->fingerprints.size() == refresher::max_given_at_once);
    refresh();
    refresh();
    BOOST_TEST(keyserver->fingerprints.size() == many);
    keyserver->fingerprints.clear();
    refresh();
    BOOST_TEST(keyserver->fingerprints.empty());
    now += 25h;
    refresh();
    BOOST_TEST(keyserver->fingerprints.size() == refresher::max_given_at_once);
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
