// SPDX-License-Identifier: Apache-2.0
// How long a client may take over a message: waiting for it uses its credit up, octets earn it
// back. Without that, one octet just before every timeout would hold a session for ever
// (Slowloris).
#pragma once

#include <chrono>
#include <cstdint>

namespace postseal::smtp {

class pace {
  public:
    using duration = std::chrono::nanoseconds;

    /// `patience` is the most that a client can have to its credit, and what it starts with: a
    /// client that stops is given up after so long, one that is slower than `octets_per_second` on
    /// average later than that. With a rate of 0 every octet restores the whole patience.
    pace(std::uint64_t octets_per_second, std::chrono::seconds patience);

    /// So many octets have come.
    void earn(std::uint64_t octets);
    /// So long they were waited for.
    void spend(duration waited);

    /// How long the next octet may take; not positive: too slow.
    [[nodiscard]] duration credit() const { return credit_; }

  private:
    std::uint64_t rate_;
    duration patience_;
    duration credit_;
};

} // namespace postseal::smtp
