// SPDX-License-Identifier: Apache-2.0
// A pool with real sealers in a folder of its own, and gpg to decrypt what comes out.
#pragma once

#include "seal/pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <exception>
#include <filesystem>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postseal::seal {

/// For Boost.Test's messages.
inline std::ostream& boost_test_print_type(std::ostream& to, errc what) {
    return to << make_error_code(what).message();
}

} // namespace postseal::seal

namespace postseal::seal::test {

/// A new folder below the system's temporary one, removed at the end.
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

[[nodiscard]] std::string read_file(const std::filesystem::path& file);
[[nodiscard]] std::string read_all(const descriptor& file);
[[nodiscard]] descriptor file_with(std::string_view content);
void write_program(const std::filesystem::path& file, const std::string& script);

/// Octets that do not compress and do not repeat, the same in every run.
[[nodiscard]] std::string noise(std::size_t size);

/// The certificate of that name in the test data, with `encryption_keys` as gpg lists them.
[[nodiscard]] std::string certificate_bytes(const std::string& name);
[[nodiscard]] keys::certificate certificate_of(const std::string& name);

/// Open descriptors of this process.
[[nodiscard]] std::size_t open_descriptors();

/// Processes whose parent is this one, zombies included.
[[nodiscard]] std::vector<int> children();

struct pool_fixture {
    pool_fixture() { settings = default_settings(); }

    [[nodiscard]] pool_settings default_settings() const;

    /// Makes the pool from `settings` and starts it.
    pool& start();

    /// Runs the event loop until the coroutine is done.
    template<class Value>
    Value run(boost::asio::awaitable<Value> work) {
        std::optional<Value> value;
        std::exception_ptr thrown;
        boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, Value result) {
            thrown = e;
            value.emplace(std::move(result));
        });
        io.restart();
        while (!value && io.run_one() > 0) {
        }
        if (thrown) std::rethrow_exception(thrown);
        return std::move(value.value());
    }

    /// Lets the pool's own work go on until `done` or a minute is over.
    template<class Condition>
    bool run_until(Condition done) {
        const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(60);
        while (!done() && std::chrono::steady_clock::now() < limit) {
            io.restart();
            io.run_one_for(std::chrono::milliseconds(5));
        }
        return done();
    }

    boost::system::result<descriptor> encrypt(std::string_view plaintext,
                                              const std::vector<std::string>& names,
                                              compression packing = compression::none);
    boost::system::result<keys::inspection> inspect(const std::string& name);

    /// gpg's plaintext for the owner of the secret key of that name.
    [[nodiscard]] std::string decrypt(std::string_view ciphertext, const std::string& name) const;

    temporary_folder folder;
    boost::asio::io_context io;
    pool_settings settings;
    std::optional<pool> sealers;
};

} // namespace postseal::seal::test
