// SPDX-License-Identifier: Apache-2.0
#include "relay/observation.hpp"

#include "keys/turns.hpp"
#include "relay/journal.hpp"
#include "relay/lookups.hpp"
#include "relay/preparation.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <exception>
#include <utility>
#include <vector>

namespace postseal::relay {

namespace {

// Enough to see that sealing works.
constexpr std::size_t most_sealed = 3;

// All of it that is still needed once its client has gone.
struct observed_mail {
    std::string id;
    policy::origin origin;
    policy::answering answers;
    smtp::envelope envelope;
    message_buffer message;
    std::vector<std::size_t> watched; // the recipients whose rule only observes
};

std::vector<std::size_t> watched_in(const policy::plan& made) {
    std::vector<std::size_t> watched;
    for (const auto& one : made.decisions)
        if (one.observed) watched.push_back(one.recipient);
    return watched;
}

// The lines of a delivery that was not made.
void tell(journal& log, const preparation& on, const std::vector<std::size_t>& watched) {
    journal::record record;
    record.id = on.id;
    record.envelope = &on.given;
    record.plan = &on.plan;
    log.observed(record, watched);
}

// Each copy is thrown away before the next is made.
asio::awaitable<void> seal_for_nobody(preparation& on, const original& from) {
    auto waiting = on.with.observed_seals->wait();
    const auto turn = co_await std::move(waiting);
    const smtp::extensions nothing_offered;
    std::size_t sealed = 0;
    for (const auto& group : on.plan.deliveries) {
        if (group.treatment != policy::treatment::sealed || ++sealed > most_sealed) continue;
        auto making = make_parcel(on, from, group, nothing_offered);
        const auto made = co_await std::move(making);
        if (made) continue;
        on.with.log.warning("id=" + on.id + " observed: " + smtp::to_log(made.error()));
    }
}

asio::awaitable<void> observe(services& with, std::shared_ptr<const settings> in_force,
                              std::shared_ptr<observed_mail> mail) {
    co_await asio::post(asio::use_awaitable); // the client has its answer first
    preparation on{with, in_force, mail->id, mail->envelope};
    const auto bytes = mail->message.view();
    on.asked = put_question(mail->origin, mail->envelope, bytes, mail->answers);
    auto finding = find_keys(with.finder, in_force->policy, on.asked);
    on.found = co_await std::move(finding);
    const original from{
        .bytes = bytes, .header = message::read_header_section(bytes), .received = {}};
    on.plan = make_plan(in_force->policy, on.asked, on.found);
    tell(with.log, on, mail->watched);
    auto sealing = seal_for_nobody(on, from);
    co_await std::move(sealing);
}

} // namespace

bool is_observed(const policy::plan& made) {
    return std::ranges::any_of(made.decisions, [](const auto& one) { return one.observed; });
}

void begin_observing(asio::any_io_executor executor, services& with,
                     const std::shared_ptr<const settings>& current, submission& sent,
                     const policy::plan& made) {
    if (!current->in_force || with.stopping) return;
    if (with.observing >= most_observed_at_once) {
        with.log.info("id=" + sent.id + " observed: not looked at, for others are just now");
        return;
    }
    auto mail = std::make_shared<observed_mail>(
        observed_mail{sent.id, sent.origin, sent.answers, sent.envelope, std::move(sent.message),
                      watched_in(made)});
    if (!with.observed_seals) with.observed_seals = std::make_shared<keys::turns>(executor, 1);
    ++with.observing;
    auto observing = observe(with, current->in_force, mail);
    asio::co_spawn(executor, std::move(observing),
                   [&with, id = mail->id](const std::exception_ptr& failed) {
                       --with.observing;
                       try {
                           if (failed) std::rethrow_exception(failed);
                       } catch (const std::exception& e) {
                           with.log.error("id=" + id + " observed: " + e.what());
                       }
                   });
}

} // namespace postseal::relay
