// SPDX-License-Identifier: Apache-2.0
// Fills a SQLite store (bench/store_entries), then times look-ups through keys::sqlite_store,
// beside a bare prepared query of the same file. The ways take turns within each round, each with
// addresses of its own.
//
//   store FILE [ENTRIES [LOOK-UPS [ROUNDS]]]
#include "bench/store_entries.hpp"
#include "keys/sqlite_database.hpp"
#include "keys/sqlite_file.hpp"
#include "keys/sqlite_record.hpp"
#include "keys/sqlite_store.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <filesystem>
#include <functional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

namespace postseal::bench {

namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;
using addresses = std::vector<smtp::mailbox>;

constexpr std::size_t at_once = 1000; // the recipients of one mail

struct options {
    std::filesystem::path file;
    std::size_t entries = 1'000'000;
    std::size_t lookups = 10'000; // in a round, by each way
    std::size_t rounds = 9;
};

// ---- the ways

/// What every way has to bring back, so that none is fast by not reading.
struct sum {
    std::size_t known = 0;
    std::size_t octets = 0;

    void add(const keys::record& one) {
        if (!one.remembered) return;
        ++known;
        if (one.remembered->what.found) octets += one.remembered->what.found->bytes->size();
    }
};

/// The least that anybody could do: one query, prepared once, on one thread.
sum query_bare(keys::sqlite_connection& from, const addresses& of) {
    sum read;
    for (const auto& one : of) {
        auto query = from.prepare("SELECT outcome, source, reason, asked, fresh_until, "
                                  "fingerprint, certificate, encryption_keys, created, expires, "
                                  "origin, algorithm FROM findings WHERE address = ?1");
        const auto key = keys::lookup_key(one);
        query.bind(1, key);
        if (query.step() != SQLITE_ROW) continue;
        ++read.known;
        read.octets += query.octets(6).size();
    }
    return read;
}

/// Everything that is known of the address: a query for each of the six tables.
sum read_records(keys::sqlite_database& from, const addresses& of) {
    sum read;
    for (const auto& one : of)
        read.add(from.recall(keys::lookup_key(one)).value());
    return read;
}

asio::awaitable<void> recall_all(keys::store* from, addresses of, sum* into) {
    for (const auto& one : of) {
        auto asking = from->recall(one);
        const auto read = co_await std::move(asking);
        into->add(read.value());
    }
}

void rethrow(std::exception_ptr failed) {
    if (failed) std::rethrow_exception(failed);
}

sum recall_one_by_one(keys::store& from, const addresses& of, asio::io_context& context) {
    sum read;
    asio::co_spawn(context, recall_all(&from, of, &read), rethrow);
    context.run();
    context.restart();
    return read;
}

sum recall_many_at_once(keys::store& from, const addresses& of, asio::io_context& context) {
    sum read;
    for (std::size_t next = 0; next < of.size(); next += at_once) {
        for (std::size_t i = next; i < std::min(next + at_once, of.size()); ++i)
            asio::co_spawn(context, recall_all(&from, {of[i]}, &read), rethrow);
        context.run();
        context.restart();
    }
    return read;
}

// ---- the rounds

struct way {
    const char* name;
    std::function<sum(const addresses&)> run;
    std::vector<double> microseconds{};     // a look-up, round by round
    std::vector<double> cpu_microseconds{}; // of all threads
};

addresses choose(const options& chosen, std::mt19937_64& random) {
    addresses made;
    for (std::size_t i = 0; i < chosen.lookups; ++i)
        made.push_back(address_of(random() % chosen.entries));
    return made;
}

void measure(way& one, const addresses& of) {
    const auto worked = std::clock();
    const auto started = steady::now();
    const auto read = one.run(of);
    const std::chrono::duration<double, std::micro> took = steady::now() - started;
    const double cpu = 1e6 * static_cast<double>(std::clock() - worked) / CLOCKS_PER_SEC;
    if (read.known != of.size() || read.octets == 0)
        throw std::runtime_error(std::string(one.name) + ": not everything was found");
    one.microseconds.push_back(took.count() / static_cast<double>(of.size()));
    one.cpu_microseconds.push_back(cpu / static_cast<double>(of.size()));
}

double median(std::vector<double> of) {
    std::ranges::sort(of);
    return of[of.size() / 2];
}

void print(const std::vector<double>& times, const std::vector<double>& bare) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < bare.size(); ++round)
        ratios.push_back(times[round] / bare[round]);
    const auto [least, most] = std::ranges::minmax(ratios);
    std::printf("%8.1f us %6.2f (%.2f to %.2f)", median(times), median(ratios), least, most);
}

void print(const std::vector<way>& ways) {
    const auto& bare = ways.front();
    for (const auto& one : ways) {
        std::printf("%-38s", one.name);
        print(one.microseconds, bare.microseconds);
        std::printf("   CPU");
        print(one.cpu_microseconds, bare.cpu_microseconds);
        std::printf("\n");
    }
    const auto [least, most] = std::ranges::minmax(bare.microseconds);
    std::printf("\nNoise: the bare query itself moved by %.0f %% from round to round.\n",
                100 * (most - least) / median(bare.microseconds));
}

options read_options(int argc, char** argv) {
    if (argc < 2) throw std::runtime_error("usage: store FILE [ENTRIES [LOOK-UPS [ROUNDS]]]");
    options chosen;
    chosen.file = argv[1];
    if (argc > 2) chosen.entries = std::stoul(argv[2]);
    if (argc > 3) chosen.lookups = std::stoul(argv[3]);
    if (argc > 4) chosen.rounds = std::stoul(argv[4]);
    if (std::filesystem::exists(chosen.file)) throw std::runtime_error("the file is there already");
    if (!chosen.entries || !chosen.lookups || !chosen.rounds)
        throw std::runtime_error("at least one entry, one look-up and one round");
    return chosen;
}

double seconds_since(steady::time_point then) {
    return std::chrono::duration<double>(steady::now() - then).count();
}

void run(const options& chosen) {
    auto started = steady::now();
    fill(chosen.file, chosen.entries);
    std::printf("%zu addresses in %.1f s; ", chosen.entries, seconds_since(started));
    started = steady::now();
    asio::io_context context;
    keys::sqlite_store store(chosen.file);
    std::printf("%ju MiB, opened and checked in %.2f s\n",
                std::uintmax_t{std::filesystem::file_size(chosen.file) >> 20},
                seconds_since(started));
    std::fflush(stdout);

    keys::sqlite_connection bare{keys::open_sqlite_file(chosen.file), {}};
    keys::sqlite_database whole(chosen.file);
    std::vector<way> ways{
        {"bare query of the findings", [&](const auto& of) { return query_bare(bare, of); }},
        {"the whole record, on the same thread",
         [&](const auto& of) { return read_records(whole, of); }},
        {"recall(), one after another",
         [&](const auto& of) { return recall_one_by_one(store, of, context); }},
        {"recall(), 1,000 at once",
         [&](const auto& of) { return recall_many_at_once(store, of, context); }}};
    std::mt19937_64 random(2);
    for (auto& one : ways)
        one.run(choose(chosen, random));
    for (std::size_t round = 0; round < chosen.rounds; ++round)
        for (auto& one : ways)
            measure(one, choose(chosen, random));
    std::printf("%zu random look-ups a round and way, %zu rounds; time for one, and how many times "
                "the bare\nquery's; the same of the processor's time: median of the rounds (lowest "
                "to highest)\n\n",
                chosen.lookups, chosen.rounds);
    print(ways);
}

} // namespace

} // namespace postseal::bench

int main(int argc, char** argv) {
    try {
        postseal::bench::run(postseal::bench::read_options(argc, argv));
        return EXIT_SUCCESS;
    } catch (const std::exception& failed) {
        std::fprintf(stderr, "%s\n", failed.what());
        return EXIT_FAILURE;
    }
}
