// SPDX-License-Identifier: Apache-2.0
// A spool runner at work: its folder, a next hop that says what it is told to, and what was
// reported and released.
#pragma once

#include "relay/journal.hpp"
#include "relay/spool_runner.hpp"
#include "scripted_hop.hpp"
#include "spool_scene.hpp"

#include <boost/asio/thread_pool.hpp>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace postseal::relay::testing {

using namespace std::chrono_literals;

// A runner with its spool; `outside` is another process's view of the same folder.
class runner_scene {
  public:
    explicit runner_scene(scripted_hop::script says = {})
        : hop(context, std::move(says)), outside(folder.path, {}), owed_(folder.path, {}) {
        rules->hostname = "postseal.example.org";
        rules->owed.next_hop = hop.address();
        rules->owed.retry.first = 1s;
        rules->owed.retry.longest = 1s;
    }
    runner_scene(const runner_scene&) = delete;
    runner_scene& operator=(const runner_scene&) = delete;
    ~runner_scene() {
        for (const auto& one : runners_)
            one->stop();
        hop.let_go();
        BOOST_TEST(until([this] {
            return std::ranges::none_of(runners_, [](const auto& one) { return one->busy(); });
        }));
        disk_.join();
    }

    spool_runner& start(spool* on = nullptr) {
        spool_reports reports;
        reports.failure = [this](std::shared_ptr<const spool_claim> about) {
            return note(std::move(about), failures);
        };
        reports.delay = [this](std::shared_ptr<const spool_claim> about) {
            return note(std::move(about), delays);
        };
        runners_.push_back(std::make_unique<spool_runner>(
            context.get_executor(), disk_.get_executor(), on == nullptr ? owed_ : *on,
            [this] { return rules; }, log_of_all(), std::move(reports), release_of_one()));
        runners_.back()->start();
        return *runners_.back();
    }

    // Generous: a busy machine is no failure.
    template<class Condition>
    bool until(Condition is_true) {
        const auto deadline = std::chrono::steady_clock::now() + 60s;
        context.restart();
        while (!is_true() && std::chrono::steady_clock::now() < deadline)
            context.run_one_for(20ms);
        return is_true();
    }
    [[nodiscard]] bool is_empty() { return outside.marks().empty(); }
    [[nodiscard]] std::size_t said(std::string_view beginning) const {
        return static_cast<std::size_t>(std::ranges::count_if(
            hop.lines, [&](const auto& line) { return line.starts_with(beginning); }));
    }

    asio::io_context context{1};
    private_folder folder;
    scripted_hop hop;
    spool outside;
    std::shared_ptr<settings> rules = std::make_shared<settings>();
    std::vector<spool_entry> failures;
    std::vector<spool_entry> delays;
    std::vector<std::string> released; // ids of held entries that were looked at
    smtp::reply release_says = smtp::make_reply(451, "4.4.3", "not yet");
    std::function<void()> on_release = [] {};
    std::function<void()> after_noted = [] {};
    bool release_reaches = false;
    bool release_fails = false; // once a reply for the first recipient has been noted
    report_outcome reported = report_outcome::settled;

  private:
    release_of_held release_of_one() {
        return [this](std::shared_ptr<const spool_claim> held, held_attempt attempt) {
            return release(std::move(held), std::move(attempt));
        };
    }
    asio::awaitable<void> release(std::shared_ptr<const spool_claim> held, held_attempt attempt) {
        auto& end = attempt.end;
        released.push_back(held->entry.id);
        on_release();
        if (release_fails) {
            end.replies.at(0) = release_says;
            auto noting = attempt.noted();
            co_await std::move(noting);
            after_noted();
            throw std::runtime_error("no memory");
        }
        end = attempt_for_all(held->entry, release_says);
        if (!release_reaches) co_return;
        auto reaching = attempt.reach();
        const auto* const reached = co_await std::move(reaching);
        if (reached == nullptr) end = attempt_for_all(held->entry, {421, {}, {"away"}});
    }

    asio::awaitable<report_outcome> note(std::shared_ptr<const spool_claim> about,
                                         std::vector<spool_entry>& where) {
        where.push_back(about->entry);
        co_return reported;
    }

    asio::thread_pool disk_{1};
    spool owed_;
    std::vector<std::unique_ptr<spool_runner>> runners_;
};

} // namespace postseal::relay::testing
