// SPDX-License-Identifier: Apache-2.0
#include "keys/directory_source.hpp"

#include "keys/key_file.hpp"
#include "keys/packets.hpp"
#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/packet_samples.hpp"
#include "tests/unit/keys/private_folder.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

BOOST_TEST_DONT_PRINT_LOG_VALUE(outcome)

namespace {

/// A source that looks at its folder each time it is asked.
struct fixture {
    private_folder folder;

    directory_settings settings() const {
        directory_settings chosen;
        chosen.folder = folder.path();
        chosen.recheck = std::chrono::milliseconds(0);
        return chosen;
    }
};

answer ask(directory_source& source, const char* who) { return awaited(source.ask(address(who))); }

/// Fingerprints that remain of an answer once it is cleaned.
std::vector<std::string> fingerprints(const answer& said, const char* who) {
    std::vector<std::string> found;
    for (const auto& one : clean_packets(said.material, address(who)).certificates)
        found.push_back(one.fingerprint);
    return found;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(directory, fixture)

BOOST_AUTO_TEST_CASE(keys_are_served_for_the_addresses_in_their_user_ids) {
    folder.write("alice.asc", read("alice.asc"));
    folder.write("all.pgp", read("three.pgp"));
    folder.write("many.KEY", read("many.asc"));
    directory_source source(settings());

    const auto bobs = ask(source, "BOB@Example.ORG");
    BOOST_TEST(bobs.result == outcome::found);
    BOOST_TEST(bobs.reason == "in all.pgp");
    BOOST_TEST(fingerprints(bobs, "bob@example.org") == std::vector{bob_fingerprint},
               boost::test_tools::per_element());

    const auto alices = ask(source, "alice@example.org");
    BOOST_TEST(alices.reason == "in alice.asc, all.pgp");
    BOOST_TEST(fingerprints(alices, "alice@example.org") == std::vector{alice_fingerprint},
               boost::test_tools::per_element());

    BOOST_TEST(ask(source, "j\xc3\xbcrgen@xn--mnchen-3ya.example").result == outcome::found);
    BOOST_TEST(ask(source, "victim@example.org").result == outcome::absent);
    BOOST_TEST(ask(source, "nobody@example.org").reason == "no key file names the address");
    BOOST_TEST(source.take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_key_that_stands_in_a_file_twice_is_one) {
    made_certificate first, second;
    second.user_id = packet(13, "b@example.org");
    const auto revocation = packet(2, rsa_signature(0x20, second.issuer));
    folder.write("all.pgp", first.with({}) + second.with(revocation));
    directory_source source(settings());
    for (const auto* const who : {"a@example.org", "b@example.org"})
        BOOST_TEST(ask(source, who).material.find(revocation) != std::string::npos);
    const auto read = read_key_file("all.pgp", first.with({}) + second.with({}));
    BOOST_TEST_REQUIRE(read.certificates.size() == 1u);
    BOOST_TEST(read.certificates[0].addresses.size() == 2u);
}

BOOST_AUTO_TEST_CASE(a_file_named_like_an_address_is_served_for_that_address_only) {
    folder.write("bob@example.org.asc", read("three.pgp"));
    directory_source source(settings());
    BOOST_TEST(ask(source, "bob@example.org").result == outcome::found);
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::absent);
    BOOST_TEST(source.take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(no_other_file_speaks_for_an_address_that_has_its_own) {
    folder.write("alice@example.org.asc", read("alice.asc"));
    folder.write("all.pgp", read("three.pgp"));
    directory_source source(settings());
    BOOST_TEST(ask(source, "alice@example.org").reason == "in alice@example.org.asc");
    BOOST_TEST(ask(source, "bob@example.org").reason == "in all.pgp");
}

BOOST_AUTO_TEST_CASE(a_file_named_like_an_address_that_it_does_not_hold_is_warned_of) {
    folder.write("carol@example.org.asc", read("alice.asc"));
    directory_source source(settings());
    // The material goes on: the finder then says "unusable", which is not "absent".
    BOOST_TEST(ask(source, "carol@example.org").result == outcome::found);
    const auto warnings = source.take_warnings();
    BOOST_TEST_REQUIRE(warnings.size() == 1);
    BOOST_TEST(warnings[0].find("no user ID in it names carol@example.org") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(new_changed_and_removed_files_are_noticed) {
    directory_source source(settings());
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::absent);
    folder.write("key.asc", read("alice.asc"));
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
    folder.write("key.asc", read("dora.asc"));
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::absent);
    BOOST_TEST(ask(source, "dora@example.org").result == outcome::found);
    std::filesystem::remove(folder.path() / "key.asc");
    BOOST_TEST(ask(source, "dora@example.org").result == outcome::absent);
    BOOST_TEST(source.take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(the_folder_is_not_looked_at_more_often_than_settings_say) {
    auto seldom = settings();
    seldom.recheck = std::chrono::hours(1);
    directory_source source(seldom);
    folder.write("key.asc", read("alice.asc"));
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::absent);
    source.refresh();
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
}

BOOST_AUTO_TEST_CASE(a_file_that_breaks_stays_in_force_as_it_was_and_is_warned_of_once) {
    folder.write("key.gpg", read("bob.gpg"));
    directory_source source(settings());
    folder.write("key.gpg", read("bob.gpg").substr(0, 700)); // half a copy
    BOOST_TEST(ask(source, "bob@example.org").result == outcome::found);
    BOOST_TEST((ask(source, "bob@example.org").material == read("bob.gpg")));
    const auto warnings = source.take_warnings();
    BOOST_TEST_REQUIRE(warnings.size() == 1);
    BOOST_TEST(warnings[0] == "key file " + (folder.path() / "key.gpg").string() +
                                  " is not as it should be: it is damaged or no OpenPGP key");
    BOOST_TEST(source.take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(broken_files_do_not_spoil_the_others) {
    folder.write("a.asc", "not a key");
    folder.write("b.asc", "");
    folder.write("c.gpg", packet(6, rsa_key()) + packet(5, "secret"));
    folder.write("d.gpg", packet(8, "\x01zzz"));
    folder.write("e.asc", "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\n%%\n" + read("dora.asc"));
    folder.write("f.asc", read("alice.asc"));
    directory_source source(settings());
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
    BOOST_TEST(ask(source, "dora@example.org").result == outcome::found);
    BOOST_TEST(source.take_warnings().size() == 5);
}

BOOST_AUTO_TEST_CASE(a_broken_file_that_bears_the_address_is_no_proof_of_absence) {
    folder.write("bob@example.org.asc", "-----BEGIN");
    directory_source source(settings());
    const auto said = ask(source, "bob@example.org");
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason ==
               "key file bob@example.org.asc cannot be used: it holds no OpenPGP key");
}

BOOST_AUTO_TEST_CASE(other_files_are_not_looked_at) {
    for (const char* const name : {".alice.asc", "alice.asc~", "alice.txt", "asc", ".asc"})
        folder.write(name, read("alice.asc"));
    std::filesystem::create_directory(folder.path() / "folder.asc");
    directory_source source(settings());
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::absent);
    BOOST_TEST(source.take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_read_is_temporary_and_forgets_nothing) {
    folder.write("alice.asc", read("alice.asc"));
    directory_source source(settings());
    const auto moved = folder.path().string() + ".moved";
    std::filesystem::rename(folder.path(), moved);
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
    BOOST_TEST(ask(source, "bob@example.org").result == outcome::temporary);
    BOOST_TEST(source.take_warnings().size() == 1);
    std::filesystem::rename(moved, folder.path());
    BOOST_TEST(ask(source, "bob@example.org").result == outcome::absent);
    BOOST_TEST(source.take_warnings().empty());
}

BOOST_AUTO_TEST_CASE(a_file_that_may_not_be_read_is_tried_again) {
    if (::geteuid() == 0) { // nothing is forbidden to root; a dangling link is not there either
        BOOST_TEST_MESSAGE("not tested as root");
        return;
    }
    const auto file = folder.write("alice@example.org.asc", read("alice.asc"));
    std::filesystem::permissions(file, std::filesystem::perms::none);
    directory_source source(settings());
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::temporary);
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::temporary);
    BOOST_TEST(source.take_warnings().size() == 1);
    std::filesystem::permissions(file, std::filesystem::perms::owner_read);
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
}

BOOST_AUTO_TEST_CASE(limits_cut_the_same_files_each_time_and_are_warned_of_once) {
    folder.write("1.asc", read("alice.asc"));
    folder.write("2.asc", read("dora.asc"));
    folder.write("3.asc", read("many.asc"));
    auto few = settings();
    few.max_files = 2;
    auto small = settings();
    small.max_total_size = read("alice.asc").size() + read("dora.asc").size();
    for (const auto& limited : {few, small}) {
        directory_source source(limited);
        for (int time = 0; time < 2; ++time) {
            BOOST_TEST(ask(source, "dora@example.org").result == outcome::found);
            BOOST_TEST(ask(source, "many@example.org").result == outcome::absent);
        }
        BOOST_TEST(source.take_warnings().size() == 1);
    }
}

BOOST_AUTO_TEST_CASE(a_file_over_the_size_limit_is_left_out) {
    folder.write("1.asc", read("alice.asc"));
    folder.write("2.asc", read("dora.asc"));
    auto limited = settings();
    limited.max_file_size = read("alice.asc").size();
    limited.max_total_size = limited.max_file_size;
    directory_source source(limited);
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
    BOOST_TEST(ask(source, "dora@example.org").result == outcome::absent);
    BOOST_TEST(source.take_warnings().size() == 1);

    folder.write("dora@example.org.asc", read("dora.asc"));
    source.refresh();
    const auto said = ask(source, "dora@example.org");
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason == "key file dora@example.org.asc cannot be used: it is larger than " +
                                  std::to_string(limited.max_file_size) + " octets");
}

BOOST_AUTO_TEST_CASE(a_file_may_be_as_large_as_what_is_looked_at_of_an_answer) {
    folder.write("alice@example.org.asc",
                 std::string(max_key_material - read("alice.asc").size(), '\n') +
                     read("alice.asc"));
    directory_source source(settings());
    BOOST_TEST(ask(source, "alice@example.org").result == outcome::found);
}

BOOST_AUTO_TEST_SUITE_END()
