// SPDX-License-Identifier: Apache-2.0
// A record from outside says of its keys what GnuPG says, or is not taken.
#include "keys/record_judgement.hpp"

#include "tests/unit/keys/packet_samples.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

const smtp::mailbox alice{"alice", "example.org"};

std::string cleaned(const std::string& material) {
    return clean_packets(material, alice).certificates.at(0).bytes;
}

std::string good() { return cleaned(read("alice.asc")); }
std::string revoked_alice() { return cleaned(read("alice.asc") + read("alice-revocation.asc")); }

/// A line that has found Alice's key, and says the best of it.
known_address found_alice(std::string bytes = good()) {
    known_address made{"alice@example.org", {}};
    made.known.remembered = found_entry();
    auto& key = *made.known.remembered->what.found;
    key.fingerprint = alice_fingerprint;
    key.bytes = std::make_shared<const std::string>(std::move(bytes));
    key.algorithm = "of the line";
    key.expires.reset();
    return made;
}

known_address given_alice(std::string bytes = good()) {
    known_address made{"alice@example.org", {}};
    made.known.given = {given_certificate{alice_fingerprint, std::move(bytes), true, "", now}};
    return made;
}

known_address rejected_alice(std::string bytes, bool revoked) {
    known_address made{"alice@example.org", {}};
    made.known.rejected = {rejected_certificate{alice_fingerprint, std::move(bytes), revoked, now}};
    return made;
}

/// As GnuPG would, which sees a revocation where there is one.
inspection inspect(const cleaned_certificate& one) {
    inspection made;
    made.fingerprint = one.fingerprint;
    made.addresses = {"alice@example.org"};
    made.encryption_keys = {7};
    made.created = now - 100h;
    made.expires = now + 100h;
    made.algorithm = "cv25519";
    if (one.bytes == revoked_alice()) made.unusable_because = revoked;
    return made;
}

std::vector<judged_certificate> judge_all(const known_address& of, const record& ours = {}) {
    std::vector<judged_certificate> all;
    for (const auto& one : *certificates_to_judge(of, ours))
        all.push_back({one, inspect(one)});
    return all;
}

std::optional<std::string> obey_all(known_address& of, const record& ours = {}) {
    return obey(of, judge_all(of, ours), now);
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_judgement)

BOOST_AUTO_TEST_CASE(a_key_is_what_gnupg_says_and_not_what_the_line_says) {
    auto line = found_alice();
    line.known.sealed = sealing{now, alice_fingerprint, {}, origin::domain};
    BOOST_TEST(!obey_all(line).has_value());
    const auto& key = *line.known.remembered->what.found;
    BOOST_TEST(key.algorithm == "cv25519");
    BOOST_TEST((key.expires == now + 100h && key.created == now - 100h));
    BOOST_TEST(key.encryption_keys == std::vector<std::uint64_t>{7});
    BOOST_TEST((line.known.sealed->expires == now + 100h));
}

BOOST_AUTO_TEST_CASE(a_word_ends_no_key) {
    auto line = rejected_alice(good(), true);
    const auto mistake = obey_all(line);
    BOOST_TEST_REQUIRE(mistake.has_value());
    BOOST_TEST(mistake->starts_with("it calls " + alice_fingerprint + " revoked, and its"));
}

BOOST_AUTO_TEST_CASE(a_revocation_in_the_octets_counts_whatever_the_line_says) {
    auto line = rejected_alice(revoked_alice(), false);
    BOOST_TEST(!obey_all(line).has_value());
    BOOST_TEST(line.known.rejected.at(0).revoked);

    auto found = found_alice(revoked_alice());
    BOOST_TEST(!obey_all(found).has_value());
    BOOST_TEST((found.known.remembered->what.result == outcome::unusable));
    BOOST_TEST(!found.known.remembered->what.found.has_value());
    BOOST_TEST_REQUIRE(found.known.rejected.size() == 1u);
    BOOST_TEST(found.known.rejected.at(0).revoked);
    BOOST_TEST(found.known.rejected.at(0).bytes == revoked_alice());

    auto given = given_alice(revoked_alice());
    BOOST_TEST(!obey_all(given).has_value());
    BOOST_TEST(given.known.given.at(0).pinned); // and nothing else is used
    BOOST_TEST(given.known.rejected.at(0).revoked);
}

BOOST_AUTO_TEST_CASE(what_is_known_here_of_the_same_key_is_put_beside_it) {
    const auto ours = rejected_alice(revoked_alice(), true).known;
    for (auto line : {found_alice(), given_alice(), rejected_alice(good(), true)}) {
        BOOST_TEST(!obey_all(line, ours).has_value());
        BOOST_TEST(line.known.rejected.at(0).revoked);
        BOOST_TEST(line.known.rejected.at(0).bytes == revoked_alice());
    }
    // Of one line, too: each certificate says what all of the same key say.
    auto both = found_alice();
    both.known.given = given_alice(revoked_alice()).known.given;
    BOOST_TEST(certificates_to_judge(both, {})->size() == 1u);
    BOOST_TEST(!obey_all(both).has_value());
    BOOST_TEST(!both.known.remembered->what.found.has_value());
}

BOOST_AUTO_TEST_CASE(an_expired_key_stays_known_and_is_never_used) {
    auto line = found_alice();
    auto judged = judge_all(line);
    judged.at(0).said.unusable_because = "expired on 2024-06-01";
    judged.at(0).said.expires = now - 300h;
    BOOST_TEST(!obey(line, judged, now).has_value());
    BOOST_TEST((line.known.remembered->what.found->expires == now - 300h));

    auto no_use = found_alice();
    judged.at(0).said.unusable_because = std::string(no_encryption_key);
    judged.at(0).said.expires.reset();
    BOOST_TEST(!obey(no_use, judged, now).has_value());
    BOOST_TEST((no_use.known.remembered->what.result == outcome::unusable));
    BOOST_TEST(no_use.known.remembered->what.reason == no_encryption_key);
    BOOST_TEST((no_use.known.remembered->fresh_until <= now));
    BOOST_TEST(no_use.known.rejected.empty());
}

BOOST_AUTO_TEST_CASE(what_gnupg_cannot_read_or_is_from_the_future_is_not_taken) {
    auto line = found_alice();
    auto judged = judge_all(line);
    judged.at(0).said.fingerprint.clear();
    BOOST_TEST(obey(line, judged, now)->starts_with("GnuPG finds no certificate of"));
    judged = judge_all(line);
    judged.at(0).said.created = now + 1h;
    BOOST_TEST(obey(line, judged, now)->find("is from the future, or") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(nobody_is_an_administrator_by_saying_so) {
    auto line = found_alice();
    line.known.remembered->what.from = origin::administrator;
    BOOST_TEST(!obey_all(line).has_value());
    BOOST_TEST((line.known.remembered->what.from == origin::domain));
}

BOOST_AUTO_TEST_CASE(
    nobody_was_sealed_to_on_an_administrators_word_but_with_the_key_that_they_gave) {
    for (const auto which : {&record::sealed, &record::ended_sealing}) {
        known_address line{"alice@example.org", {}};
        line.known.*which = sealing{now, alice_fingerprint, {}, origin::administrator};
        BOOST_TEST(!obey_all(line).has_value());
        BOOST_TEST(((line.known.*which)->from == origin::domain));

        line.known.given = given_alice().known.given;
        (line.known.*which)->from = origin::administrator;
        BOOST_TEST(!obey_all(line).has_value());
        BOOST_TEST(((line.known.*which)->from == origin::administrator));
    }
}

BOOST_AUTO_TEST_CASE(doubts_begin_anew_here) {
    known_address line{"alice@example.org", {}};
    line.known.doubts = {now - 48h, now - 48h};
    BOOST_TEST(!obey_all(line).has_value());
    BOOST_TEST(line.known.doubts.empty());
}

BOOST_AUTO_TEST_CASE(a_bare_fingerprint_is_judged_by_nobody) {
    auto line = given_alice({});
    BOOST_TEST(certificates_to_judge(line, {})->empty());
    BOOST_TEST(!obey_all(line).has_value());
    BOOST_TEST(line.known.given.at(0).bytes.empty());
}

BOOST_AUTO_TEST_CASE(a_line_that_would_make_a_key_too_large_is_not_taken) {
    const auto ours = found_alice().known;
    auto line = rejected_alice(good(), false);
    auto& bytes = line.known.rejected.at(0).bytes;
    const auto issuer = std::string("\xE7\xF0\x6D\x58\x25\xEB\x57\x78");
    for (int i = 0; i < 600; ++i)
        bytes +=
            packet(2, rsa_signature(0x1f, issuer, "\x05\x02" + be(static_cast<std::size_t>(i), 4)));
    const auto judged = certificates_to_judge(line, ours);
    BOOST_TEST(!judged.has_value());
    if (!judged)
        BOOST_TEST(judged.error().find("too much of " + alice_fingerprint) != std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_large_one_that_is_not_revoked_is_left_out) {
    auto line = rejected_alice(good(), false);
    auto judged = judge_all(line);
    judged.at(0).key.bytes += std::string(max_certificate_size / 2 + 1, 'x');
    BOOST_TEST(!obey(line, judged, now).has_value());
    BOOST_TEST(line.known.rejected.empty());
}

BOOST_AUTO_TEST_CASE(nothing_has_happened_in_the_future) {
    const auto later = now + clocks_differ + 1s;
    using change = std::pair<std::string, void (*)(record&, std::chrono::sys_seconds)>;
    const change changes[] = {
        {"remembered.asked", [](record& of, auto when) { of.remembered->asked = when; }},
        {"rejected " + alice_fingerprint,
         [](record& of, auto when) { of.rejected[0].seen = when; }},
        {"given " + alice_fingerprint, [](record& of, auto when) { of.given[0].since = when; }},
        {"sealed.last", [](record& of, auto when) { of.sealed->last = when; }},
        {"doubts.denied_since", [](record& of, auto when) { of.doubts.denied_since = when; }},
        {"doubts.unusable_since", [](record& of, auto when) { of.doubts.unusable_since = when; }},
        {"directory.seen", [](record& of, auto when) { of.directory->seen = when; }},
    };
    for (const auto& [place, change_to] : changes) {
        auto line = found_alice();
        line.known.rejected = rejected_alice(good(), false).known.rejected;
        line.known.given = given_alice().known.given;
        line.known.sealed = sealing{now, "", now + 1000h, origin::domain};
        line.known.directory = known_directory{wkd_host::direct, now};
        change_to(line.known, now + clocks_differ);
        BOOST_TEST(!mistake_in_times(line, now).has_value());
        change_to(line.known, later);
        BOOST_TEST(mistake_in_times(line, now).value_or("").starts_with(
            place + ": 2024-06-15T00:05:01Z is in"));
    }
}

BOOST_AUTO_TEST_SUITE_END()
