// SPDX-License-Identifier: Apache-2.0
// What this process has found lately, by lookup key. No I/O.
// Limits: 10,000 addresses and 64 MiB of certificates; whoever was asked for longest ago goes
// first.
#pragma once

#include "keys/store.hpp"

#include <cstddef>
#include <list>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

namespace postseal::keys {

class recent_findings {
  public:
    explicit recent_findings(std::size_t max_addresses = 10'000,
                             std::size_t max_octets = 64 * 1024 * 1024)
        : max_addresses_(max_addresses), max_octets_(max_octets) {}

    /// Fresh or not; using an entry keeps it.
    [[nodiscard]] std::optional<memory> recall(const std::string& key);

    void remember(const std::string& key, memory entry);
    void forget(const std::string& key);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    using entry_list = std::list<std::pair<std::string, memory>>;

    void remove(entry_list::iterator entry);

    std::size_t max_addresses_;
    std::size_t max_octets_;
    std::size_t octets_ = 0;
    entry_list entries_; ///< the one used last comes first
    std::unordered_map<std::string, entry_list::iterator> index_;
};

} // namespace postseal::keys
