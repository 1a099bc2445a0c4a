// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_store.hpp"

#include "keys/sqlite_database.hpp"
#include "keys/threaded_queries.hpp"

namespace postseal::keys {

using boost::system::error_code;

/// What queries under way share; they keep it alive.
struct sqlite_store::state final : database_access<sqlite_database> {
    explicit state(const std::filesystem::path& file) : database(file) {}

    // On the store's thread.
    error_code run(const errand& what, const query& asked) override {
        const auto failed = asked(database);
        troubles.note(what.way, failed ? failed->message() : std::string());
        return failed.value_or(error_code());
    }

    sqlite_database database;
    store_troubles troubles;
};

sqlite_store::sqlite_store(const std::filesystem::path& file)
    : sqlite_store(std::make_shared<state>(file)) {}

sqlite_store::sqlite_store(std::shared_ptr<state> opened)
    : threaded_store(opened, 1), state_(std::move(opened)) {}

sqlite_store::~sqlite_store() = default;

std::vector<std::string> sqlite_store::take_warnings() { return state_->troubles.take(); }

template class threaded_store<sqlite_database>;

} // namespace postseal::keys
