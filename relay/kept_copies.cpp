// SPDX-License-Identifier: Apache-2.0
#include "relay/kept_copies.hpp"

#include "relay/disk_work.hpp"
#include "relay/journal.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace postseal::relay {

namespace {

spooled_copy copy_of(policy::treatment what) {
    switch (what) {
    case policy::treatment::untouched:
    case policy::treatment::cleaned: return spooled_copy::clear;
    case policy::treatment::sealed: return spooled_copy::sealed;
    case policy::treatment::held: break;
    }
    return spooled_copy::held;
}

// Who sends knows nothing of the archive, and shall not hear of it either.
owed_recipient archive_recipient(const smtp::mailbox& archive) {
    return {.to = {archive, {{"NOTIFY", "NEVER"}}}, .said = {}};
}

smtp::reply no_room(spool_refusal why) {
    switch (why) {
    case spool_refusal::unfit:
        return smtp::make_reply(554, "5.3.0", "The message's envelope is too long");
    case spool_refusal::never_fits:
        return smtp::make_reply(552, "5.3.4",
                                "The copies of this message that are kept here until they can be "
                                "sent are larger together than the whole spool; send it to fewer "
                                "recipients at a time, or make it smaller");
    case spool_refusal::too_much:
    case spool_refusal::too_many: break;
    }
    return smtp::make_reply(452, "4.3.1",
                            "The spool is full, and the message was not sent to anybody; try "
                            "again later");
}

// For the log.
std::string why_no_room(spool_refusal why, spool_usage drafted, const parcel& next,
                        const spool_quota& quota) {
    switch (why) {
    case spool_refusal::unfit: return "its envelope is too long for the spool";
    case spool_refusal::never_fits:
        return "the spool will never have room for this message: its copies have " +
               std::to_string(drafted.octets + next.content.size()) + " octets and more in " +
               std::to_string(drafted.entries + 1) + " entries and more, 'spool.size' allows " +
               std::to_string(quota.octets) + " octets, 'spool.entries' " +
               std::to_string(quota.entries);
    case spool_refusal::too_much:
    case spool_refusal::too_many: break;
    }
    return "the spool takes no more (held mail: where it would be more than half full): see "
           "'postseal spool list'";
}

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

} // namespace

spool_entry entry_for(const owed_message& message, const parcel& sent, const retry_rule& retry,
                      std::chrono::sys_seconds time) {
    const auto& group = sent.group;
    spool_entry made;
    made.message = message.id;
    made.arrived = time;
    made.expires = time + retry.lifetime;
    made.due = time;
    made.copy = copy_of(group.treatment);
    made.sender = message.envelope.sender;
    made.parameters = message.envelope.parameters;
    for (std::size_t i = 0; i < group.recipients.size(); ++i) {
        made.recipients.push_back(
            {.to = message.envelope.recipients[group.recipients[i]], .said = {}});
        if (i < sent.waits.size()) note(made.recipients.back(), sent.waits[i]);
    }
    if (group.archive) {
        made.recipients.push_back(archive_recipient(*group.archive));
        made.reason = "a copy for the archive";
    }
    if (made.copy != spooled_copy::held) return made;
    made.held = message.terms;
    for (std::size_t i = 0; i < group.held_as.size(); ++i)
        made.recipients[i].held_as = group.held_as[i];
    made.held.until = time + group.hold_for;
    made.held.received = sent.content.head.size();
    made.expires += group.hold_for; // once its key has come, it has as long as any other
    made.due += retry.first;
    made.reason = "held by policy until it can be sealed";
    return made;
}

asio::awaitable<boost::system::result<std::unique_ptr<spool_draft>, smtp::reply>>
draft_copy(services& with, std::shared_ptr<const settings> current, owed_message& message,
           parcel& sent) {
    using prepared = boost::system::result<spool_draft, spool_refusal>;
    auto task = [owed = &with.owed, entry = entry_for(message, sent, current->owed.retry, now()),
                 pieces = sent.content.pieces(), same = message.drafted] {
        return std::make_unique<prepared>(
            owed->prepare(entry, pieces, unnamed_file::naming::late, same));
    };
    auto preparing = run_on(with.disk, std::move(task));
    auto draft = co_await std::move(preparing);
    if (!*draft) {
        with.log.error("id=" + message.id + " " +
                       why_no_room(draft->error(), message.drafted, sent, current->owed.quota));
        co_return no_room(draft->error());
    }
    message.drafted.octets += (*draft)->entry.size;
    ++message.drafted.entries;
    co_return std::make_unique<spool_draft>(std::move(**draft));
}

asio::awaitable<void> owe(services& with, spool_draft draft) {
    for (const auto& one : draft.entry.recipients) {
        const auto& why = one.said.empty() ? draft.entry.reason : one.said;
        with.log.info("id=" + draft.entry.message + " spool=" + draft.entry.id + " owed to=" +
                      bracketed(smtp::to_string(one.to.address)) + " reason=" + relay::quoted(why));
    }
    auto kept = std::make_shared<spool_draft>(std::move(draft));
    auto task = [owed = &with.owed, kept] {
        owed->keep(std::move(*kept));
        return true;
    };
    auto keeping = run_on(with.disk, std::move(task));
    co_await std::move(keeping);
    with.more_is_owed();
}

smtp::reply kept_answer() {
    return smtp::make_reply(250, "2.0.0", "Ok: kept, and sent once it can be encrypted");
}

kept_copies::kept_copies(services& with, std::shared_ptr<const settings> current,
                         owed_message message)
    : with_(with), current_(std::move(current)), message_(std::move(message)) {}

asio::awaitable<std::optional<smtp::reply>> kept_copies::prepare(std::vector<parcel>& parcels) {
    for (auto& one : parcels) {
        if (!is_to_be_kept(one.group)) continue;
        auto drafting = draft_copy(with_, current_, message_, one);
        auto draft = co_await std::move(drafting);
        if (!draft) co_return draft.error();
        drafts_.push_back({std::move(*draft), one.group.recipients});
    }
    co_return std::nullopt;
}

asio::awaitable<void> kept_copies::keep(std::vector<smtp::reply>& answers) {
    const auto failure =
        smtp::make_reply(451, "4.3.0", "The message could not be written down; send it again");
    for (auto& one : drafts_) {
        const bool is_archived = one.recipients.empty(); // those stand last
        if (is_archived &&
            std::ranges::none_of(answers, [](const auto& reply) { return reply.positive(); }))
            continue; // the client comes again with all of it
        auto keeping = keep(one);
        const bool is_kept = co_await std::move(keeping);
        if (is_kept) continue;
        for (const auto i : one.recipients)
            answers[i] = failure;
    }
    drafts_.clear();
}

asio::awaitable<bool> kept_copies::keep(copy& one) {
    const std::string whose = one.recipients.empty() ? "the copy for the archive" : "what is owed";
    try {
        auto owing = owe(with_, std::move(*one.kept));
        co_await std::move(owing);
        co_return true;
    } catch (const std::exception& e) {
        with_.log.error("id=" + message_.id + " " + whose + " could not be kept: " + e.what());
    }
    co_return false;
}

} // namespace postseal::relay
