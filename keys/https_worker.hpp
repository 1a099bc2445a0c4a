// SPDX-License-Identifier: Apache-2.0
// The thread behind https_client: takes requests from the I/O thread, runs them side by side in one
// libcurl multi handle, and posts each answer back to where it was asked for.
#pragma once

#include "keys/https_client.hpp"
#include "keys/https_transfer.hpp"
#include "keys/name_check.hpp"

#include <boost/asio/steady_timer.hpp>

#include <atomic>
#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace postseal::keys {

/// The asking coroutine's side of a request; touched on its executor only.
struct https_waiter {
    boost::asio::steady_timer answered; ///< never expires; cancelled when the answer is there
    std::optional<https_answer> answer;
};

/// One request on its way between the two threads.
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

/// How many transfers run at once where so many files may be open.
[[nodiscard]] std::size_t transfers_within(std::uint64_t open_files);

class https_client::worker {
  public:
    explicit worker(https_client_settings settings);
    ~worker();

    /// From any thread.
    void submit(std::shared_ptr<https_call> call);
    void wake();

    /// Ends the thread; every call under way is answered.
    void stop();

  private:
    struct queued {
        std::shared_ptr<https_call> call;
        https_origin origin;
    };
    struct running {
        std::shared_ptr<https_call> call;
        std::string host;
        std::unique_ptr<https_transfer> transfer;
        std::chrono::steady_clock::time_point started;

        /// Its place is its own for so long.
        [[nodiscard]] std::chrono::steady_clock::time_point safe_until() const;
    };
    struct checked {
        std::shared_ptr<https_call> call;
        https_answer answer;
        name_check check;
    };

    void run();
    bool take_submitted();
    void drop_abandoned();
    void expire_queued();
    void start_queued();
    bool end_slowest();
    void start(queued next);
    void collect_finished();
    void collect_checked();
    void end_transfer(std::map<CURL*, running>::iterator ended);
    [[nodiscard]] int patience() const;

    https_rules rules_;
    CURLM* multi_;

    std::mutex guard_; // of what both threads touch
    std::vector<std::shared_ptr<https_call>> submitted_;
    bool stopping_ = false;

    // From here on: the worker's thread only.
    std::list<queued> queue_;
    std::map<CURL*, running> running_;
    std::map<std::string, std::size_t> running_to_; // host -> transfers
    std::list<checked> checking_;

    std::thread thread_; // last: starts when everything else is there
};

} // namespace postseal::keys
