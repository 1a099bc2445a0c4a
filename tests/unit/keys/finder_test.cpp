// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keys/finder_world.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;
using namespace std::chrono_literals;

namespace {

/// When the key was made that a finding names; 0: none.
long made(const finding& said) {
    return said.found ? said.found->created.time_since_epoch().count() : 0;
}

} // namespace

BOOST_FIXTURE_TEST_SUITE(finder_asks, finder_world)

BOOST_AUTO_TEST_CASE(the_first_source_with_a_key_decides) {
    wkd->serve(key(100));
    keyserver->serve(key(200));
    const auto said = find();
    BOOST_TEST(said.result == outcome::found);
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.source == "wkd");
    BOOST_TEST(said.reason == "wkd has it");
    BOOST_TEST(directory->asked == 1);
    BOOST_TEST(keyserver->asked == 0);
}

BOOST_AUTO_TEST_CASE(the_domains_own_no_vetoes_later_sources) {
    wkd->says.authoritative = true;
    keyserver->serve(key(200));
    BOOST_TEST(find().result == outcome::absent);
    BOOST_TEST(keyserver->asked == 0);
}

BOOST_AUTO_TEST_CASE(a_veto_does_not_make_up_for_a_source_that_could_not_be_asked) {
    directory->say(outcome::temporary);
    wkd->says.authoritative = true;
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(an_absence_that_proves_nothing_lets_later_sources_speak) {
    keyserver->serve(key(200));
    BOOST_TEST(made(find()) == 200);
}

BOOST_AUTO_TEST_CASE(the_newest_usable_key_of_an_answer_wins) {
    wkd->serve(key(100) + key(300) + key(200) + revoked_key(400));
    BOOST_TEST(made(find()) == 300);
    BOOST_TEST(gnupg.asked == 4);
}

BOOST_AUTO_TEST_CASE(what_is_served_is_cleaned_before_gnupg_sees_it) {
    wkd->serve(key_made_at(100).with(packet(13, "mallory@evil.example")));
    const auto said = find();
    BOOST_TEST_REQUIRE(said.found.has_value());
    BOOST_TEST((*said.found->bytes == key(100)));
}

BOOST_AUTO_TEST_CASE(answers_without_a_usable_key_say_what_is_wrong) {
    struct row {
        std::string material;
        outcome expected;
        std::string reason;
    };
    const row table[] = {
        {"<html>", outcome::temporary, ""},
        {"", outcome::temporary, ""},
        {revoked_key(100), outcome::unusable, "wkd has it: revoked"},
        {packet(6, rsa_key()) + packet(13, "b@example.org"), outcome::unusable, ""},
    };
    for (const auto& row : table) {
        now += 30 * 24h;
        wkd->serve(row.material);
        const auto said = find();
        BOOST_TEST_CONTEXT(row.material.substr(0, 10)) {
            BOOST_TEST(said.result == row.expected, said.reason);
            if (!row.reason.empty()) BOOST_TEST(said.reason == row.reason);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_key_that_could_not_be_inspected_is_temporary_unless_another_is_usable) {
    gnupg.failing = {100};
    wkd->serve(key(100));
    BOOST_TEST(find().result == outcome::temporary);
    now += 1h;
    wkd->serve(key(100) + revoked_key(90));
    BOOST_TEST(find().result == outcome::temporary);
    now += 1h;
    wkd->serve(key(100) + key(80));
    BOOST_TEST(made(find()) == 80);
}

BOOST_AUTO_TEST_CASE(a_key_from_the_future_is_temporary_unless_another_is_usable) {
    const auto tomorrow = static_cast<std::size_t>((now + 24h).time_since_epoch().count());
    wkd->serve(key(tomorrow));
    const auto said = find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason ==
               "wkd has it: it is from the future, or this machine's clock is wrong");
    now += 1h;
    wkd->serve(key(tomorrow) + key(100));
    BOOST_TEST(made(find()) == 100);
    now += 48h; // the clock is right again
    wkd->serve(key(tomorrow));
    BOOST_TEST(made(find()) == tomorrow);
}

BOOST_AUTO_TEST_CASE(a_key_that_is_made_while_it_is_inspected_is_from_the_future) {
    wkd->serve(key(static_cast<std::size_t>((now + 1s).time_since_epoch().count())));
    gnupg.meanwhile = [this] { now += 1s; };
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(whoever_throws_is_temporary_and_the_next_is_asked) {
    wkd->throws = true;
    const auto said = find();
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.source == "wkd");
    BOOST_TEST(said.reason == "it failed: a source that throws");
    now += 1h;
    keyserver->serve(key(200));
    BOOST_TEST(made(find()) == 200);

    start(nullptr);
    wkd->serve(key(100));
    gnupg.throws = true;
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_revocation_in_the_directory_counts_for_what_others_serve_and_remember) {
    wkd->serve(key(100));
    BOOST_TEST(find().result == outcome::found);
    directory->serve(revoked_key(100));
    const auto said = find();
    BOOST_TEST(said.result == outcome::unusable, said.reason);
    // Another key of the domain's does not replace it: the administrator has the last word.
    wkd->serve(key(100) + key(200));
    now += 7h;
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(an_old_copy_in_the_directory_does_not_end_what_is_remembered) {
    wkd->serve(key(100));
    BOOST_TEST(find().result == outcome::found);
    directory->serve(packet(6, rsa_key(4, 100)) + packet(13, who)); // nothing certifies it
    BOOST_TEST(find().result == outcome::found);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_FIXTURE_TEST_SUITE(finder_remembers, finder_world)

BOOST_AUTO_TEST_CASE(each_result_is_kept_for_its_time) {
    struct row {
        const char* name;
        std::function<void(scripted_source&)> script;
        outcome result;
        std::chrono::seconds kept;
    };
    const row table[] = {
        {"found", [](auto& one) { one.serve(key(100)); }, outcome::found, 24h},
        {"absent", [](auto& one) { one.say(outcome::absent); }, outcome::absent, 6h},
        {"unusable", [](auto& one) { one.serve(revoked_key(100)); }, outcome::unusable, 6h},
        {"temporary", [](auto& one) { one.say(outcome::temporary); }, outcome::temporary, 5min},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.name) {
            memory.records.clear();
            start(&memory);
            row.script(*wkd);
            BOOST_TEST(find().result == row.result);
            now += row.kept * 9 / 10 - 1s; // a tenth is left to chance
            BOOST_TEST(find("A@EXAMPLE.ORG").result == row.result);
            BOOST_TEST(wkd->asked == 1);
            now += row.kept / 10 + 1s;
            BOOST_TEST(find().result == row.result);
            BOOST_TEST(wkd->asked == 2);
        }
    }
}

BOOST_AUTO_TEST_CASE(the_store_outlives_the_process) {
    wkd->serve(key(100));
    find();
    BOOST_TEST_REQUIRE(memory.of().remembered.has_value());
    BOOST_TEST((memory.of().remembered->fresh_until > now + 21h));
    start(&memory);
    const auto said = find();
    BOOST_TEST(made(said) == 100);
    BOOST_TEST(said.source == "wkd");
    BOOST_TEST(wkd->asked == 0);
    memory.records.clear(); // as another process, or an administrator, may
    find();
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(temporary_findings_stay_in_the_process) {
    wkd->say(outcome::temporary);
    find();
    BOOST_TEST(memory.writes == 0);
}

BOOST_AUTO_TEST_CASE(sources_before_the_store_are_asked_every_time_and_never_remembered) {
    directory->serve(key(100));
    find();
    find();
    BOOST_TEST(directory->asked == 2);
    BOOST_TEST(memory.writes == 0);
    directory->say(outcome::absent);
    BOOST_TEST(find().result == outcome::absent);
    directory->serve(key(200)); // put there while an absence is remembered
    BOOST_TEST(made(find()) == 200);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(a_folder_that_cannot_be_read_is_not_covered_by_a_remembered_absence) {
    find();
    directory->say(outcome::temporary);
    BOOST_TEST(find().result == outcome::temporary);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(a_key_found_before_is_used_on_when_nobody_can_be_asked) {
    gnupg.expiry[100] = now + 48h;
    wkd->serve(key(100));
    find();
    wkd->say(outcome::temporary);
    now += 25h;
    for (const auto* const when : {"asked", "not asked again yet"}) {
        BOOST_TEST_CONTEXT(when) {
            const auto said = find();
            BOOST_TEST(made(said) == 100);
            BOOST_TEST(said.reason ==
                       "found before, and could not be asked for again: wkd says temporary");
        }
    }
    BOOST_TEST(wkd->asked == 2);
    start(&memory); // the store kept it, too
    wkd->say(outcome::temporary);
    BOOST_TEST(made(find()) == 100);
    now += 23h; // its end
    BOOST_TEST(find().result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_remembered_key_that_expires_is_asked_for_again_at_once) {
    gnupg.expiry[100] = now + 1h;
    wkd->serve(key(100));
    find();
    now += 1h;
    const auto said = find();
    BOOST_TEST(wkd->asked == 2);
    BOOST_TEST(said.result == outcome::unusable, said.reason);
}

BOOST_AUTO_TEST_CASE(a_store_that_fails_is_no_memory_and_no_absence) {
    for (auto* const fault : {&memory.broken, &memory.throws}) {
        *fault = true;
        start(&memory);
        wkd->serve(key(100));
        BOOST_TEST(made(find()) == 100);
        BOOST_TEST(made(find()) == 100);
        BOOST_TEST(wkd->asked == 1); // this process remembers
        for (const bool authoritative : {false, true}) {
            wkd->say(outcome::absent);
            wkd->says.authoritative = authoritative;
            const auto said = find(authoritative ? "b@example.org" : "c@example.org");
            BOOST_TEST(said.result == outcome::temporary);
            BOOST_TEST(said.reason.ends_with("; but the key store cannot be read, so there may "
                                             "have been a key"));
        }
        *fault = false;
    }
}

BOOST_AUTO_TEST_CASE(what_could_not_be_written_is_written_later) {
    find();
    memory.broken = true;
    now += 7h;
    serve(revoked_key(100));
    BOOST_TEST(find().result == outcome::temporary);
    BOOST_TEST(memory.of().rejected.empty());
    memory.broken = false;
    deny();
    now += 7h;
    find();
    BOOST_TEST(memory.of().rejected.size() == 1u);
    start(&memory);
    serve(key(100));
    now += 7h;
    BOOST_TEST(find().result == outcome::unusable);
}

BOOST_AUTO_TEST_CASE(a_finder_without_a_store_remembers_by_itself) {
    start(nullptr);
    wkd->serve(key(100));
    find();
    BOOST_TEST(made(find()) == 100);
    BOOST_TEST(wkd->asked == 1);
}

BOOST_AUTO_TEST_CASE(signatures_of_a_key_that_was_found_are_kept_when_a_server_omits_them) {
    const auto made_at_100 = key_made_at(100);
    wkd->serve(made_at_100.with(made_at_100.bound_subkey(150)));
    find();
    now += 25h;
    wkd->serve(key(100));
    const auto said = find();
    BOOST_TEST_REQUIRE(said.found.has_value());
    const std::vector<int> all{6, 13, 2, 14, 2};
    BOOST_TEST(tags(*said.found->bytes) == all, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
