// SPDX-License-Identifier: Apache-2.0
// What tests of the PostgreSQL store have in common: a server, and a store that has time.
#pragma once

#include "keys/postgresql_store.hpp"

#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/postgresql_server.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <thread>

namespace postseal::keys::postgresql_scene {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

inline const std::chrono::sys_seconds now{std::chrono::sys_days{2024y / 6 / 15}};
inline const smtp::mailbox bob{"bob", "example.org"};

inline postgresql_settings settings_for(const std::string& server) {
    postgresql_settings made;
    made.server = server;
    made.patience = 20s; // a machine that has much to do is no reason to fail
    made.patience_at_start = 20s;
    return made;
}

inline record_changes revoked(int number) {
    record_changes changes;
    changes.rejected = {{"F" + std::to_string(number), "bytes", true, now}};
    return changes;
}

inline record_changes absent(std::string reason) {
    record_changes changes;
    changes.remembered.emplace();
    changes.remembered->what.reason = std::move(reason);
    return changes;
}

inline bool contains(const std::string& text, std::string_view part) {
    return text.find(part) != std::string::npos;
}

/// Whatever is told until it says `part`; empty where it never does.
inline std::string wait_for_warning(store& from, std::string_view part) {
    std::string all;
    for (const auto until = steady::now() + 30s; steady::now() < until;) {
        for (const auto& one : from.take_warnings())
            all += one + '\n';
        if (contains(all, part)) return all;
        std::this_thread::sleep_for(10ms);
    }
    return {};
}

inline bool wait_until_it_answers(store& asked) {
    for (const auto until = steady::now() + 30s; steady::now() < until;) {
        if (awaited(asked.recall(bob))) return true;
        std::this_thread::sleep_for(10ms);
    }
    return false;
}

struct server_of_its_own {
    postgresql_server server;
};

struct clean_server {
    clean_server() { server.clear(); }
    postgresql_server& server = shared_server();
};

} // namespace postseal::keys::postgresql_scene
