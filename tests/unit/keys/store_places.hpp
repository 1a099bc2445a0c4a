// SPDX-License-Identifier: Apache-2.0
// Every kind of store, for tests of what each of them does.
#pragma once

#include "keys/postgresql_store.hpp"
#include "keys/sqlite_store.hpp"

#include "tests/unit/keys/postgresql_server.hpp"
#include "tests/unit/keys/private_folder.hpp"

#include <chrono>
#include <memory>
#include <tuple>

namespace postseal::keys {

/// An empty one, for each test. open() again is another relay, or the next start of this one.
struct sqlite_place {
    private_folder folder;
    static constexpr bool writers_wait = false; ///< for a fifth of a second, and then nobody's do

    [[nodiscard]] std::unique_ptr<store> open() const {
        return std::make_unique<sqlite_store>(folder.path() / "keys.sqlite");
    }
};

struct postgresql_place {
    postgresql_place() { shared_server().clear(); }
    static constexpr bool writers_wait = true;

    [[nodiscard]] static std::unique_ptr<store> open() {
        postgresql_settings settings;
        settings.server = shared_server().where();
        // A machine that has much to do is no reason to fail.
        settings.patience = std::chrono::seconds(20);
        settings.patience_at_start = std::chrono::seconds(20);
        return std::make_unique<postgresql_store>(settings);
    }
};

using places = std::tuple<sqlite_place, postgresql_place>;

} // namespace postseal::keys
