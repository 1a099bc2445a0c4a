// SPDX-License-Identifier: Apache-2.0
// The thread behind https_client: takes requests from the I/O thread, runs them side by side in one
// libcurl multi handle, and posts each answer back to where it was asked for.
#pragma once

#include "keys/https_call.hpp"
#include "keys/https_client.hpp"
#include "keys/https_transfer.hpp"
#include "keys/name_lookup.hpp"

#include <list>
#include <map>
#include <mutex>
#include <optional>
#include <thread>

namespace postseal::keys {

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
        std::optional<name_lookup> name; ///< libcurl gets the transfer after that

        /// Its place is its own for so long.
        [[nodiscard]] std::chrono::steady_clock::time_point safe_until() const;
    };
    using place = std::map<CURL*, running>::iterator;

    /// For threads that may outlive the worker.
    class waker {
      public:
        explicit waker(CURLM* multi) : multi_(multi) {}
        void wake();
        void close();

      private:
        std::mutex guard_;
        CURLM* multi_;
    };

    void run();
    bool take_submitted();
    void drop_abandoned();
    void expire_queued();
    void start_queued();
    bool end_slowest();
    void start(queued next);
    void collect_named();
    void set_out(place one, const std::vector<std::string>& addresses);
    void collect_finished();
    void end(place ended, https_answer answer);
    void leave(place ended);
    [[nodiscard]] int patience() const;

    https_rules rules_;
    CURLM* multi_;
    std::shared_ptr<waker> waker_;

    std::mutex guard_; // of what both threads touch
    std::vector<std::shared_ptr<https_call>> submitted_;
    bool stopping_ = false;

    // From here on: the worker's thread only.
    std::list<queued> queue_;
    std::map<CURL*, running> running_;
    std::map<std::string, std::size_t> running_to_; // host -> transfers

    std::thread thread_; // last: starts when everything else is there
};

} // namespace postseal::keys
