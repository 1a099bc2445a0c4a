// SPDX-License-Identifier: Apache-2.0
#include "keys/revocation_check.hpp"

#include "keys/assessment.hpp"
#include "keys/key_material.hpp"

#include <algorithm>
#include <exception>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;

/// Put behind the certificate that is in use, so that what comes without user IDs, as verifying
/// keyservers serve it, is the same certificate's.
std::string beside(const certificate& used, const std::string& served) {
    auto both = *used.bytes;
    for (const auto& stream : read_key_material(served).streams)
        both += stream;
    return both;
}

record_changes changes_by(const record& known, assessment done, std::chrono::sys_seconds now,
                          const lifetimes& times) {
    record_changes changes;
    const auto& used = known.remembered->what;
    std::erase_if(done.rejected, [&](const auto& one) {
        return !one.revoked || one.fingerprint != used.found->fingerprint;
    });
    if (done.rejected.empty()) return changes;
    changes.rejected = std::move(done.rejected);
    auto said = std::move(done.said);
    said.from = used.from; // it is the owner's word about the key that they had published
    changes.remembered = memory{std::move(said), now, now + times.absent};
    if (known.sealed && !known.doubts.unusable_since) {
        changes.doubts = known.doubts;
        changes.doubts->unusable_since = now;
    }
    return changes;
}

asio::awaitable<void> ask_one(std::shared_ptr<inquiry_parts> with, source* server,
                              smtp::mailbox address, record known) {
    const auto& used = *known.remembered->what.found;
    auto asking = server->ask_by_fingerprint(used.fingerprint);
    auto said = co_await std::move(asking);
    if (with->closed || said.result != outcome::found) co_return;
    // Somebody may have found another one meanwhile.
    auto recalling = with->remembered->recall(address);
    auto again = co_await std::move(recalling);
    const auto& now = again.known.remembered;
    if (with->closed || !now || !now->what.found ||
        now->what.found->fingerprint != used.fingerprint)
        co_return;
    said.material = beside(used, said.material);
    const assessment_task task{
        std::string(server->name()), server->from(), {address, used.fingerprint}};
    std::vector<cleaned_certificate> none;
    auto assessing = assess(task, std::move(said), std::move(none), guarded(with), with->now);
    auto done = co_await std::move(assessing);
    auto changes = changes_by(known, std::move(done), with->now(), with->settings.keep);
    if (changes.empty()) co_return;
    auto remembering = with->remembered->remember(std::move(address), std::move(changes));
    co_await std::move(remembering);
}

} // namespace

asio::awaitable<void> check_revocation(std::shared_ptr<inquiry_parts> with, smtp::mailbox address) {
    std::vector<source*> servers;
    for (const auto* const list : {&with->sources.after_store, &with->sources.revocations})
        for (const auto& one : *list)
            if (one->from() == origin::third_party) servers.push_back(one.get());
    try {
        for (auto* const server : servers) {
            auto recalling = with->remembered->recall(address);
            auto told = co_await std::move(recalling);
            if (with->closed || !told.known.remembered || !told.known.remembered->what.found)
                co_return;
            auto asking = ask_one(with, server, address, std::move(told.known));
            co_await std::move(asking);
        }
    } catch (const std::exception&) {
    }
}

} // namespace postseal::keys
