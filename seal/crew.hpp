// SPDX-License-Identifier: Apache-2.0
// The sealers at work, and the line of requests that wait for one. Each sealer has a keeper, which
// starts it, sees it end, waits until nothing of it is left and starts the next one: replacing is
// nobody else's business. Whoever doubts a sealer only kills it.
// Fails: by seal::errc. Limits: one job a sealer, max_waiting requests in line, first come first
// served.
#pragma once

#include "seal/packet_socket.hpp"
#include "seal/protocol.hpp"
#include "seal/sealer_process.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/result.hpp>

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace postseal::seal {

using time_point = std::chrono::steady_clock::time_point;

/// A request on its way: the descriptors belong to it, so that they outlive every wait.
struct job {
    std::string packet;
    std::vector<descriptor> descriptors;
    time_point deadline;
};

class crew : public std::enable_shared_from_this<crew> {
  public:
    crew(boost::asio::any_io_executor executor, sealer_command command, std::size_t size,
         std::size_t max_waiting);

    void start();
    void stop();
    [[nodiscard]] std::vector<int> process_ids() const;

    /// Waits for a sealer, gives it the job, and waits for its answer.
    static boost::asio::awaitable<boost::system::result<answer>> ask(std::shared_ptr<crew> self,
                                                                     job work);

  private:
    enum class phase { down, starting, idle, busy, ending };

    struct member {
        explicit member(const boost::asio::any_io_executor& executor)
            : socket(executor), exit_watch(executor), timer(executor) {}

        std::unique_ptr<sealer_process> process;
        boost::asio::posix::stream_descriptor socket;
        boost::asio::posix::stream_descriptor exit_watch;
        boost::asio::steady_timer timer; // its keeper's
        phase now = phase::down;
        std::size_t jobs = 0;  // given out so far, to tell a late wake-up from a timely one
        unsigned failures = 0; // starts since the last answer
    };

    struct waiter;

    // A keeper's life, and its steps.
    static boost::asio::awaitable<void> keep(std::shared_ptr<crew> self, member& one);
    static boost::asio::awaitable<void> welcome(std::shared_ptr<crew> self, member& one);
    static boost::asio::awaitable<void> bury(std::shared_ptr<crew> self, member& one);
    void open(member& one);
    void close(member& one);

    // A request's life, and its steps.
    static boost::asio::awaitable<member*> next_free(std::shared_ptr<crew> self,
                                                     time_point deadline);
    static boost::asio::awaitable<boost::system::result<answer>>
    work_on(std::shared_ptr<crew> self, member& one, time_point deadline);
    void set_free(member& one);
    void end(member& one);
    void send_all_home();

    [[nodiscard]] member* idle_one();
    [[nodiscard]] bool all_failing() const;
    [[nodiscard]] errc reason_for_none() const;

    boost::asio::any_io_executor executor_;
    sealer_command command_;
    std::size_t max_waiting_;
    std::vector<std::unique_ptr<member>> members_;
    std::deque<waiter*> line_;
    bool stopped_ = false;
};

} // namespace postseal::seal
