// SPDX-License-Identifier: Apache-2.0
#include "keys/assessment.hpp"

#include "keys/verdict.hpp"

#include <algorithm>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;

using certificates = std::vector<cleaned_certificate>;

finding make_finding(outcome result, const assessment_task& task, std::string reason) {
    finding made;
    made.result = result;
    made.source = task.source;
    made.from = task.from;
    made.reason = std::move(reason);
    return made;
}

bool is_allowed(const question& asked, const std::string& fingerprint) {
    return asked.pinned.empty() || asked.pinned == fingerprint;
}

judgement refuse(std::string reason) { return {std::nullopt, std::move(reason)}; }

std::string because(const std::string& told, const std::string& why) {
    return told.empty() ? why : told + ": " + why;
}

/// Adds to `fresh` what is known of the same key. False where all together are over a limit: then
/// nobody can say what the half of it would mean.
bool merge(cleaned_certificate& fresh, const certificates& seen, const smtp::mailbox& address) {
    std::string known;
    for (const auto& one : seen)
        if (one.fingerprint == fresh.fingerprint && one.bytes != fresh.bytes) known += one.bytes;
    if (known.empty()) return true;
    auto both = clean_packets(known + fresh.bytes, address);
    if (both.certificates.size() != 1) return false;
    fresh = std::move(both.certificates.front());
    return true;
}

void keep(certificates& seen, const cleaned_certificate& fresh) {
    std::erase_if(seen, [&](const auto& one) { return one.fingerprint == fresh.fingerprint; });
    seen.push_back(fresh);
}

rejected_certificate reject(const inspection& inspected, const cleaned_certificate& one,
                            std::chrono::sys_seconds now) {
    rejected_certificate made;
    made.fingerprint = one.fingerprint;
    made.bytes = one.bytes;
    made.revoked = inspected.unusable_because == revoked;
    made.seen = now;
    return made;
}

/// What GnuPG said about the certificates of one answer, one after another.
struct inspections {
    std::optional<certificate> newest; ///< of the usable ones
    std::string refusal;               ///< the first one's reason
    std::string failure;               ///< why one could not be inspected
    std::string not_pinned;            ///< that one is not the key that may be used
};

/// GnuPG was not shown the subkeys that the cleaner does not know, of tomorrow's versions say.
/// Nobody knows whose they were where there were several certificates.
void explain(judgement& refused, const cleaning& cleaned) {
    if (refused.reason != no_encryption_key) return;
    if (std::ranges::find(cleaned.left_out, removal::unusable_subkey, &removed::why) !=
        cleaned.left_out.end())
        refused.reason += " but of a kind that is not known";
}

void note(inspections& so_far, judgement judged) {
    if (!judged.usable) {
        if (so_far.refusal.empty()) so_far.refusal = std::move(judged.reason);
        return;
    }
    // Whoever publishes a new key leaves the old one there for the mail of yesterday.
    if (!so_far.newest || so_far.newest->created < judged.usable->created)
        so_far.newest = std::move(judged.usable);
}

finding conclude(inspections seen, const assessment_task& task, const std::string& told) {
    if (seen.newest) {
        auto made = make_finding(outcome::found, task, told);
        made.found = std::move(seen.newest);
        return made;
    }
    if (!seen.failure.empty())
        return make_finding(outcome::temporary, task, because(told, seen.failure));
    // Where there is a pin, keys of others are no word about the pinned one.
    if (seen.refusal.empty() && !seen.not_pinned.empty())
        return make_finding(outcome::temporary, task, because(told, seen.not_pinned));
    return make_finding(outcome::unusable, task, because(told, seen.refusal));
}

/// A source that has had its certificates judged before; only time can have changed that.
finding conclude(const answer& said, const assessment_task& task, std::chrono::sys_seconds now) {
    if (!is_allowed(task.asked, said.judged->fingerprint))
        return make_finding(outcome::temporary, task,
                            because(said.reason, "it is not the pinned key " + task.asked.pinned));
    if (is_expired(*said.judged, now))
        return make_finding(outcome::unusable, task, because(said.reason, "expired meanwhile"));
    auto made = make_finding(outcome::found, task, said.reason);
    made.found = said.judged;
    return made;
}

} // namespace

asio::awaitable<assessment> assess(assessment_task task, answer said, certificates seen,
                                   inspector inspect, clock now) {
    assessment done;
    done.seen = std::move(seen);
    if (said.result != outcome::found) {
        done.said = make_finding(said.result, task, std::move(said.reason));
        if (done.said.result == outcome::temporary) done.said.retry_in = said.retry_in;
        co_return done;
    }
    if (said.judged) {
        done.said = conclude(said, task, now());
        co_return done;
    }

    const auto& asked = task.asked;
    auto cleaned = clean_packets(said.material, asked.address);
    if (cleaned.certificates.empty()) {
        const bool were_keys = cleaned.result == cleaning::verdict::unusable;
        const auto result = were_keys ? outcome::unusable : outcome::temporary;
        done.said = make_finding(result, task, because(said.reason, cleaned.reason));
        if (!were_keys) done.said.retry_in = said.retry_in;
        co_return done;
    }

    inspections judged;
    for (auto& one : cleaned.certificates) {
        if (!is_allowed(asked, one.fingerprint)) {
            judged.not_pinned = one.fingerprint + " is not the pinned key " + asked.pinned;
            continue;
        }
        if (!merge(one, done.seen, asked.address)) {
            note(judged, refuse("there is too much of it to tell whether it is revoked"));
            continue;
        }
        keep(done.seen, one);
        const auto asked_at = now(); // GnuPG judges no earlier
        auto inspecting = inspect(one.bytes);
        const auto inspected = co_await std::move(inspecting);
        // GnuPG calls such a key not valid. With a clock that was set back that is every newer key,
        // and mail to all of them would go in clear.
        if (inspected && inspected->created > asked_at) {
            judged.failure = "it is from the future, or this machine's clock is wrong";
        } else if (inspected) {
            auto judgement = judge(*inspected, one.bytes, asked.address, now());
            if (!judgement.usable && inspected->fingerprint == one.fingerprint)
                done.rejected.push_back(reject(*inspected, one, now()));
            explain(judgement, cleaned);
            note(judged, std::move(judgement));
        } else {
            judged.failure = "it could not be judged: " + inspected.error().message();
        }
    }
    done.said = conclude(std::move(judged), task, said.reason);
    // A key that nobody can judge is no reason to hold mail where anybody may have put it.
    if (done.said.result == outcome::temporary) done.said.retry_in = said.retry_in;
    co_return done;
}

} // namespace postseal::keys
