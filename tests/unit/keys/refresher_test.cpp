// SPDX-License-Identifier: Apache-2.0
#include "keys/refresher.hpp"

#include "tests/unit/keys/refresher_world.hpp"

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

/// Knows that key(100) is revoked, and does not answer where it is asked for some others; then it
/// is left alone, as keys/keyserver_source does.
struct server_failing_at {
    std::set<std::string> fails_at{};
    bool rests = false;

    explicit server_failing_at(std::initializer_list<scripted_source*> names) {
        for (auto* const one : names)
            one->by_fingerprint = [this](const std::string& asked) { return say(asked); };
    }
    answer say(const std::string& asked) {
        answer said;
        said.resting = rests;
        rests = rests || fails_at.contains(asked);
        if (rests) {
            said.result = outcome::temporary;
            said.reason = "503";
        } else if (asked == refresher_world::fingerprint()) {
            said.result = outcome::found;
            said.material = revoked_key(100);
        }
        return said;
    }
};

using words = std::vector<std::string>;

} // namespace

BOOST_FIXTURE_TEST_SUITE(refreshing, refresher_world)

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

BOOST_AUTO_TEST_CASE(all_given_keys_are_asked_for_however_many_there_are) {
    const auto many = 2 * refresher::max_given_at_once + 1;
    give_many(many);
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

BOOST_AUTO_TEST_CASE(a_key_at_which_a_server_fails_hides_no_others_revocation) {
    give_many(3); // those come before it
    give(false);
    deny();
    server_failing_at server({keyserver, other_keyserver});
    server.fails_at = {"F0"};
    refresh();
    BOOST_TEST(keyserver->in_order == words({"F0"}));
    server.rests = false;
    refresh(); // and comes back to the first
    BOOST_TEST(keyserver->in_order == words({"F0", "F1", "F2", fingerprint(), "F0"}));
    BOOST_TEST(find().result == outcome::unusable);
    BOOST_TEST(refreshes->take_warnings().size() == 1u);
}

BOOST_AUTO_TEST_CASE(whom_a_server_that_rests_was_not_asked_for_is_next) {
    give(false);
    deny();
    server_failing_at server({keyserver, other_keyserver});
    server.rests = true;
    refresh();
    refresh();
    BOOST_TEST(find().result == outcome::found);
    server.rests = false;
    refresh();
    BOOST_TEST(find().result == outcome::unusable);
    BOOST_TEST(keyserver->in_order.size() == 3u);
}

BOOST_AUTO_TEST_CASE(who_was_not_asked_for_is_asked_for_until_there_is_an_answer) {
    give_many(4);
    server_failing_at server({keyserver, other_keyserver});
    server.fails_at = {"F0", "F2"};
    for (int round = 0; round < 4; ++round) {
        server.rests = false;
        refresh();
    }
    BOOST_TEST(keyserver->in_order == words({"F0", "F1", "F2", "F3", "F0", "F2"}));
    server.fails_at = {"F0"};
    for (int round = 0; round < 3; ++round) {
        server.rests = false;
        refresh();
    }
    BOOST_TEST(keyserver->in_order ==
               words({"F0", "F1", "F2", "F3", "F0", "F2", "F0", "F2", "F0", "F0"}));
    BOOST_TEST(refreshes->take_warnings().empty());
    now += 25h;
    server.rests = false;
    refresh();
    const auto warned = refreshes->take_warnings();
    BOOST_TEST_REQUIRE(warned.size() == 1u);
    BOOST_TEST(warned.front().find("the key of 0@example.org was revoked: 503") !=
                   std::string::npos,
               warned.front());
}

BOOST_AUTO_TEST_CASE(a_server_that_rests_or_fails_does_not_keep_another_one_from_being_asked) {
    for (const bool rests : {true, false}) {
        give_many(3);
        server_failing_at server({keyserver});
        server.rests = rests;
        server.fails_at = {"F0"};
        refresh();
        BOOST_TEST(other_keyserver->fingerprints.size() == 3u);
        server.rests = false;
        server.fails_at.clear();
        keyserver->in_order.clear();
        refresh(); // what the first one has to say is not forgotten
        BOOST_TEST(keyserver->in_order == words({"F0", "F1", "F2"}));
        refresh();
        BOOST_TEST(keyserver->in_order.size() == 3u);
        start_anew();
    }
}

BOOST_AUTO_TEST_CASE(a_key_in_use_is_asked_for_again_too_where_a_server_has_failed) {
    seal();
    now += 24h;
    server_failing_at server({keyserver, other_keyserver});
    server.fails_at = {fingerprint()};
    BOOST_TEST(refresh() == 1u);
    server.rests = false;
    server.fails_at.clear();
    BOOST_TEST(refresh() == 0u);
    BOOST_TEST(find().result == outcome::temporary); // it has a day
    BOOST_TEST(known().rejected.size() == 1u);
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
