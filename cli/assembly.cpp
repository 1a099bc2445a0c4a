// SPDX-License-Identifier: Apache-2.0
#include "cli/assembly.hpp"

#include "keys/directory_source.hpp"
#include "keys/https_client.hpp"
#include "keys/keyserver_source.hpp"
#include "keys/known_inspections.hpp"
#include "keys/postgresql_store.hpp"
#include "keys/refresher.hpp"
#include "keys/sqlite_store.hpp"
#include "keys/wkd_source.hpp"
#include "seal/pool.hpp"

#include <boost/asio/co_spawn.hpp>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <exception>
#include <iterator>
#include <system_error>
#include <utility>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;

keys::https_client_settings https_settings(const config::key_settings& from) {
    keys::https_client_settings made;
    made.allow_networks = from.allow_networks;
    made.resolve = from.resolve;
    made.ca_file = from.ca_file;
    return made;
}

seal::pool_settings pool_settings(const config::settings& from,
                                  const std::filesystem::path& homes) {
    seal::pool_settings made;
    made.sealer = from.sealers.executable.empty()
                      ? std::filesystem::path(POSTSEAL_LIBEXEC) / "sealer"
                      : from.sealers.executable;
    made.gpg = from.sealers.gpg;
    made.runtime_directory = homes;
    made.workers = from.sealers.workers;
    made.deadline = from.sealers.deadline;
    made.large_files = from.relay.spool;
    made.in_memory = from.relay.limits.message_memory;
    return made;
}

keys::finder_settings finder_settings(const config::settings& from) {
    keys::finder_settings made;
    made.deadline = from.keys.deadline;
    made.keep = from.keys.lifetimes;
    made.subaddressing = from.keys.subaddressing;
    made.pins = from.relay.policy.pins;
    return made;
}

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

temporary_folder::temporary_folder() {
    auto name = (std::filesystem::temp_directory_path() / "postseal-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) {
        throw std::system_error(errno, std::generic_category(),
                                "cannot make a folder in " +
                                    std::filesystem::temp_directory_path().string());
    }
    path_ = name;
}

temporary_folder::~temporary_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
}

std::unique_ptr<keys::store> open_store(const config::key_settings& from, purpose what_for) {
    if (!from.store_server.empty())
        return std::make_unique<keys::postgresql_store>(
            keys::postgresql_settings{.server = from.store_server});
    std::error_code ignored;
    const bool may_open =
        what_for == purpose::serve || std::filesystem::exists(from.store, ignored);
    if (from.store.empty() || !may_open) return nullptr;
    return std::make_unique<keys::sqlite_store>(from.store);
}

assembly::assembly(asio::any_io_executor executor, const config::settings& from, purpose what_for)
    : https_(std::make_unique<keys::https_client>(https_settings(from.keys))) {
    auto homes = from.runtime;
    if (what_for == purpose::ask_once) {
        // The service's folders belong to its account; a command makes its own.
        homes_ = std::make_unique<temporary_folder>();
        homes = homes_->path();
    }
    store_ = open_store(from.keys, what_for);
    sealers_ = std::make_unique<seal::pool>(executor, pool_settings(from, homes));
    sealers_->start();
    finder_ = std::make_unique<keys::finder>(executor, make_sources(from), store_.get(),
                                             keys::knowing_inspector(inspector(), now),
                                             finder_settings(from), now);
    if (store_ && what_for == purpose::serve)
        refresher_ = std::make_unique<keys::refresher>(executor, *finder_, *store_, now);
}

assembly::~assembly() = default;

// What stands before the store in the configured order is asked every time, what stands behind it
// only when nothing fresh is remembered. Without a store everything behind is remembered in memory.
keys::finder_sources assembly::make_sources(const config::settings& from) {
    keys::finder_sources made;
    bool store_seen = false;
    for (const auto& name : from.keys.sources) {
        if (name == "store") store_seen = true;
        if (name == "keyservers")
            for (const auto& server : from.keys.keyservers)
                (server.for_keys ? made.after_store : made.revocations)
                    .push_back(
                        std::make_unique<keys::keyserver_source>(https_->as_function(), server));
        std::unique_ptr<keys::source> one;
        if (name == "directory" && !from.keys.directory.empty()) {
            auto folder = std::make_unique<keys::directory_source>(
                keys::directory_settings{.folder = from.keys.directory});
            directory_ = folder.get();
            one = std::move(folder);
        } else if (name == "wkd") {
            one = std::make_unique<keys::wkd_source>(
                https_->as_function(), keys::wkd_settings{.timeout = from.keys.wkd.timeout,
                                                          .resolve = from.keys.resolve,
                                                          .proxy = from.keys.wkd.proxy});
        }
        if (!one) continue;
        const bool every_time = name == "directory" && !store_seen;
        (every_time ? made.before_store : made.after_store).push_back(std::move(one));
    }
    return made;
}

keys::inspector assembly::inspector() {
    return [sealers = sealers_.get()](std::string certificate) {
        return sealers->inspect(std::move(certificate));
    };
}

void assembly::refresh_keys() {
    if (directory_ != nullptr) directory_->refresh();
}

std::vector<std::string> assembly::take_warnings() {
    auto warnings = directory_ ? directory_->take_warnings() : std::vector<std::string>();
    if (store_) std::ranges::move(store_->take_warnings(), std::back_inserter(warnings));
    if (refresher_) std::ranges::move(refresher_->take_warnings(), std::back_inserter(warnings));
    return warnings;
}

void run_once(asio::io_context& context, asio::awaitable<void> task) {
    std::exception_ptr thrown;
    context.restart(); // the one before has stopped it
    asio::co_spawn(context, std::move(task), [&](std::exception_ptr failed) {
        thrown = failed;
        context.stop(); // the sealers' deadlines and reads would keep it running
    });
    context.run();
    if (thrown) std::rethrow_exception(thrown);
}

} // namespace postseal::cli
