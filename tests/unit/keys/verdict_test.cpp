// SPDX-License-Identifier: Apache-2.0
#include "keys/record_cache.hpp"
#include "keys/verdict.hpp"

#include <boost/test/unit_test.hpp>

#include <array>
#include <ostream>

using namespace postseal::keys;
using namespace std::chrono_literals;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, outcome what) { return out << to_string(what); }
} // namespace postseal::keys

namespace {

const std::chrono::sys_seconds now{std::chrono::sys_days{2026y / 6 / 1}};

finding say(outcome result, std::string source) {
    finding made;
    made.result = result;
    made.source = std::move(source);
    return made;
}

memory remembered(std::optional<std::chrono::sys_seconds> expires = {}, std::size_t octets = 1) {
    certificate held;
    held.bytes = std::make_shared<const std::string>(octets, 'k');
    held.expires = expires;
    memory entry;
    entry.what = say(outcome::found, "wkd");
    entry.what.found = held;
    entry.asked = now - 1h;
    entry.fresh_until = now + 1h;
    return entry;
}

} // namespace

BOOST_AUTO_TEST_SUITE(verdict)

BOOST_AUTO_TEST_CASE(found_beats_temporary_beats_unusable_beats_absent) {
    using enum outcome;
    struct row {
        outcome first, second, expected;
        const char* from;
    };
    const row table[] = {
        {found, found, found, "1"},
        {found, absent, found, "1"},
        {absent, found, found, "2"},
        {temporary, found, found, "2"},
        {unusable, found, found, "2"},
        {temporary, absent, temporary, "1"},
        {absent, temporary, temporary, "2"},
        {unusable, temporary, temporary, "2"},
        {temporary, unusable, temporary, "1"},
        {unusable, absent, unusable, "1"},
        {absent, unusable, unusable, "2"},
        {absent, absent, absent, "2"},
    };
    for (const auto& row : table) {
        const finding said[] = {say(row.first, "1"), say(row.second, "2")};
        const auto all = combine(said);
        BOOST_TEST_CONTEXT(row.first << ' ' << row.second) {
            BOOST_TEST(all.result == row.expected);
            BOOST_TEST(all.source == row.from);
        }
    }
    BOOST_TEST(combine({}).result == absent);
}

BOOST_AUTO_TEST_CASE(a_busy_keyserver_beats_nothing_but_absent) {
    using enum outcome;
    auto busy = say(temporary, "busy");
    busy.retry_in = 60s;
    for (const auto other : {found, temporary, unusable}) {
        BOOST_TEST(combine(std::array{busy, say(other, "other")}).source == "other");
        BOOST_TEST(combine(std::array{say(other, "other"), busy}).source == "other");
    }
    BOOST_TEST(combine(std::array{busy, say(absent, "other")}).source == "busy");
    BOOST_TEST(combine(std::array{say(absent, "other"), busy}).source == "busy");
}

BOOST_AUTO_TEST_CASE(a_memory_is_fresh_until_its_time_or_its_key_is_over) {
    BOOST_TEST(is_fresh(remembered(), now));
    BOOST_TEST(is_fresh(remembered(), now + 59min));
    BOOST_TEST(!is_fresh(remembered(), now + 1h));
    BOOST_TEST(!is_fresh(remembered(now), now));
    BOOST_TEST(is_fresh(remembered(now + 1s), now));
    BOOST_TEST(!is_fresh(remembered(), now - 2h)); // asked in the future: under a wrong clock
}

BOOST_AUTO_TEST_CASE(only_a_temporary_result_falls_back_and_only_to_a_good_key) {
    using enum outcome;
    auto failed = say(temporary, "wkd");
    failed.reason = "corp.org is silent";
    const auto used = fall_back(failed, remembered(now + 1s), now);
    BOOST_TEST(used.result == found);
    BOOST_TEST(used.reason == "found before, and could not be asked for again: corp.org is silent");
    BOOST_TEST(fall_back(failed, remembered(now), now).result == temporary);
    for (const auto result : {absent, unusable})
        BOOST_TEST(fall_back(say(result, "wkd"), remembered(), now).result == result);
    auto no_key = remembered();
    no_key.what = say(absent, "wkd");
    BOOST_TEST(fall_back(failed, no_key, now).result == temporary);
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(cached_records)

namespace {
record_cache::entry holding(std::size_t octets = 1) {
    record_cache::entry made;
    made.known.remembered = remembered({}, octets);
    return made;
}
} // namespace

BOOST_AUTO_TEST_CASE(those_that_are_used_are_kept) {
    record_cache recent(2, 1000);
    recent.remember("a", holding());
    recent.remember("b", holding());
    BOOST_TEST(recent.find("a"));
    recent.remember("c", holding());
    BOOST_TEST(recent.find("a"));
    BOOST_TEST(!recent.find("b"));
    BOOST_TEST(recent.find("c"));
}

BOOST_AUTO_TEST_CASE(they_keep_to_their_octets) {
    record_cache recent(100, 1000);
    for (const char* const key : {"a", "b", "a", "c"}) // "a" counts once
        recent.remember(key, holding(333));
    BOOST_TEST(recent.size() == 3u);
    recent.remember("d", holding(400));
    BOOST_TEST(!recent.find("b"));
    BOOST_TEST(recent.size() == 2u);
    recent.remember("huge", holding(5000));
    BOOST_TEST(recent.size() == 1u);
    BOOST_TEST(recent.find("huge"));
    auto rejected = holding();
    rejected.known.rejected.resize(1);
    rejected.known.rejected.front().bytes.assign(900, 'r');
    recent.remember("rejected", rejected);
    recent.remember("x", holding(200));
    BOOST_TEST(!recent.find("rejected"));
}

BOOST_AUTO_TEST_SUITE_END()
