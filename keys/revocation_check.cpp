// SPDX-License-Identifier: Apache-2.0
#include "keys/revocation_check.hpp"

#include "keys/assessment.hpp"
#include "keys/key_material.hpp"

#include <algorithm>
#include <exception>
#include <string>
#include <vector>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;

/// One that mail may be sealed to.
struct used_certificate {
    std::string fingerprint;
    std::string bytes;
};

bool operator==(const used_certificate& a, const used_certificate& b) {
    return a.fingerprint == b.fingerprint;
}

const certificate* remembered_key(const record& known) {
    return known.remembered && known.remembered->what.found ? &*known.remembered->what.found
                                                            : nullptr;
}

/// Each once, and none that is known to be revoked.
std::vector<used_certificate> used_certificates(const record& known) {
    std::vector<used_certificate> used;
    const auto add = [&](const std::string& fingerprint, const std::string& bytes) {
        const used_certificate one{fingerprint, bytes};
        if (!bytes.empty() && !is_revoked(known, fingerprint) &&
            std::ranges::find(used, one) == used.end())
            used.push_back(one);
    };
    if (const auto* const key = remembered_key(known)) add(key->fingerprint, *key->bytes);
    for (const auto& one : known.given)
        add(one.fingerprint, one.bytes);
    return used;
}

/// Put behind the certificate that is in use, so that what comes without user IDs, as verifying
/// keyservers serve it, is the same certificate's.
std::string beside(const used_certificate& used, const std::string& served) {
    auto both = used.bytes;
    for (const auto& stream : read_key_material(served).streams)
        both += stream;
    return both;
}

record_changes changes_by(const record& known, const used_certificate& used, assessment done,
                          std::chrono::sys_seconds now, const lifetimes& times) {
    record_changes changes;
    std::erase_if(done.rejected, [&](const auto& one) {
        return !one.revoked || one.fingerprint != used.fingerprint;
    });
    if (done.rejected.empty()) return changes;
    changes.rejected = std::move(done.rejected);
    if (const auto* const key = remembered_key(known);
        key && key->fingerprint == used.fingerprint) {
        auto said = std::move(done.said);
        // It is the owner's word about the key that they had published.
        said.from = known.remembered->what.from;
        changes.remembered = memory{std::move(said), now, now + times.absent};
    }
    if (known.sealed && !known.doubts.unusable_since) {
        changes.doubts = known.doubts;
        changes.doubts->unusable_since = now;
    }
    return changes;
}

asio::awaitable<void> ask_one(std::shared_ptr<inquiry_parts> with, source* server,
                              smtp::mailbox address, used_certificate used) {
    auto asking = server->ask_by_fingerprint(used.fingerprint);
    auto said = co_await std::move(asking);
    if (with->closed || said.result != outcome::found) co_return;
    // Somebody may have found another one meanwhile, or taken it back.
    auto recalling = with->remembered->recall(address);
    const auto again = co_await std::move(recalling);
    const auto now_used = used_certificates(again.known);
    if (with->closed || std::ranges::find(now_used, used) == now_used.end()) co_return;
    said.material = beside(used, said.material);
    const assessment_task task{
        std::string(server->name()), server->from(), {address, used.fingerprint}};
    std::vector<cleaned_certificate> none;
    auto assessing = assess(task, std::move(said), std::move(none), guarded(with), with->now);
    auto done = co_await std::move(assessing);
    auto changes = changes_by(again.known, used, std::move(done), with->now(), with->settings.keep);
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
            const auto told = co_await std::move(recalling);
            for (const auto& used : used_certificates(told.known)) {
                if (with->closed) co_return;
                auto asking = ask_one(with, server, address, used);
                co_await std::move(asking);
            }
        }
    } catch (const std::exception&) {
    }
}

} // namespace postseal::keys
