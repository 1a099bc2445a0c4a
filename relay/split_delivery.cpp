// SPDX-License-Identifier: Apache-2.0
#include "relay/split_delivery.hpp"

#include "relay/journal.hpp"
#include "relay/randomness.hpp"
#include "relay/report.hpp"
#include "relay/spool_schedule.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::relay {

namespace {

using clock = client_patience::time::clock;

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

smtp::reply gone() {
    return smtp::make_reply(451, "4.4.2", "The client has gone; nothing was sent");
}

smtp::reply too_late() {
    return smtp::make_reply(451, "4.4.5",
                            "The message could not be sent on in time, and was not sent to "
                            "anybody; try again later");
}

bool owes(const spool_entry& entry, debt what) {
    return std::ranges::any_of(entry.recipients,
                               [what](const auto& one) { return one.debt == what; });
}

} // namespace

split_delivery::split_delivery(services& with, std::shared_ptr<const settings> current,
                               owed_message message, client_patience within, mirrored from,
                               next_hop& to, std::vector<parcel>& parcels)
    : with_(with),
      current_(std::move(current)),
      message_(std::move(message)),
      id_(message_.id),
      within_(within),
      from_(std::move(from)),
      to_(to),
      parcels_(parcels),
      said_(from_.envelope.recipients.size()) {}

asio::awaitable<smtp::reply> split_delivery::run() {
    auto preparing = prepare();
    auto refusal = co_await std::move(preparing);
    if (refusal) co_return *refusal;
    auto committing = commit();
    const auto committed = co_await std::move(committing);
    std::string failed;
    try {
        if (committed.positive()) {
            auto going_on = go_on();
            co_await std::move(going_on);
        }
    } catch (const std::exception& e) {
        failed = e.what();
    }
    to_.end_waits_at({});
    if (!committed.positive()) co_return committed;
    if (!failed.empty()) {
        with_.log.error("id=" + id_ + " what is owed could not be kept: " + failed);
        unkept_ = true;
    }
    co_return answer_after(committed);
}

bool split_delivery::is_sent(std::size_t number) const {
    return !is_to_be_kept(parcels_[number].group);
}

// All but the first, which is the client's own until it is taken.
asio::awaitable<std::optional<smtp::reply>> split_delivery::prepare() {
    drafts_.resize(parcels_.size());
    for (std::size_t number = is_sent(0) ? 1 : 0; number < parcels_.size(); ++number) {
        if (auto refusal = why_not_begin()) co_return refusal; // each takes the disk's time
        auto drafting = draft_copy(with_, current_, message_, parcels_[number]);
        auto draft = co_await std::move(drafting);
        if (!draft) co_return draft.error();
        drafts_[number] = std::move(*draft);
    }
    co_return std::nullopt;
}

std::optional<smtp::reply> split_delivery::why_not_begin() const {
    if (!from_.client_waits()) return gone();
    if (clock::now() >= within_.first_commit) return too_late();
    return std::nullopt;
}

asio::awaitable<smtp::reply> split_delivery::commit() {
    if (auto refusal = why_not_begin()) co_return *refusal;
    if (!is_sent(0)) co_return kept_answer();
    to_.end_waits_at({.command = within_.first_commit, .message = std::nullopt});
    auto what = transaction_for(from_, parcels_.front(), to_.offered());
    auto carrying = carry_out(to_, std::move(what), on_refusal::ends_for_all);
    auto end = co_await std::move(carrying);
    const auto& answer = end.replies.front();
    for (const auto index : parcels_.front().group.recipients)
        said_[index] = answer;
    co_return answer;
}

// Why a later delivery is not even tried before the client hears.
std::string split_delivery::why_not_now(std::ptrdiff_t number) const {
    const auto before = std::count_if(parcels_.begin(), parcels_.begin() + number,
                                      [](const parcel& one) { return one.blind; });
    if (parcels_[number].blind && before >= current_->owed.blind_at_once)
        return "one of many blind copies";
    if (with_.stopping) return "postseal was being stopped";
    if (to_.lost()) return "the next hop was lost before";
    if (clock::now() >= within_.others) return "the client could not be kept waiting";
    return {};
}

asio::awaitable<void> split_delivery::go_on() {
    for (std::size_t number = 1; number < parcels_.size(); ++number) {
        if (!is_sent(number)) break;
        auto& entry = drafts_[number]->entry;
        entry.reason = why_not_now(static_cast<std::ptrdiff_t>(number));
        if (client_has_left(number)) co_return;
        if (!entry.reason.empty()) continue;
        auto attempting = attempt(number);
        co_await std::move(attempting);
    }
    // Whoever leaves before it is told 250 will send all of it again: until the last moment nothing
    // is owed, and nobody hears of a failure.
    for (std::size_t number = 0; number < parcels_.size(); ++number) {
        if (!drafts_[number] || drafts_[number]->entry.recipients.empty()) continue;
        if (client_has_left(parcels_.size())) co_return;
        auto settling = settle(number);
        co_await std::move(settling);
    }
}

bool split_delivery::client_has_left(std::size_t tried) {
    if (left_ || from_.client_waits()) return left_;
    left_ = true;
    with_.log.warning("id=" + id_ + " the client has gone after " + std::to_string(tried) + " of " +
                      std::to_string(parcels_.size()) +
                      " deliveries: what was served so far will come twice");
    return true;
}

// Leaves in the entry who is still owed something.
asio::awaitable<void> split_delivery::attempt(std::size_t number) {
    auto& entry = drafts_[number]->entry;
    to_.end_waits_at({.command = within_.others, .message = within_.answer});
    auto what = transaction_for(from_, parcels_[number], to_.offered());
    auto carrying = carry_out(to_, std::move(what), on_refusal::others_go_on);
    auto end = co_await std::move(carrying);
    for (std::size_t i = 0; i < end.replies.size(); ++i) {
        if (!end.reached_mail) end.replies[i] = as_delay(end.replies[i]);
        said_[parcels_[number].group.recipients[i]] = end.replies[i];
    }
    if (end.lost_in_message && !client_has_left(number)) {
        with_.log.warning("id=" + id_ +
                          " the next hop was lost with a later delivery under way: "
                          "if it has taken it, recipients get it twice");
    }
    entry.reason = "not delivered with the rest of the message";
    entry = after_attempt(std::move(entry), end.replies, success_is::told_by_next_hop,
                          current_->owed.retry, now(), random_number());
}

asio::awaitable<void> split_delivery::settle(std::size_t number) {
    auto& draft = *drafts_[number];
    if (owes(draft.entry, debt::report)) {
        auto telling = tell_sender(number);
        co_await std::move(telling);
    }
    if (draft.entry.recipients.empty()) co_return;
    auto owing = owe(with_, std::move(draft));
    co_await std::move(owing);
}

// Before the client hears 250, and over the same connection. Where that fails, the entry goes on
// owing it.
asio::awaitable<void> split_delivery::tell_sender(std::size_t number) {
    auto& entry = drafts_[number]->entry;
    const auto copy = parcels_[number].content.beginning();
    auto written = write_report(*current_, entry, copy, report_about::outcome, now());
    bool told = !written.report;
    if (written.report && !to_.lost()) {
        const auto sent = std::make_shared<const report>(std::move(*written.report));
        auto sending = send_report(to_, sent, sent->to);
        const auto answer = co_await std::move(sending);
        with_.log.info("id=" + id_ + " report to=" + bracketed(smtp::to_string(sent->to)) +
                       " reply=" + relay::quoted(smtp::to_log(answer)));
        told = answer.positive();
    }
    if (!told) co_return;
    log_silence(with_.log, entry, written.silent);
    std::erase_if(entry.recipients, [](const auto& one) { return one.debt == debt::report; });
}

smtp::reply split_delivery::answer_after(const smtp::reply& committed) const {
    // It may have closed its side and still listen.
    if (left_) {
        return smtp::make_reply(451, "4.4.2",
                                "The client left before all of the message was sent on; send the "
                                "message again");
    }
    if (!unkept_) return committed;
    return smtp::make_reply(451, "4.3.0",
                            "Some recipients have been served, and what is owed to the others "
                            "could not be written down; send the message again");
}

} // namespace postseal::relay
