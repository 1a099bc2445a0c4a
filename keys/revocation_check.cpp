// SPDX-License-Identifier: Apache-2.0
#include "keys/revocation_check.hpp"

#include "keys/assessment.hpp"
#include "keys/packets.hpp"
#include "keys/served_revocations.hpp"

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
    for (const auto& one : known.given) // it is what decides, where the same key was found as well
        add(one.fingerprint, one.bytes);
    if (const auto* const key = remembered_key(known)) add(key->fingerprint, *key->bytes);
    return used;
}

/// What GnuPG made of the certificate with the revocations that it had not.
struct verdict_of_used {
    assessment done;
    std::string merged;     ///< octets
    std::string not_judged; ///< why not; empty: it was
    bool lost = false;      ///< an encryption key, or the address, that it had
};

std::string name_of(const used_certificate& used, const smtp::mailbox& address) {
    return "the key " + used.fingerprint + " of " + smtp::to_string(address);
}

std::string warning_of_loss(const used_certificate& used, const smtp::mailbox& address,
                            const finding& said) {
    return name_of(used, address) +
           ", which an administrator has given, has lost an encryption key " +
           "or a user ID: its owner has revoked that. " +
           (said.found ? "Mail is sealed to what is left of it. "
                       : "Nothing is sealed to it any more. ") +
           "Get the new state of it from its owner and give it (postseal keys pin, or import)";
}

std::string warning_of_flood(const used_certificate& used, const smtp::mailbox& address,
                             std::string_view server) {
    return "what a keyserver (" + std::string(server) + ") has for " + name_of(used, address) +
           " cannot be judged: it is damaged, or somebody has hung too many revocations on it that "
           "may be false, so nobody can tell whether it was revoked. Ask its owner";
}

bool is_revocation_of(const rejected_certificate& one, const used_certificate& used) {
    return one.revoked && one.fingerprint == used.fingerprint;
}

/// In place of what was given, unless it was taken back or given anew meanwhile.
void keep_in_given(record_changes& changes, const record& known, const used_certificate& used,
                   const std::string& merged) {
    const auto is_it = [&](const given_certificate& one) {
        return one.fingerprint == used.fingerprint && one.bytes == used.bytes;
    };
    if (std::ranges::any_of(known.given, is_it))
        changes.regiven.push_back({used.fingerprint, used.bytes, merged});
}

/// Mail goes on to that one: no day has to begin, and none would be left when it ends too.
bool has_another(const record& known, const used_certificate& used) {
    return std::ranges::any_of(used_certificates(known), [&](const auto& one) {
        return one.fingerprint != used.fingerprint;
    });
}

record_changes changes_by(const record& known, const used_certificate& used, verdict_of_used judged,
                          std::chrono::sys_seconds now, const lifetimes& times) {
    record_changes changes;
    auto& rejected = judged.done.rejected;
    std::erase_if(rejected, [&](const auto& one) { return !is_revocation_of(one, used); });
    if (rejected.empty() && !judged.lost) return changes;
    keep_in_given(changes, known, used, judged.merged);
    const bool ended = !judged.done.said.found;
    const auto* const key = remembered_key(known);
    if (!rejected.empty() && key && key->fingerprint == used.fingerprint) {
        auto said = std::move(judged.done.said);
        // It is the owner's word about the key that they had published.
        said.from = known.remembered->what.from;
        changes.remembered = memory{std::move(said), now, now + times.absent};
    }
    changes.rejected = std::move(rejected);
    if (ended && known.sealed && !known.doubts.unusable_since && !has_another(known, used)) {
        changes.doubts = known.doubts;
        changes.doubts->unusable_since = now;
    }
    return changes;
}

bool has_lost(const inspection& before, const finding& after) {
    if (!before.unusable_because.empty() || before.encryption_keys.empty()) return false;
    if (after.result == outcome::temporary) return false; // GnuPG had no time
    if (!after.found) return true;
    return std::ranges::any_of(before.encryption_keys, [&](std::uint64_t id) {
        const auto& left = after.found->encryption_keys;
        return std::ranges::find(left, id) == left.end();
    });
}

bool was_given(const record& known, const used_certificate& used) {
    return std::ranges::any_of(known.given, [&](const auto& one) {
        return one.fingerprint == used.fingerprint && one.bytes == used.bytes;
    });
}

asio::awaitable<verdict_of_used> judge_used(std::shared_ptr<inquiry_parts> with, std::string server,
                                            smtp::mailbox address, used_certificate used,
                                            answer said) {
    verdict_of_used judged;
    const assessment_task task{std::move(server), origin::third_party, {address, used.fingerprint}};
    std::vector<cleaned_certificate> none;
    auto assessing = assess(task, std::move(said), std::move(none), guarded(with), with->now);
    judged.done = co_await std::move(assessing);
    for (const auto& one : judged.done.seen)
        if (one.fingerprint == used.fingerprint) judged.merged = one.bytes;
    const auto inspect = guarded(with);
    auto inspecting = inspect(used.bytes);
    const auto before = co_await std::move(inspecting);
    judged.lost = before && has_lost(*before, judged.done.said);
    if (judged.done.said.result == outcome::temporary) judged.not_judged = judged.done.said.reason;
    if (!before) judged.not_judged = "it could not be judged: " + before.error().message();
    co_return judged;
}

void count(revocation_check& so_far, const answer& said) {
    if (said.result != outcome::temporary) {
        ++so_far.answered;
        return;
    }
    ++(said.resting ? so_far.left : so_far.failed);
    so_far.reason = said.reason;
}

void count_unjudged(revocation_check& so_far, const std::string& reason) {
    ++so_far.failed;
    so_far.reason = reason;
}

/// Nobody can say which keys to ask for.
void count_unread(revocation_check& so_far, const recalled& told) {
    if (told.is_whole) return;
    ++so_far.failed;
    so_far.reason = "the key store could not be read";
}

asio::awaitable<void> ask_one(std::shared_ptr<inquiry_parts> with, source* server,
                              smtp::mailbox address, used_certificate used,
                              revocation_check* so_far) {
    auto asking = server->ask_by_fingerprint(used.fingerprint);
    auto said = co_await std::move(asking);
    count(*so_far, said);
    if (with->closed || said.result != outcome::found) co_return;
    // Put behind the certificate that is in use, so that what comes without user IDs, as verifying
    // keyservers serve it, is the same certificate's.
    const auto revocations = revocations_beside(used.bytes, said.material);
    if (revocations && revocations->empty()) co_return;
    if (revocations) said.material = used.bytes + *revocations;
    if (!revocations || clean_packets(said.material, address).certificates.size() != 1) {
        so_far->warnings.push_back(warning_of_flood(used, address, said.reason));
        co_return;
    }
    auto judging = judge_used(with, std::string(server->name()), address, used, std::move(said));
    auto judged = co_await std::move(judging);
    if (!judged.not_judged.empty()) count_unjudged(*so_far, judged.not_judged);
    if (with->closed) co_return;
    // Somebody may have found another one meanwhile, or taken it back.
    auto recalling = with->remembered->recall(address);
    const auto again = co_await std::move(recalling);
    const auto now_used = used_certificates(again.known);
    if (with->closed) co_return;
    if (std::ranges::find(now_used, used) == now_used.end()) {
        count_unread(*so_far, again);
        co_return;
    }
    judged.lost = judged.lost && was_given(again.known, used);
    const bool revoked = std::ranges::any_of(
        judged.done.rejected, [&](const auto& one) { return is_revocation_of(one, used); });
    if (judged.lost && !revoked)
        so_far->warnings.push_back(warning_of_loss(used, address, judged.done.said));
    auto changes =
        changes_by(again.known, used, std::move(judged), with->now(), with->settings.keep);
    if (changes.empty()) co_return;
    auto remembering = with->remembered->remember(std::move(address), std::move(changes));
    co_await std::move(remembering);
}

} // namespace

asio::awaitable<revocation_check> check_revocation(std::shared_ptr<inquiry_parts> with,
                                                   smtp::mailbox address) {
    revocation_check so_far;
    std::vector<source*> servers;
    for (const auto* const list : {&with->sources.after_store, &with->sources.revocations})
        for (const auto& one : *list)
            if (one->from() == origin::third_party) servers.push_back(one.get());
    try {
        for (auto* const server : servers) {
            auto recalling = with->remembered->recall(address);
            const auto told = co_await std::move(recalling);
            count_unread(so_far, told);
            for (const auto& used : used_certificates(told.known)) {
                if (with->closed) co_return so_far;
                auto asking = ask_one(with, server, address, used, &so_far);
                co_await std::move(asking);
            }
        }
    } catch (const std::exception& thrown) {
        ++so_far.failed;
        so_far.reason = thrown.what();
    }
    co_return so_far;
}

} // namespace postseal::keys
