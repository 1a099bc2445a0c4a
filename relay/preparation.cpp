// SPDX-License-Identifier: Apache-2.0
#include "relay/preparation.hpp"

#include "keys/conclusion.hpp"
#include "keys/finder.hpp"
#include "relay/journal.hpp"
#include "relay/size_limit.hpp"
#include "seal/error.hpp"
#include "seal/pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <utility>

namespace postseal::relay {

namespace {

smtp::reply not_sealed(const boost::system::error_code& why) {
    return smtp::make_reply(451, "4.3.0",
                            "The message could not be encrypted now (" + why.message() +
                                "), and was not sent to anybody; try again later");
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
asio::awaitable<bool> mark_unusable(preparation& on, policy::delivery group) {
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

// Sealed a second time, compressed, where the next hop would not take it otherwise.
asio::awaitable<boost::system::result<content>> make_to_fit(preparation& on, const original& from,
                                                            policy::delivery group,
                                                            const smtp::extensions& offered) {
    auto making = make_content(on.with, on.current, from, group, seal::compression::none);
    auto made = co_await std::move(making);
    if (!made || !may_be_compressed(group, made->size(), offered)) co_return made;
    auto remaking = make_content(on.with, on.current, from, group, seal::compression::if_all_can);
    auto remade = co_await std::move(remaking);
    co_return remade;
}

bool is_for_blind(const preparation& on, const policy::delivery& group) {
    return group.treatment == policy::treatment::sealed &&
           std::ranges::any_of(group.recipients,
                               [&on](const auto index) { return on.plan.decisions[index].blind; });
}

} // namespace

asio::awaitable<std::optional<smtp::reply>> make_parcels(preparation& on, const original& from,
                                                         const smtp::extensions& offered,
                                                         std::vector<parcel>& parcels) {
    // Each round marks at least one recipient's certificate, so there are at most that many.
    for (std::size_t round = 0; round <= on.found.size(); ++round) {
        on.plan = make_plan(on.current->policy, on.asked, on.found);
        if (on.plan.refusal) co_return on.plan.refusal;
        parcels.clear();
        std::optional<policy::delivery> spoiled;
        for (const auto& group : on.plan.deliveries) {
            if (auto end = on.is_over ? on.is_over() : std::nullopt) co_return end;
            auto making = make_to_fit(on, from, group, offered);
            auto made = co_await std::move(making);
            if (made) {
                parcels.push_back(
                    {group, std::move(*made), from.bytes.size(), is_for_blind(on, group), {}});
                for (const auto index : group.recipients)
                    if (const auto& waits = on.plan.decisions[index].waits)
                        parcels.back().waits.push_back(*waits);
                continue;
            }
            if (made.error() != seal::errc::unusable_certificate) {
                on.with.log.error("id=" + on.id + " not sealed: " + made.error().message());
                co_return not_sealed(made.error());
            }
            spoiled = group;
            break;
        }
        if (!spoiled) co_return size_refusal(on.given, parcels, offered);
        auto marking = mark_unusable(on, *spoiled);
        const bool marked = co_await std::move(marking);
        if (!marked) break;
    }
    co_return not_sealed(seal::errc::unusable_certificate);
}

asio::awaitable<boost::system::result<parcel, smtp::reply>>
make_parcel(preparation& on, const original& from, policy::delivery group,
            const smtp::extensions& offered) {
    auto making = make_to_fit(on, from, group, offered);
    auto made = co_await std::move(making);
    if (!made) co_return not_sealed(made.error());
    std::vector<parcel> alone;
    alone.push_back({group, std::move(*made), from.bytes.size(), is_for_blind(on, group), {}});
    if (auto refusal = size_refusal(on.given, alone, offered)) co_return *refusal;
    co_return std::move(alone.front());
}

void note_sealed(const preparation& on, const std::function<bool(std::size_t)>& was_taken) {
    for (const auto& group : on.plan.deliveries) {
        if (group.treatment != policy::treatment::sealed) continue;
        for (const auto i : group.recipients)
            if (on.found[i] && was_taken(i))
                on.with.finder.note_sealed(on.asked.envelope.recipients[i].address, *on.found[i]);
    }
}

} // namespace postseal::relay
