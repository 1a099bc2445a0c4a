// SPDX-License-Identifier: Apache-2.0
#include "relay/transaction.hpp"

#include "keys/conclusion.hpp"
#include "keys/finder.hpp"
#include "message/clean.hpp"
#include "message/facts.hpp"
#include "message/header_section.hpp"
#include "message/trace.hpp"
#include "policy/plan.hpp"
#include "relay/client_patience.hpp"
#include "relay/content.hpp"
#include "relay/delivery.hpp"
#include "relay/journal.hpp"
#include "relay/loops.hpp"
#include "relay/policy_view.hpp"
#include "relay/randomness.hpp"
#include "relay/size_limit.hpp"
#include "relay/split_delivery.hpp"
#include "seal/error.hpp"
#include "seal/pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

using findings = std::vector<std::optional<keys::finding>>;

// The state of one message while it is worked on.
struct work {
    services& with;
    std::shared_ptr<const settings> current;
    submission& sent;
    smtp::envelope envelope; // as policy sees it
    message::facts facts;
    findings found;
    policy::plan plan;
    std::vector<smtp::reply> answers; // what was said of each recipient, where that differs
};

smtp::reply not_sealed(const boost::system::error_code& why) {
    return smtp::make_reply(451, "4.3.0",
                            "The message could not be encrypted now (" + why.message() +
                                "), and was not sent to anybody; try again later");
}

// All lookups run at once: each was started before the first is waited for.
asio::awaitable<void> find_keys(work& on) {
    const auto& envelope = on.envelope;
    on.found.resize(envelope.recipients.size());
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < envelope.recipients.size(); ++i) {
        const auto& address = envelope.recipients[i].address;
        const auto& rules = on.current->policy;
        if (!policy::key_matters(rules, on.sent.origin, envelope, &on.facts, address)) continue;
        on.with.finder.prefetch(address);
        asked.push_back(i);
    }
    for (const auto i : asked) {
        auto finding = on.with.finder.find(envelope.recipients[i].address);
        on.found[i] = co_await std::move(finding);
    }
}

// gpg calls a certificate unusable for reasons of its own too: a /proc that it cannot read would
// turn sealing off for everybody. Only what an inspection of the same bytes says counts, and not of
// a key from the future: it was good when it was found, so it is the clock that has gone wrong.
asio::awaitable<bool> is_unusable(seal::pool& sealers, keys::certificate certificate) {
    const auto asked_at = std::chrono::system_clock::now();
    auto inspecting = sealers.inspect(*certificate.bytes);
    const auto seen = co_await std::move(inspecting);
    if (!seen || seen->created > asked_at) co_return false;
    co_return !seen->unusable_because.empty() || seen->encryption_keys.empty();
}

// Does GnuPG accept this certificate alone? Asked only after it has refused a group.
asio::awaitable<bool> is_accepted(seal::pool& sealers, keys::certificate certificate) {
    seal::descriptor nothing(::memfd_create("nothing", MFD_CLOEXEC));
    std::vector<keys::certificate> alone;
    alone.push_back(std::move(certificate));
    auto trying = sealers.encrypt(std::move(nothing), std::move(alone));
    const auto tried = co_await std::move(trying);
    co_return tried || tried.error() != seal::errc::unusable_certificate;
}

// One bad key never spoils the others' copies: it is found, marked, and the plan is made again.
// False where none could be marked.
asio::awaitable<bool> mark_unusable(work& on, policy::delivery group) {
    bool marked = false;
    for (std::size_t i = 0; i < group.recipients.size(); ++i) {
        auto& finding = on.found[group.recipients[i]];
        if (!finding || !finding->found) continue;
        if (group.recipients.size() > 1) {
            auto asking = is_accepted(on.with.sealers, *finding->found);
            const bool accepted = co_await std::move(asking);
            if (accepted) continue;
        }
        auto judging = is_unusable(on.with.sealers, *finding->found);
        const bool unusable = co_await std::move(judging);
        if (!unusable) continue;
        const auto why = "GnuPG refused to encrypt to " + finding->found->fingerprint;
        finding = keys::give_up(std::move(*finding), why);
        marked = true;
    }
    co_return marked;
}

void make_plan(work& on) {
    on.plan = policy::make_plan(on.current->policy, on.sent.origin, on.envelope, on.facts, on.found,
                                on.sent.answers);
}

original read_original(const work& on, const message::header_section& header,
                       const message::trace& before) {
    const message::received_line line{
        .by = on.current->hostname,
        .with = on.sent.protocol,
        .token = message::make_token(on.sent.id, before.passes + 1, on.with.trace_hash),
        .time = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())};
    return {.bytes = on.sent.message.view(), .header = header, .received = message::to_field(line)};
}

// Sealed a second time, compressed, where the next hop would not take it otherwise.
asio::awaitable<boost::system::result<content>> make_to_fit(work& on, const original& from,
                                                            policy::delivery group,
                                                            const smtp::extensions& offered) {
    auto making = make_content(on.with, on.current, from, group, seal::compression::none);
    auto made = co_await std::move(making);
    if (!made || !may_be_compressed(group, made->size(), offered)) co_return made;
    auto remaking = make_content(on.with, on.current, from, group, seal::compression::if_all_can);
    auto remade = co_await std::move(remaking);
    co_return remade;
}

bool is_for_blind(const work& on, const policy::delivery& group) {
    return group.treatment == policy::treatment::sealed &&
           std::ranges::any_of(group.recipients,
                               [&on](const auto index) { return on.plan.decisions[index].blind; });
}

// Every group's content, or the refusal. The plan changes where a certificate turns out bad.
asio::awaitable<std::optional<smtp::reply>> make_parcels(work& on, const original& from,
                                                         const smtp::extensions& offered,
                                                         std::vector<parcel>& parcels) {
    // Each round marks at least one recipient's certificate, so there are at most that many.
    for (std::size_t round = 0; round <= on.found.size(); ++round) {
        make_plan(on);
        if (on.plan.refusal) co_return on.plan.refusal;
        parcels.clear();
        std::optional<policy::delivery> spoiled;
        for (const auto& group : on.plan.deliveries) {
            auto making = make_to_fit(on, from, group, offered);
            auto made = co_await std::move(making);
            if (made) {
                parcels.push_back(
                    {group, std::move(*made), from.bytes.size(), is_for_blind(on, group)});
                continue;
            }
            if (made.error() != seal::errc::unusable_certificate) {
                on.with.log.error("id=" + on.sent.id + " not sealed: " + made.error().message());
                co_return not_sealed(made.error());
            }
            spoiled = group;
            break;
        }
        if (!spoiled) co_return size_refusal(on.sent.envelope, parcels, offered);
        auto marking = mark_unusable(on, *spoiled);
        const bool marked = co_await std::move(marking);
        if (!marked) break;
    }
    co_return not_sealed(seal::errc::unusable_certificate);
}

smtp::reply not_sent(std::string enhanced, const std::string& why) {
    return smtp::make_reply(451, std::move(enhanced),
                            why + "; nothing was sent, so try again later");
}

asio::awaitable<smtp::reply> deliver(work& on, next_hop& to, std::vector<parcel>& parcels) {
    auto& sent = on.sent;
    if (!sent.client_waits()) co_return not_sent("4.4.2", "The client has gone");
    mirrored from{sent.envelope, sent.xforward, sent.client_waits};
    if (sent.answers == policy::answering::each_recipient) {
        auto delivering = deliver_each(to, std::move(from), parcels);
        on.answers = co_await std::move(delivering);
        for (const auto& decided : on.plan.decisions) {
            if (decided.refusal) on.answers[decided.recipient] = *decided.refusal;
        }
        co_return on.answers.front();
    }
    const client_patience within(sent.complete_at, on.current->limits.client_patience);
    if (std::chrono::steady_clock::now() >= within.first_commit) {
        co_return not_sent("4.4.5", "Looking for keys and encrypting took too long");
    }
    if (parcels.size() > 1) {
        split_delivery splitting(on.with, on.current, sent.id, within, std::move(from), to,
                                 parcels);
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

// Who was sealed to once is not written to in clear later because their key cannot be looked up.
void note_sealed(const work& on, const smtp::reply& answer) {
    const bool one_by_one = on.sent.answers == policy::answering::each_recipient;
    for (const auto& group : on.plan.deliveries) {
        if (group.treatment != policy::treatment::sealed) continue;
        for (const auto i : group.recipients)
            if (on.found[i] &&
                (one_by_one && i < on.answers.size() ? on.answers[i] : answer).positive())
                on.with.finder.note_sealed(on.envelope.recipients[i].address, *on.found[i]);
    }
}

asio::awaitable<smtp::reply> work_on(work& on, next_hop& to) {
    const auto header = message::read_header_section(on.sent.message.view());
    const auto before = message::read_trace(header, on.with.trace_hash);
    if (auto loop = loop_refusal(before, on.current->limits.passes)) co_return *loop;
    on.envelope = for_policy(on.sent.envelope);
    on.facts = for_policy(message::classify(on.sent.message.view()));
    co_await find_keys(on);
    const auto from = read_original(on, header, before);
    std::vector<parcel> parcels;
    auto making = make_parcels(on, from, to.offered(), parcels);
    auto refusal = co_await std::move(making);
    if (refusal) co_return *refusal;
    auto delivering = deliver(on, to, parcels);
    auto answer = co_await std::move(delivering);
    note_sealed(on, answer);
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
    work on{with, std::move(current), sent, {}, {}, {}, {}, {}};
    smtp::reply answer;
    try {
        auto working = work_on(on, to);
        answer = co_await std::move(working);
    } catch (const std::system_error& e) { // a full disk, no descriptors: ours to mend, not lost
        with.log.error("id=" + sent.id + " " + e.what());
        answer = smtp::make_reply(452, "4.3.1",
                                  "Not enough room to work on the message; try again later");
    }
    journal::record record;
    record.id = sent.id;
    record.client = sent.client;
    record.envelope = &sent.envelope;
    record.plan = &on.plan;
    record.size = sent.message.size();
    record.answer = &answer;
    record.answers = on.answers;
    with.log.message(record);
    co_return replies(on, answer);
}

} // namespace postseal::relay
