// SPDX-License-Identifier: Apache-2.0
// The pins of the policy file, beside which the store's do not count, with their places.
// Fails: throws config::error where the file cannot be read any more.
#pragma once

#include "config/settings.hpp"
#include "keys/account.hpp"

#include <boost/json/object.hpp>

#include <map>
#include <string>

namespace postseal::cli {

class policy_pins {
  public:
    explicit policy_pins(const config::settings& from);

    /// Null: there is none. `address` is spelled as keys::lookup_key does.
    [[nodiscard]] const keys::policy_pin* of(const std::string& address) const;

    [[nodiscard]] const std::map<std::string, keys::policy_pin>& all() const { return pins_; }

  private:
    std::map<std::string, keys::policy_pin> pins_;
};

/// Adds `pin` to what is said of an address; null where there is none.
void add_pin(boost::json::object& to, const keys::policy_pin* pin);

} // namespace postseal::cli
