// SPDX-License-Identifier: Apache-2.0
#include "keys/https_worker.hpp"

#include "keys/https_trust.hpp"

#include <sys/resource.h>

#include <algorithm>
#include <stdexcept>

namespace postseal::keys {

namespace {

using std::chrono::steady_clock;

constexpr std::size_t fewest_running = 64;
constexpr std::size_t most_running = 512;
constexpr std::size_t files_for_one = 16;      // of those that may be open; sessions take the most
constexpr std::size_t max_running_to_host = 8; // many recipients, one provider: be a good guest
constexpr std::size_t max_queued = 1000;
constexpr long max_idle_connections = 32;
constexpr int idle_ms = 1000;
constexpr int busy_ms = 20; // while something waits that libcurl does not know of

https_rules make_rules(https_client_settings settings) {
    https_rules rules;
    rules.filter = address_filter(std::move(settings.allow_networks));
    rules.resolve = std::move(settings.resolve);
    rules.connect_timeout = settings.connect_timeout;
    if (!settings.ca_file.empty()) rules.trusted = trust_system_and(settings.ca_file);
    return rules;
}

CURLM* make_multi() {
    static const CURLcode ready = curl_global_init(CURL_GLOBAL_DEFAULT);
    CURLM* multi = ready == CURLE_OK ? curl_multi_init() : nullptr;
    if (!multi) throw std::runtime_error("libcurl cannot start");
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, max_idle_connections);
    return multi;
}

std::size_t places() {
    rlimit limit{};
    const bool is_known = ::getrlimit(RLIMIT_NOFILE, &limit) == 0;
    return is_known ? transfers_within(limit.rlim_cur) : fewest_running;
}

https_answer failure(https_status status, std::string detail) {
    https_answer answer;
    answer.status = status;
    answer.detail = std::move(detail);
    return answer;
}

} // namespace

std::size_t transfers_within(std::uint64_t open_files) {
    return std::clamp<std::size_t>(open_files / files_for_one, fewest_running, most_running);
}

https_client::worker::worker(https_client_settings settings)
    : rules_(make_rules(std::move(settings))),
      multi_(make_multi()),
      waker_(std::make_shared<waker>(multi_)),
      thread_([this] { run(); }) {}

https_client::worker::~worker() {
    stop();
    waker_->close();
    curl_multi_cleanup(multi_);
}

void https_client::worker::submit(std::shared_ptr<https_call> call) {
    {
        const std::lock_guard lock(guard_);
        if (!stopping_) {
            submitted_.push_back(std::move(call));
            call = nullptr;
        }
    }
    if (call) call->deliver(failure(https_status::not_asked, "the HTTPS client has ended"));
    wake();
}

void https_client::worker::wake() { waker_->wake(); }

void https_client::worker::waker::wake() {
    const std::lock_guard lock(guard_);
    if (multi_) curl_multi_wakeup(multi_);
}

void https_client::worker::waker::close() {
    const std::lock_guard lock(guard_);
    multi_ = nullptr;
}

void https_client::worker::stop() {
    {
        const std::lock_guard lock(guard_);
        stopping_ = true;
    }
    wake();
    if (thread_.joinable()) thread_.join();
}

void https_client::worker::run() {
    while (take_submitted()) {
        drop_abandoned();
        expire_queued();
        start_queued();
        collect_named();
        int still_running = 0;
        curl_multi_perform(multi_, &still_running);
        collect_finished();
        curl_multi_poll(multi_, nullptr, 0, patience(), nullptr);
    }

    const auto ended = failure(https_status::not_asked, "the HTTPS client has ended");
    for (const auto& one : queue_)
        one.call->deliver(ended);
    while (!running_.empty())
        end(running_.begin(), ended);
}

/// False when it is time to stop.
bool https_client::worker::take_submitted() {
    std::vector<std::shared_ptr<https_call>> taken;
    bool go_on = false;
    {
        const std::lock_guard lock(guard_);
        taken.swap(submitted_);
        go_on = !stopping_;
    }
    for (auto& call : taken) {
        auto origin = read_origin(call->request);
        if (!origin)
            call->deliver(failure(https_status::unreachable, "not a URL that may be asked"));
        else if (queue_.size() >= max_queued)
            call->deliver(failure(https_status::not_asked, "too many lookups wait already"));
        else
            queue_.push_back(queued{std::move(call), std::move(*origin)});
    }
    return go_on;
}

void https_client::worker::drop_abandoned() {
    queue_.remove_if([](const queued& one) { return one.call->is_abandoned(); });
    for (auto one = running_.begin(); one != running_.end();) {
        const auto current = one++;
        if (current->second.call->is_abandoned()) leave(current);
    }
}

void https_client::worker::expire_queued() {
    const auto now = steady_clock::now();
    queue_.remove_if([now](const queued& one) {
        if (one.call->deadline > now) return false;
        // Nothing was asked, so nothing is known, not even whether the host exists.
        one.call->deliver(failure(https_status::not_asked, "no place was free in time"));
        return true;
    });
}

void https_client::worker::start_queued() {
    for (auto one = queue_.begin(); one != queue_.end();) {
        const auto busy = running_to_.find(one->origin.host);
        if (busy != running_to_.end() && busy->second >= max_running_to_host) {
            ++one;
            continue;
        }
        const bool needs_thread = needs_name_servers(one->call->request, one->origin, rules_);
        if (needs_thread && !name_lookup::has_room()) {
            ++one;
            continue;
        }
        if (running_.size() >= places() && !end_slowest()) return;
        start(std::move(*one));
        one = queue_.erase(one);
    }
}

/// Servers that the administrator has named do not make way for the domains of strangers.
steady_clock::time_point https_client::worker::running::safe_until() const {
    const bool is_ours = call->request.chosen == chosen_by::administrator;
    return is_ours ? call->deadline : started + call->request.timeout / 4;
}

/// For somebody who waits. False: everybody has been there for a short time only.
bool https_client::worker::end_slowest() {
    const auto sooner = [](const auto& a, const auto& b) {
        return a.second.safe_until() < b.second.safe_until();
    };
    const auto slowest = std::min_element(running_.begin(), running_.end(), sooner);
    if (slowest == running_.end() || slowest->second.safe_until() > steady_clock::now())
        return false;
    end(slowest, failure(https_status::not_asked, "it was slow, and others needed its place"));
    return true;
}

void https_client::worker::start(queued next) {
    try {
        auto transfer = std::make_unique<https_transfer>(next.call->request, next.origin, rules_);
        auto* const handle = transfer->handle();
        running begun{next.call, next.origin.host, std::move(transfer), steady_clock::now(), {}};
        const bool by_name = needs_name_servers(next.call->request, next.origin, rules_);
        if (by_name) begun.name.emplace(next.origin.host, [waker = waker_] { waker->wake(); });
        // Whatever needs memory comes before the place is taken: nobody would give it back.
        auto& to_host = running_to_[next.origin.host];
        const auto one = running_.emplace(handle, std::move(begun)).first;
        ++to_host;
        if (!by_name) set_out(one, {});
    } catch (const std::exception& failed) {
        next.call->deliver(failure(https_status::not_asked, failed.what()));
    }
}

void https_client::worker::collect_named() {
    for (auto one = running_.begin(); one != running_.end();) {
        const auto current = one++;
        auto& [call, host, transfer, started, name] = current->second;
        if (!name) continue;
        switch (name->result()) {
        case name_lookup::verdict::pending:
            if (call->deadline <= steady_clock::now())
                end(current, failure(https_status::resolver_failed, "no answer in time"));
            break;
        case name_lookup::verdict::found: {
            const auto addresses = name->addresses();
            name.reset();
            set_out(current, addresses);
            break;
        }
        case name_lookup::verdict::no_address:
            end(current, failure(https_status::no_such_host, "there is no such name"));
            break;
        case name_lookup::verdict::no_answer:
            end(current, failure(https_status::resolver_failed, "the name servers do not say"));
            break;
        }
    }
}

void https_client::worker::set_out(place one, const std::vector<std::string>& addresses) {
    const auto& [call, host, transfer, started, name] = one->second;
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(call->deadline - steady_clock::now());
    try {
        // libcurl takes 0 for "no limit".
        transfer->set_out(std::max(left, std::chrono::milliseconds(1)), addresses);
        if (curl_multi_add_handle(multi_, one->first) != CURLM_OK) throw std::bad_alloc();
    } catch (const std::exception& failed) {
        end(one, failure(https_status::not_asked, failed.what()));
    }
}

void https_client::worker::collect_finished() {
    int left = 0;
    while (const CURLMsg* const message = curl_multi_info_read(multi_, &left)) {
        if (message->msg != CURLMSG_DONE) continue;
        const auto ended = running_.find(message->easy_handle);
        if (ended == running_.end()) continue;
        const auto& [call, host, transfer, started, name] = ended->second;
        auto answer = transfer->finish(message->data.result);
        // The time that it waited for its place says nothing of the host.
        const bool was_late = call->deadline - started < call->request.timeout * 3 / 4;
        if (answer.status == https_status::timed_out && was_late)
            answer = failure(https_status::not_asked, "its place was free too late");
        end(ended, std::move(answer));
    }
}

void https_client::worker::end(place ended, https_answer answer) {
    ended->second.call->deliver(std::move(answer));
    leave(ended);
}

void https_client::worker::leave(place ended) {
    const auto to_host = running_to_.find(ended->second.host);
    if (--to_host->second == 0) running_to_.erase(to_host);
    curl_multi_remove_handle(multi_, ended->first);
    running_.erase(ended);
}

int https_client::worker::patience() const {
    const bool waits = std::any_of(running_.begin(), running_.end(),
                                   [](const auto& one) { return one.second.name.has_value(); });
    return queue_.empty() && !waits ? idle_ms : busy_ms;
}

} // namespace postseal::keys
