// SPDX-License-Identifier: Apache-2.0
// The key store, for commands: each call returns when it is answered.
// Fails: by std::runtime_error with a sentence for a person.
#pragma once

#include "config/settings.hpp"
#include "keys/store.hpp"
#include "smtp/mailbox.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postseal::cli {

/// What a command does where the service has not made the store yet: see purpose::ask_once.
enum class missing_store {
    complain,
    make, ///< where the folder is this account's own, so that it is made as the service would
};

/// Is one set up, whose file is not there yet?
[[nodiscard]] bool is_not_made_yet(const config::key_settings& from);

class key_store {
  public:
    explicit key_store(const config::key_settings& from,
                       missing_store then = missing_store::complain);
    ~key_store();

    [[nodiscard]] keys::record recall(const smtp::mailbox& address);
    /// A relay that has the file just now is waited for.
    void remember(const smtp::mailbox& address, const keys::record_changes& changes);
    void forget(const smtp::mailbox& address);
    std::size_t forget_domain(const std::string& domain);

    void put_opt_out(const keys::opt_out& one);
    /// False: there was none.
    bool end_opt_out(const std::string& name);
    void each_opt_out(const std::function<void(const keys::opt_out&)>& take);

    /// All of the domain, or all where it is empty, a few at a time and never more of them
    /// in memory. `take` may change what it is given.
    using page = std::vector<keys::known_address>;
    void browse(const std::string& domain, const std::function<void(const page&)>& take);

  private:
    std::unique_ptr<keys::store> store_;
};

/// Throws where it is none.
[[nodiscard]] smtp::mailbox address_named(const std::string& text);

/// As stores spell it; empty stays empty. Throws where it is none.
[[nodiscard]] std::string domain_named(const std::string& text);

} // namespace postseal::cli
