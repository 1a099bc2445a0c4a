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

    boost::asio::awaitable<boost::system::result<std::optional<memory>>>
    recall(smtp::mailbox address) override;

    /// A temporary finding never replaces a found one: what was found is needed most when nobody
    /// can be asked. The call then succeeds and changes nothing.
    boost::asio::awaitable<boost::system::result<void>> remember(smtp::mailbox address,
                                                                 memory entry) override;

    boost::asio::awaitable<boost::system::result<std::vector<rejected_certificate>>>
    recall_rejected(smtp::mailbox address) override;

    boost::asio::awaitable<boost::system::result<void>>
    remember_rejected(smtp::mailbox address, std::vector<rejected_certificate> entries) override;

    boost::asio::awaitable<boost::system::result<sealing>>
    recall_sealing(smtp::mailbox address) override;
    boost::asio::awaitable<boost::system::result<void>> remember_sealing(smtp::mailbox address,
                                                                         sealing entry) override;
    boost::asio::awaitable<boost::system::result<std::optional<std::chrono::sys_seconds>>>
    recall_directory(std::string domain) override;
    boost::asio::awaitable<boost::system::result<void>>
    remember_directory(std::string domain, std::chrono::sys_seconds when) override;

    /// What failed since the last call, one sentence each, for the log. The same trouble is told
    /// once, until it is over.
    [[nodiscard]] std::vector<std::string> take_warnings();

  private:
    struct troubles;
    std::shared_ptr<sqlite_database> database_; // queries under way keep it alive
    std::shared_ptr<troubles> troubles_;        // of the callers' thread; these too
    boost::asio::thread_pool thread_{1};
};

} // namespace postseal::keys
