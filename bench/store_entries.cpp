// SPDX-License-Identifier: Apache-2.0
#include "bench/store_entries.hpp"

#include "keys/sqlite_file.hpp"
#include "keys/sqlite_record.hpp"
#include "keys/user_id.hpp"

#include <chrono>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <string>

namespace postseal::bench {

namespace {

constexpr std::size_t certificate_octets = 500; // two Curve25519 keys and a user ID
constexpr std::size_t addresses_of_domain = 20;

std::string octets(std::mt19937_64& random, std::size_t count) {
    std::string made(count, '\0');
    for (auto& one : made)
        one = static_cast<char>(random());
    return made;
}

std::string fingerprint(std::mt19937_64& random) {
    std::string made;
    for (int i = 0; i < 40; ++i)
        made += "0123456789ABCDEF"[random() % 16];
    return made;
}

keys::certificate make_certificate(std::mt19937_64& random, std::chrono::sys_seconds now) {
    keys::certificate made;
    made.fingerprint = fingerprint(random);
    made.bytes = std::make_shared<const std::string>(octets(random, certificate_octets));
    made.encryption_keys = {random()};
    made.created = now - std::chrono::years(1);
    made.algorithm = "cv25519";
    return made;
}

/// Of ten addresses, eight have a key and five are written to; one in fifty had a key that may not
/// be used.
keys::record_changes make_record(std::size_t number, std::mt19937_64& random,
                                 std::chrono::sys_seconds now) {
    keys::record_changes made;
    keys::memory entry;
    entry.asked = now;
    entry.fresh_until = now + std::chrono::hours(24);
    entry.what.source = "wkd";
    entry.what.from = keys::origin::domain;
    if (number % 10 < 8) {
        entry.what.result = keys::outcome::found;
        entry.what.found = make_certificate(random, now);
        entry.what.reason = "openpgpkey.d.example serves it";
    } else {
        entry.what.reason = "openpgpkey.d.example has no key for it";
    }
    if (number % 10 < 5) {
        keys::sealing sealed;
        sealed.last = now;
        sealed.fingerprint = entry.what.found->fingerprint;
        made.sealed = sealed;
    }
    if (number % 50 == 0)
        made.rejected.push_back(
            {fingerprint(random), octets(random, certificate_octets), true, now});
    if (number % addresses_of_domain == 0)
        made.directory = keys::known_directory{keys::wkd_host::advanced, now};
    made.remembered = std::move(entry);
    return made;
}

} // namespace

smtp::mailbox address_of(std::size_t number) {
    char local_part[32];
    std::snprintf(local_part, sizeof local_part, "user%08zu", number);
    return {local_part, "d" + std::to_string(number / addresses_of_domain) + ".example"};
}

void fill(const std::filesystem::path& file, std::size_t entries) {
    keys::sqlite_connection to{keys::open_sqlite_file(file), {}};
    std::mt19937_64 random(1);
    const auto now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
    keys::run_sql(file, to.handle.get(), "BEGIN");
    for (std::size_t number = 0; number < entries; ++number) {
        keys::record whole;
        keys::apply(whole, make_record(number, random, now));
        const auto key = keys::lookup_key(address_of(number));
        if (!keys::write_record(to, key, {}, whole)) throw std::runtime_error("cannot write");
    }
    keys::run_sql(file, to.handle.get(), "COMMIT");
    keys::run_sql(file, to.handle.get(), "PRAGMA wal_checkpoint(TRUNCATE)");
}

} // namespace postseal::bench
