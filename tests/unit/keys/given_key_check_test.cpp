// SPDX-License-Identifier: Apache-2.0
// What a day's question at keyservers does to keys that an administrator has given.
#include "keys/inquiry.hpp"
#include "keys/revocation_check.hpp"

#include "tests/unit/keys/refresher_world.hpp"

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

BOOST_FIXTURE_TEST_SUITE(given_key_check, refresher_world)

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

// What the domain serves does not take the place of the given key, and opens nothing either.
BOOST_AUTO_TEST_CASE(who_was_sealed_to_waits_where_the_domain_has_another_key_than_the_given_one) {
    give(false);
    serve(key(300));
    seal();
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = revoked_key(100);
    refresh();
    for (int hours = 0; hours < 60; hours += 5) {
        now += 5h;
        BOOST_TEST(find().result == outcome::temporary);
    }
    block(); // and what it served before is no better
    now += 25h;
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_lookup_that_is_late_uses_no_key_that_a_given_one_overrules) {
    serve(key(300));
    find();
    progress seen;
    seen.known = recalled{known(), true};
    BOOST_TEST(overdue(seen, {}, now).found.has_value());
    seen.is_overruled = true;
    BOOST_TEST(!overdue(seen, {}, now).found.has_value());
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

BOOST_AUTO_TEST_CASE(others_revoked_keys_keep_no_given_keys_revocation_out) {
    std::string many;
    for (std::size_t i = 0; i < max_rejected_certificates; ++i) {
        many = revoked_key(200 + i);
        serve(many);
        find();
        now += 25h;
    }
    BOOST_TEST(known().rejected.size() == max_rejected_certificates);
    give(false);
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = revoked_key(100);
    refresh();
    BOOST_TEST(find().result == outcome::unusable);
    BOOST_TEST(refreshes->take_warnings().size() == 1u);
    BOOST_TEST(clean_packets(revoked_key(100), address(who)).certificates.at(0).bytes ==
               known().given.at(0).bytes); // also where a store is moved without what was rejected
}

BOOST_AUTO_TEST_CASE(what_nobody_could_judge_is_asked_for_again) {
    give(false);
    deny();
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = revoked_key(100);
    gnupg.failing = {100};
    refresh();
    BOOST_TEST(known().rejected.empty());
    gnupg.failing.clear();
    refresh();
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(junk_on_a_keyserver_hides_no_revocation) {
    give(false);
    deny();
    const auto made = key_made_at(100);
    auto served = key(100);
    for (std::size_t i = 0; i <= max_subkeys; ++i)
        served += made.bound_subkey(1000 + i);
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = served;
    refresh();
    BOOST_TEST(find().result == outcome::found);
    BOOST_TEST(refreshes->take_warnings().empty());
    now += 25h;
    keyserver->of_fingerprint.material += packet(2, rsa_signature(0x20, made.issuer));
    refresh();
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(more_false_revocations_than_can_be_judged_are_told_of) {
    give(false);
    deny();
    const auto made = key_made_at(100);
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = key(100);
    for (std::size_t i = 0; i <= max_signatures; ++i)
        keyserver->of_fingerprint.material +=
            packet(2, rsa_signature(0x20, made.issuer, "\x05\x02" + be(i, 4)));
    refresh();
    BOOST_TEST(find().result == outcome::found);
    const auto warned = refreshes->take_warnings();
    BOOST_TEST_REQUIRE(warned.size() == 1u);
    BOOST_TEST(warned.front().find("cannot be judged") != std::string::npos, warned.front());
    refresh();
    BOOST_TEST(refreshes->take_warnings().empty()); // once a day
}

BOOST_AUTO_TEST_CASE(a_subkey_of_a_given_key_that_its_owner_has_revoked_is_sealed_to_no_more) {
    const auto made = key_made_at(100);
    const auto parts = made.bound_subkey(200) + made.bound_subkey(300);
    give(false, made.with(parts));
    deny();
    BOOST_TEST((find().found->encryption_keys == std::vector<std::uint64_t>{200, 300}));
    keyserver->of_fingerprint.result = outcome::found;
    const auto revocation = packet(2, rsa_signature(0x28, made.issuer));
    keyserver->of_fingerprint.material =
        made.with(parts + revocation + made.bound_subkey(400)); // nothing else that is new is taken
    refresh();
    BOOST_TEST((find().found->encryption_keys == std::vector<std::uint64_t>{200}));
    const auto warned = refreshes->take_warnings();
    BOOST_TEST_REQUIRE(warned.size() == 1u);
    BOOST_TEST(warned.front().find("has lost an encryption key") != std::string::npos,
               warned.front());
    now += 25h;
    keyserver->of_fingerprint = {};
    refresh();
    BOOST_TEST((find().found->encryption_keys == std::vector<std::uint64_t>{200})); // for ever
    BOOST_TEST(refreshes->take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_given_key_whose_only_subkey_or_user_id_was_revoked_is_of_no_use) {
    const auto made = key_made_at(100);
    const auto subkey = made.bound_subkey(200);
    const auto of_subkey = made.with(subkey + packet(2, rsa_signature(0x28, made.issuer)));
    const auto of_user_id = made.with(packet(2, rsa_signature(0x30, made.issuer)) + subkey);
    for (const auto& served : {of_subkey, of_user_id}) {
        give(false, made.with(subkey));
        deny();
        seal();
        keyserver->of_fingerprint.result = outcome::found;
        keyserver->of_fingerprint.material = served;
        refresh();
        BOOST_TEST(find().result == outcome::temporary); // somebody has a day to notice
        now += 25h;
        BOOST_TEST(find().result == outcome::unusable);
        BOOST_TEST(refreshes->take_warnings().size() == 1u);
        start_anew();
    }
}

BOOST_AUTO_TEST_CASE(what_is_taken_back_while_it_is_judged_stays_taken_back) {
    give(false);
    deny();
    keyserver->of_fingerprint.result = outcome::found;
    keyserver->of_fingerprint.material = revoked_key(100);
    gnupg.meanwhile = [this] {
        gnupg.meanwhile = {};
        asio::io_context apart; // lives longer than the thread of the other
        auto other = open_another();
        record_changes changes;
        changes.taken_back = {fingerprint()};
        auto writing =
            asio::co_spawn(apart, other->remember(address(who), changes), asio::use_future);
        while (writing.wait_for(0s) != std::future_status::ready)
            apart.run_one();
    };
    refresh();
    BOOST_TEST(known().given.empty());
    BOOST_TEST(known().rejected.empty());
}

BOOST_AUTO_TEST_SUITE_END()
