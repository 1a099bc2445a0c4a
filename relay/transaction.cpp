// SPDX-License-Identifier: Apache-2.0
#include "relay/transaction.hpp"

#include "message/header_section.hpp"
#include "message/trace.hpp"
#include "relay/client_patience.hpp"
#include "relay/delivery.hpp"
#include "relay/journal.hpp"
#include "relay/kept_copies.hpp"
#include "relay/lookups.hpp"
#include "relay/loops.hpp"
#include "relay/observation.hpp"
#include "relay/preparation.hpp"
#include "relay/split_delivery.hpp"

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

// The state of one message while it is worked on.
struct work {
    preparation made;
    submission& sent;
    std::vector<smtp::reply> answers{}; // what was said of each recipient, where that differs
};

original read_original(const work& on, const message::header_section& header,
                       const message::trace& before) {
    original made{.bytes = on.sent.message.view(), .header = header, .received = {}};
    if (!needs_received(on.sent.received, before)) return made;
    const message::received_line line{
        .by = on.made.current->hostname,
        .with = on.sent.protocol,
        .token = message::make_token(on.sent.id, before.passes + 1, on.made.with.trace_hash),
        .time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())};
    made.received = message::to_field(line);
    return made;
}

smtp::reply not_sent(std::string enhanced, const std::string& why) {
    return smtp::make_reply(451, std::move(enhanced),
                            why + "; nothing was sent, so try again later");
}

owed_message owed_of(const work& on) {
    const auto& sent = on.sent;
    return {sent.id, sent.envelope, {.over = sent.origin, .answers = sent.answers}};
}

void note_troubles(const work& on, const separate_ends& ends) {
    auto& log = on.made.with.log;
    if (!ends.failed.empty()) log.error("id=" + on.sent.id + " " + ends.failed);
    // A client that has gone was given nothing, and comes again with all of it.
    if (!ends.lost_in_message || !on.sent.client_waits()) return;
    log.warning("id=" + on.sent.id +
                " the next hop was lost with a delivery under way: if it has taken it, recipients "
                "get it twice");
}

// With a reply for each recipient. What is kept is on the disk before anything is sent, and an
// entry once somebody has got theirs, or is to wait for it.
asio::awaitable<smtp::reply> deliver_one_by_one(work& on, next_hop& to,
                                                std::vector<parcel>& parcels) {
    auto& sent = on.sent;
    kept_copies kept(on.made.with, on.made.current, owed_of(on));
    auto preparing = kept.prepare(parcels);
    auto refusal = co_await std::move(preparing);
    if (refusal) co_return *refusal;
    mirrored from{sent.envelope, sent.xforward, sent.client_waits};
    auto delivering = deliver_each(to, std::move(from), parcels);
    auto ends = co_await std::move(delivering);
    note_troubles(on, ends);
    on.answers = std::move(ends.replies);
    for (const auto& decided : on.made.plan.decisions) {
        if (decided.refusal) on.answers[decided.recipient] = *decided.refusal;
        if (decided.waits) on.answers[decided.recipient] = kept_answer();
    }
    const bool is_taken =
        std::ranges::any_of(on.answers, [](const auto& one) { return one.positive(); });
    if (is_taken && !sent.client_waits()) { // it tries again, and must not find this in the spool
        for (const auto& decided : on.made.plan.decisions)
            if (decided.waits)
                on.answers[decided.recipient] = not_sent("4.4.2", "The client has gone");
    } else if (is_taken) {
        auto keeping = kept.keep(on.answers);
        co_await std::move(keeping);
    }
    co_return on.answers.front();
}

client_patience patience_of(const work& on) {
    return {on.sent.complete_at, on.made.current->limits.client_patience};
}

// Why nothing of it is to be sent any more. Over LMTP the mail server before us waits.
std::optional<smtp::reply> is_too_late(const work& on) {
    if (!on.sent.client_waits()) return not_sent("4.4.2", "The client has gone");
    if (on.sent.answers == policy::answering::each_recipient) return std::nullopt;
    if (std::chrono::steady_clock::now() < patience_of(on).first_commit) return std::nullopt;
    return not_sent("4.4.5", "Looking for keys and encrypting took too long");
}

asio::awaitable<smtp::reply> deliver(work& on, next_hop& to, std::vector<parcel>& parcels) {
    auto& sent = on.sent;
    if (auto end = is_too_late(on)) co_return *end;
    if (sent.answers == policy::answering::each_recipient) {
        auto delivering = deliver_one_by_one(on, to, parcels);
        co_return co_await std::move(delivering);
    }
    const auto within = patience_of(on);
    mirrored from{sent.envelope, sent.xforward, sent.client_waits};
    if (parcels.size() > 1 || is_to_be_kept(parcels.front().group)) {
        split_delivery splitting(on.made.with, on.made.current, owed_of(on), within,
                                 std::move(from), to, parcels);
        auto running = splitting.run();
        auto answer = co_await std::move(running);
        on.answers = splitting.said();
        co_return answer;
    }
    to.end_waits_at({.command = within.first_commit, .message = std::nullopt});
    auto delivering = deliver_whole(to, std::move(from), parcels);
    auto answer = co_await std::move(delivering);
    to.end_waits_at({});
    co_return answer;
}

asio::awaitable<smtp::reply> work_on(work& on, next_hop& to) {
    auto& made = on.made;
    const auto header = message::read_header_section(on.sent.message.view());
    const auto before = message::read_trace(header, made.with.trace_hash);
    if (auto loop = loop_refusal(before, made.current->limits.passes)) co_return *loop;
    made.asked =
        put_question(on.sent.origin, on.sent.envelope, on.sent.message.view(), on.sent.answers);
    auto finding = find_keys(made.with.finder, made.current->policy, made.asked);
    made.found = co_await std::move(finding);
    const auto from = read_original(on, header, before);
    std::vector<parcel> parcels;
    auto making = make_parcels(made, from, to.offered(), parcels);
    auto refusal = co_await std::move(making);
    if (refusal) co_return *refusal;
    refusal = refuse_to_keep(on.sent.envelope.parameters, parcels, made.current->owed.next_hop);
    if (refusal) co_return *refusal;
    auto delivering = deliver(on, to, parcels);
    auto answer = co_await std::move(delivering);
    const bool one_by_one = on.sent.answers == policy::answering::each_recipient;
    note_sealed(made, [&](std::size_t recipient) {
        const bool own = one_by_one && recipient < on.answers.size();
        return (own ? on.answers[recipient] : answer).positive();
    });
    co_return answer;
}

// What goes for the whole message goes for each of its recipients.
std::vector<smtp::reply> replies(const work& on, const smtp::reply& answer) {
    if (on.sent.answers == policy::answering::as_one) return {answer};
    if (!on.answers.empty()) return on.answers;
    return std::vector<smtp::reply>(on.sent.envelope.recipients.size(), answer);
}

} // namespace

asio::awaitable<std::vector<smtp::reply>>
complete(services& with, std::shared_ptr<const settings> current, submission& sent, next_hop& to) {
    work on{{with, std::move(current), sent.id, sent.envelope}, sent};
    on.made.is_over = [&on] { return is_too_late(on); };
    smtp::reply answer;
    try {
        auto working = work_on(on, to);
        answer = co_await std::move(working);
    } catch (const std::system_error& e) { // a full disk, no descriptors: ours to mend, not lost
        with.log.error("id=" + sent.id + " " + e.what());
        answer = no_room_to_work();
    }
    journal::record record;
    record.id = sent.id;
    record.client = sent.client;
    record.envelope = &sent.envelope;
    record.plan = &on.made.plan;
    record.size = sent.message.size();
    record.answer = &answer;
    record.answers = on.answers;
    with.log.message(record);
    auto answers = replies(on, answer);
    if (is_observed(on.made.plan) &&
        std::ranges::any_of(answers, [](const auto& one) { return one.positive(); })) {
        const auto executor = co_await asio::this_coro::executor;
        begin_observing(executor, with, on.made.current, sent, on.made.plan);
    }
    co_return answers;
}

} // namespace postseal::relay
