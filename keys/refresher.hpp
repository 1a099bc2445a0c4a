// SPDX-License-Identifier: Apache-2.0
// Asks again for keys that are in use before what is known of them is stale, so that mail finds a
// fresh answer, and hears of revocations that the key's domain does not tell of; of keys that an
// administrator has given as well, once a day. And forgets what has not been of use for long.
// Fails: never; what could not be asked is asked when mail needs it, and whether a key was revoked
// in a later round, when the others were asked for.
// Limits: one address after the other, at most `max_at_once` in a round, and `max_given_at_once`
// that were given; keys to which nothing was sealed in the last 30 days are left alone. 10,000
// addresses are asked for again in later rounds, the others in a day.
#pragma once

#include "keys/finder.hpp"
#include "keys/store.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

class refresher {
  public:
    /// Begins at once, and a round each minute. Both have to outlive this.
    refresher(boost::asio::any_io_executor executor, finder& finds, store& memory, clock now);
    ~refresher();
    refresher(const refresher&) = delete;
    refresher& operator=(const refresher&) = delete;

    static constexpr std::size_t max_at_once = 500;
    static constexpr std::size_t max_given_at_once = 50;

    /// One round by itself. How many addresses were asked for.
    boost::asio::awaitable<std::size_t> run_once();

    /// What an administrator has to hear of since the last call, one sentence each, for the log.
    [[nodiscard]] std::vector<std::string> take_warnings();

  private:
    struct state;
    std::shared_ptr<state> state_; // a round that is under way keeps it alive
};

} // namespace postseal::keys
