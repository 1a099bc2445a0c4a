// SPDX-License-Identifier: Apache-2.0
// gpg fails in every way that we know of: the request fails as what it is, nothing stays behind,
// and the next request works.
#include "faulty_engine.hpp"

#include <boost/test/unit_test.hpp>

#include <signal.h>

namespace postseal::seal::test {

namespace {

using namespace std::chrono_literals;

// Complete notes only: renamed when written.
const std::string write_pid = "echo $$ > $folder/new; mv $folder/new $folder/pid; ";

// A keyring that cannot be made is no failure, and would take another run.
const std::string only_when_it_encrypts = "case \"$*\" in *--encrypt*) ;; *) exec $real \"$@\" ;; "
                                          "esac; ";

} // namespace

BOOST_FIXTURE_TEST_SUITE(engine_faults, faulty_engine)

BOOST_AUTO_TEST_CASE(an_engine_that_behaves_works) {
    start();
    BOOST_TEST(outcome() == boost::system::error_code());
    BOOST_TEST(inspection_outcome() == boost::system::error_code());
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(failures_of_gpg_are_engine_failures) {
    const std::pair<const char*, std::string> scripts[] = {
        {"exits 2 at once", "exit 2"},
        {"exits 2 after reading", "cat $input >/dev/null; exit 2"},
        {"says nothing and exits 0", "cat $input >/dev/null; exit 0"},
        {"exits 1 after good work", "$real \"$@\"; exit 1"},
        {"is no program", "exec /nonexistent"},
        // Its status lines go nowhere, END_ENCRYPTION and IMPORT_RES with them.
        {"tells no status",
         "exec 9>/dev/null\n"
         "n=$#\n"
         "while [ $n -gt 0 ]; do\n"
         "  a=$1; shift; n=$((n - 1))\n"
         "  if [ \"$a\" = --status-fd ]; then shift; n=$((n - 1)); set -- \"$@\" $a 9\n"
         "  else set -- \"$@\" \"$a\"; fi\n"
         "done\n"
         "exec $real \"$@\""},
    };
    start();
    for (const auto& [what, script] : scripts) {
        BOOST_TEST_CONTEXT(what) {
            behave(script);
            BOOST_TEST(outcome() == errc::engine_failed);
            BOOST_TEST(inspection_outcome() == errc::engine_failed);
            behave_well();
            BOOST_TEST(outcome() == boost::system::error_code());
            BOOST_TEST(is_tidy());
        }
    }
}

BOOST_AUTO_TEST_CASE(output_that_is_not_what_was_asked_for_is_not_given_out) {
    // Where an engine may read.
    const auto bob = (settings.gpg.parent_path() / "bob.pgp").string();
    std::filesystem::copy_file(std::string(POSTSEAL_TEST_DATA) + "/seal/bob.pgp", bob);
    const std::pair<const char*, std::string> scripts[] = {
        {"cut", "$real \"$@\" | { head -c 100; cat >/dev/null; }"},
        {"cut by one octet", "$real \"$@\" > $folder/all; head -c -1 $folder/all"},
        {"prolonged", "$real \"$@\"; printf x"},
        {"twice", "$real \"$@\" > $folder/all; cat $folder/all $folder/all"},
        {"empty", "$real \"$@\" >/dev/null"},
        {"of an empty plaintext", "exec $real \"$@\" </dev/null"},
        {"of a part of the plaintext", "head -c 5 $input | $real \"$@\""},
        {"the plaintext", "cat $input > $folder/all; $real \"$@\" >/dev/null; cat $folder/all"},
        {"for another key",
         "exec $real --no-options --homedir $folder --batch --trust-model always "
         "--no-keyring --status-fd 3 -f " +
             bob + " -o - -e"},
        {"for another key too", "exec $real -f " + bob + " \"$@\""},
    };
    start();
    for (const auto& [what, script] : scripts) {
        BOOST_TEST_CONTEXT(what) {
            behave(script);
            BOOST_TEST(outcome("canary" + noise(1000)) == errc::incomplete_output);
            behave_well();
            BOOST_TEST(outcome() == boost::system::error_code());
            BOOST_TEST(is_tidy());
        }
    }
}

BOOST_AUTO_TEST_CASE(status_without_end_is_not_read_to_its_end) {
    start();
    behave("yes xxxxxxxx | tr -d '\\n' | head -c 20000000 >&3; exec $real \"$@\"");
    BOOST_TEST(outcome() == errc::engine_failed);
    behave_well();
    BOOST_TEST(outcome() == boost::system::error_code());
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(a_killed_gpg_is_an_engine_failure) {
    start();
    for (const char* before : {"", "cat $input >/dev/null; ", "$real \"$@\" | head -c 100; "}) {
        BOOST_TEST_CONTEXT("before it is killed: " << before) {
            behave(only_when_it_encrypts + before + write_pid + "exec sleep 60");
            const auto ended = outcome_while([](int pid) {
                BOOST_REQUIRE(pid > 0);
                BOOST_TEST(::kill(pid, SIGKILL) == 0);
            });
            BOOST_TEST(ended == errc::engine_failed);
            behave_well();
            BOOST_TEST(outcome() == boost::system::error_code());
            BOOST_TEST(is_tidy());
        }
    }
}

BOOST_AUTO_TEST_CASE(a_hanging_gpg_is_killed_at_the_deadline_with_its_children) {
    settings.deadline = 3s;
    start();
    behave("sleep 60 & " + write_pid + "wait; sleep 60");
    const auto begin = std::chrono::steady_clock::now();
    int hanging = -1;
    BOOST_TEST(outcome_while([&](int pid) { hanging = pid; }) == errc::timed_out);
    const auto took = std::chrono::steady_clock::now() - begin;
    BOOST_TEST((took >= 3s && took < 20s));
    behave_well();
    BOOST_TEST(is_tidy());
    BOOST_TEST(!std::filesystem::exists("/proc/" + std::to_string(hanging)));
    BOOST_TEST(outcome() == boost::system::error_code());
}

BOOST_AUTO_TEST_CASE(a_gpg_that_is_missing_is_found_when_it_comes_back) {
    const auto gpg = settings.gpg;
    std::filesystem::remove(gpg);
    start();
    BOOST_TEST(outcome() == errc::engine_failed);
    BOOST_TEST(inspection_outcome() == errc::engine_failed);
    behave_well();
    BOOST_TEST(outcome() == boost::system::error_code());
    std::filesystem::remove(gpg);
    BOOST_TEST(outcome() == errc::engine_failed);
    BOOST_TEST(inspection_outcome() == errc::engine_failed);
    behave_well();
    BOOST_TEST(inspection_outcome() == boost::system::error_code());
    BOOST_TEST(is_tidy());
}

// "No certificate" means that the recipient's key is unusable, and that may mean: in clear.
BOOST_AUTO_TEST_CASE(a_gpg_without_a_trust_database_does_not_say_that_there_is_no_certificate) {
    start();
    behave("mkdir -p $folder/../trustdb.gpg; exec $real \"$@\"");
    BOOST_TEST(inspection_outcome() == errc::engine_failed);
    behave_well();
    BOOST_TEST(inspection_outcome() == boost::system::error_code());
    BOOST_TEST(is_tidy());
}

BOOST_AUTO_TEST_CASE(a_gpg_that_only_burns_time_is_stopped) {
    settings.cpu_per_job = 1s;
    start();
    behave("cat $input >/dev/null; while :; do :; done");
    BOOST_TEST(outcome() == errc::engine_failed);
    behave_well();
    BOOST_TEST(outcome() == boost::system::error_code());
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
