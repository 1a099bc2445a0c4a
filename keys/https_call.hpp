// SPDX-License-Identifier: Apache-2.0
// One request on its way from a coroutine to the thread of https_client and back.
#pragma once

#include "keys/https.hpp"

#include <boost/asio/steady_timer.hpp>

#include <memory>
#include <mutex>
#include <optional>

namespace postseal::keys {

/// The asking coroutine's side of a request; touched on its executor only.
struct https_waiter {
    boost::asio::steady_timer answered; ///< never expires; cancelled when the answer is there
    std::optional<https_answer> answer;
};

class https_call {
  public:
    https_call(https_request asked, std::shared_ptr<https_waiter> waiter);

    const https_request request;
    const std::chrono::steady_clock::time_point deadline;

    /// Posts the answer, unless nobody waits for it any more. From the worker's thread.
    void deliver(https_answer answer);

    /// The caller is gone: its executor is not touched again. From the caller's thread.
    void abandon();
    [[nodiscard]] bool is_abandoned() const;

  private:
    mutable std::mutex guard_; // between an answer and its caller's end
    std::shared_ptr<https_waiter> waiter_;
};

} // namespace postseal::keys
