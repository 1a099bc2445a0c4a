// SPDX-License-Identifier: Apache-2.0
// Addresses that a keyserver could not be asked for at once, first come, first served, and the
// answers that came meanwhile, each kept until somebody asks for it. No I/O; the time is an
// argument.
// Limits: 100 addresses, 3 attempts each; 1,000 answers and 16 MiB of them, an hour each; whichever
// came first goes first.
#pragma once

#include "keys/source.hpp"

#include <chrono>
#include <cstddef>
#include <list>
#include <optional>
#include <string>

namespace postseal::keys {

class asked_later {
  public:
    using time = std::chrono::steady_clock::time_point;

    static constexpr std::size_t max_waiting = 100;
    static constexpr int max_attempts = 3;
    static constexpr std::size_t max_answers = 1000;
    static constexpr std::size_t max_octets = 16 * 1024 * 1024; ///< of material
    static constexpr std::chrono::hours lifetime{1};            ///< of an answer

    /// The place of `address` in the queue, from 1, where it has been put unless it was there.
    /// Nothing: the queue is full.
    std::optional<std::size_t> put(const smtp::mailbox& address);

    [[nodiscard]] bool empty() const { return waiting_.empty(); }

    /// Whose turn it is; it stays there until it was answered or put off. Not for an empty queue.
    [[nodiscard]] const smtp::mailbox& next() const { return waiting_.front().address; }

    /// `address` leaves the queue; the answer is kept where it says something.
    void answered(const smtp::mailbox& address, answer said, time now);

    /// `address` could not be asked after all, and keeps its place unless that was often enough.
    void put_off(const smtp::mailbox& address);

    /// The answer that was kept, once.
    [[nodiscard]] std::optional<answer> take(const smtp::mailbox& address, time now);

  private:
    struct waiter {
        std::string key; ///< lookup_key of `address`
        smtp::mailbox address;
        int attempts = 0;
    };
    struct kept {
        std::string key;
        answer said;
        time until;
    };

    void drop_old(time now);

    std::list<waiter> waiting_;
    std::list<kept> kept_; ///< in the order in which they came
    std::size_t octets_ = 0;
};

} // namespace postseal::keys
