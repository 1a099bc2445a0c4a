// SPDX-License-Identifier: Apache-2.0
// The store in one SQLite file: nothing to run, nothing to configure. Queries run on a thread of
// their own and come back to the caller's executor.
// Has to be destroyed before its callers' execution context: queries under way are waited for, and
// their answers are handed over there.
// Fails: the constructor throws std::runtime_error with a sentence that names the file and what to
// do; queries fail by SQLite's result code and its sentence. Somebody who keeps the file locked
// costs a fraction of a second now and then, never each query its time.
#pragma once

#include "keys/store.hpp"

#include <boost/asio/thread_pool.hpp>

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

class sqlite_database;

class sqlite_store final : public store {
  public:
    /// Creates the file (mode 0600) where there is none, and brings an older one up to date.
    explicit sqlite_store(const std::filesystem::path& file);
    ~sqlite_store() override;

    promised<record> recall(smtp::mailbox address) override;
    promised<void> remember(smtp::mailbox address, record_changes changes) override;
    promised<std::vector<known_address>> browse(std::string domain, std::string after,
                                                std::size_t limit) override;
    promised<void> forget(smtp::mailbox address) override;
    promised<std::size_t> forget_domain(std::string domain) override;
    promised<std::vector<std::string>> due(due_for_refresh which) override;
    promised<void> prune(std::chrono::sys_seconds before) override;
    [[nodiscard]] bool is_shared() const override { return false; }
    promised<lease> take_lease(std::string name, std::chrono::seconds how_long) override;

    [[nodiscard]] std::vector<std::string> take_warnings() override;

  private:
    struct troubles;
    enum class access { reading, writing };
    template<class T>
    promised<T> ask(access way, std::function<boost::system::result<T>(sqlite_database&)> query);

    std::shared_ptr<sqlite_database> database_; // queries under way keep it alive
    std::shared_ptr<troubles> troubles_;        // of the callers' thread; these too
    boost::asio::thread_pool thread_{1};
};

} // namespace postseal::keys
