// SPDX-License-Identifier: Apache-2.0
// Once an address was sealed to, or its domain has served a key, nobody ends that by blocking
// lookups, also not across a restart.
#include "keys/sqlite_store.hpp"
#include "keys/verdict.hpp"

#include "tests/unit/keys/finder_world.hpp"
#include "tests/unit/keys/private_folder.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

struct world : finder_world {
    private_folder folder;
    std::unique_ptr<sqlite_store> file;

    world() { restart(); }
    ~world() { finds.reset(); }

    void restart() {
        finds.reset();
        file.reset();
        file = std::make_unique<sqlite_store>(folder.path() / "keys.sqlite");
        start(file.get());
    }
    void note_sealed() {
        finds->note_sealed(address(who));
        while (!end(begin(file->recall_sealing(address(who))))->sealed_before)
            ;
    }
    /// As a domain that nobody can reach and that may never have had a WKD.
    void block() {
        wkd->say(outcome::absent);
        wkd->says.domain = domain_contact::unreachable;
    }
    void deny() {
        wkd->say(outcome::absent);
        wkd->says.authoritative = true;
    }
    void serve(const std::string& material) {
        wkd->serve(material);
        wkd->says.domain = domain_contact::served;
    }
};

} // namespace

BOOST_FIXTURE_TEST_SUITE(sealed_before, world)

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

BOOST_AUTO_TEST_SUITE_END()
