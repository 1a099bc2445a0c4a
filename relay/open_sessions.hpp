// SPDX-License-Identifier: Apache-2.0
// Sessions that run now, whichever listener took them.
#pragma once

#include "smtp/ip_address.hpp"

#include <cstddef>
#include <list>

namespace postseal::relay {

class session;

class open_sessions {
  public:
    using place = std::list<session*>::iterator;

    place add(session& one) { return sessions_.insert(sessions_.end(), &one); }
    void remove(place where) { sessions_.erase(where); }
    [[nodiscard]] std::size_t count() const { return sessions_.size(); }
    /// Are there as many as there may be?
    [[nodiscard]] bool full() const { return count() >= most_; }
    void limit(std::size_t most) { most_ = most; }
    /// Those of one client, as far as they are known to be: see is_same_client.
    [[nodiscard]] std::size_t count_of(const smtp::ip_address& client) const;
    [[nodiscard]] bool draining() const { return draining_; }
    void drain();
    void abandon();

  private:
    std::list<session*> sessions_;
    std::size_t most_ = 0;
    bool draining_ = false;
};

/// One IPv4 address, or one /64 of IPv6, which is what a customer gets (RFC 6177): whoever has one
/// address in it has them all.
[[nodiscard]] bool is_same_client(const smtp::ip_address& one, const smtp::ip_address& other);

} // namespace postseal::relay
