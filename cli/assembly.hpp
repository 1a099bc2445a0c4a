// SPDX-License-Identifier: Apache-2.0
// Builds what a configuration describes: sealers, key sources, store, finder. One place, so that
// `run`, `explain` and `keys find` never ask in different ways.
#pragma once

#include "config/settings.hpp"
#include "keys/finder.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {
class directory_source;
class https_client;
class refresher;
class store;
} // namespace postseal::keys
namespace postseal::seal {
class pool;
}

namespace postseal::cli {

/// A folder of its own, removed with all that is in it.
class temporary_folder {
  public:
    temporary_folder();
    temporary_folder(const temporary_folder&) = delete;
    temporary_folder& operator=(const temporary_folder&) = delete;
    ~temporary_folder();

    [[nodiscard]] const std::filesystem::path& path() const { return path_; }

  private:
    std::filesystem::path path_;
};

/// A command that an administrator runs, mostly as root, must leave no file behind that the
/// service, with its own account, could not write: it makes neither the store nor the runtime
/// folder, and uses the store only where the service has made it.
enum class purpose { serve, ask_once };

/// The store that is set up. Null: there is none, or, for ask_once, not yet. Throws std::exception
/// with a sentence for a person where it cannot be used.
[[nodiscard]] std::unique_ptr<keys::store> open_store(const config::key_settings& from,
                                                      purpose what_for);

class assembly {
  public:
    /// Throws std::exception with a sentence for a person where a part cannot be made.
    assembly(boost::asio::any_io_executor executor, const config::settings& from, purpose what_for);
    ~assembly();

    [[nodiscard]] seal::pool& sealers() { return *sealers_; }
    [[nodiscard]] keys::finder& finder() { return *finder_; }
    [[nodiscard]] keys::store* store() { return store_.get(); } ///< null: none
    [[nodiscard]] keys::inspector inspector();

    /// Looks at the key directory now, not only when the next key is looked for.
    void refresh_keys();

    /// What was wrong with files in the key directory, and with the store, since the last call.
    [[nodiscard]] std::vector<std::string> take_warnings();

  private:
    [[nodiscard]] keys::finder_sources make_sources(const config::settings& from);

    std::unique_ptr<temporary_folder> homes_;
    std::unique_ptr<seal::pool> sealers_;
    std::unique_ptr<keys::https_client> https_;
    std::unique_ptr<keys::store> store_;          // null: none
    keys::directory_source* directory_ = nullptr; // owned by finder_
    std::unique_ptr<keys::finder> finder_;
    std::unique_ptr<keys::refresher> refresher_;
};

/// Runs one coroutine to its end for the commands that ask once. What it throws is thrown here.
void run_once(boost::asio::io_context& context, boost::asio::awaitable<void> task);

} // namespace postseal::cli
