// SPDX-License-Identifier: Apache-2.0
// The records that this process has used lately, by lookup key, and what of them the store has not
// taken yet. No I/O.
// Limits: 10,000 addresses and 64 MiB of certificates; whoever was asked for longest ago goes
// first.
#pragma once

#include "keys/record.hpp"

#include <cstddef>
#include <list>
#include <string>
#include <unordered_map>
#include <utility>

namespace postseal::keys {

class record_cache {
  public:
    explicit record_cache(std::size_t max_addresses = 10'000,
                          std::size_t max_octets = 64 * 1024 * 1024)
        : max_addresses_(max_addresses), max_octets_(max_octets) {}

    struct entry {
        record known;
        record_changes unwritten;
        std::size_t version = 0; ///< of `unwritten`
    };

    /// Null where it is not there; good until the next remember(). Using an entry keeps it.
    [[nodiscard]] const entry* find(const std::string& key);

    void remember(const std::string& key, entry now);

    [[nodiscard]] std::size_t size() const { return entries_.size(); }

  private:
    struct place {
        std::string key;
        entry held;
        std::size_t octets;
    };
    using place_list = std::list<place>;

    void remove(place_list::iterator one);

    std::size_t max_addresses_;
    std::size_t max_octets_;
    std::size_t octets_ = 0;
    place_list entries_; ///< the one used last comes first
    std::unordered_map<std::string, place_list::iterator> index_;
};

} // namespace postseal::keys
