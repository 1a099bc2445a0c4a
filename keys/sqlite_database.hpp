// SPDX-License-Identifier: Apache-2.0
// One connection to the file of the SQLite store, and what is asked of it (keys/store.hpp). For one
// thread at a time. Addresses are spelled as lookup_key does.
// Fails: the constructor as open_sqlite_file does; queries by SQLite's result code.
#pragma once

#include "keys/sqlite_record.hpp"
#include "keys/store.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace postseal::keys {

class sqlite_database {
  public:
    explicit sqlite_database(const std::filesystem::path& file);

    template<class T>
    using result = boost::system::result<T>;

    result<record> recall(const std::string& address);
    result<void> remember(const std::string& address, const record_changes& changes);
    result<std::vector<known_address>> browse(const std::string& domain, const std::string& after,
                                              std::size_t limit);
    result<void> forget(const std::string& address);
    result<std::size_t> forget_domain(const std::string& domain);
    result<std::vector<std::string>> due(const due_for_refresh& which);
    result<std::vector<std::string>> given_to(const std::string& after, std::size_t limit);
    result<void> put_opt_out(const opt_out& one);
    result<std::size_t> end_opt_out(const std::string& name);
    result<std::vector<opt_out>> opt_outs(const std::string& after, std::size_t limit);
    result<void> prune(std::chrono::sys_seconds before);
    result<lease> take_lease(const std::string& name, std::chrono::seconds how_long);

  private:
    enum class durability { usual, at_once };
    result<void> write(durability wanted, const std::function<result<void>()>& rows);
    result<void> run(const char* sql);
    /// `?1` is `about`, which may be a name or a time. How many rows were changed.
    template<class About>
    result<std::size_t> change(const char* sql, const About& about);
    result<std::vector<std::string>> texts(sqlite_statement query);

    sqlite_connection to_;
    std::string holder_; ///< of leases: this connection
    std::chrono::steady_clock::time_point writes_again_{};
};

} // namespace postseal::keys
