// SPDX-License-Identifier: Apache-2.0
#include "keys/inquiry.hpp"

#include "keys/hearing.hpp"
#include "keys/outside_inquiry.hpp"
#include "keys/user_id.hpp"
#include "keys/verdict.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;
using steady = std::chrono::steady_clock;
using certificates = std::vector<cleaned_certificate>;
using shared_parts = std::shared_ptr<inquiry_parts>;

finding temporary(std::string reason) {
    finding made;
    made.result = outcome::temporary;
    made.reason = std::move(reason);
    return made;
}

cleaned_certificate as_cleaned(const std::string& fingerprint, const std::string& bytes) {
    return {fingerprint, bytes, {}};
}

bool holds(const certificates& seen, const std::string& fingerprint) {
    return std::ranges::any_of(seen,
                               [&](const auto& one) { return one.fingerprint == fingerprint; });
}

asio::awaitable<boost::system::result<inspection>> inspect_if_open(shared_parts with,
                                                                   std::string bytes) {
    if (with->closed) co_return make_error_code(asio::error::operation_aborted);
    auto inspecting = with->inspect(std::move(bytes));
    co_return co_await std::move(inspecting);
}

std::string pinned_key(const inquiry_parts& with, const smtp::mailbox& address,
                       const record& known) {
    const auto by_policy = with.settings.pins.find(lookup_key(address));
    if (by_policy != with.settings.pins.end()) return by_policy->second;
    const auto by_store = std::ranges::find_if(known.given, &given_certificate::pinned);
    return by_store == known.given.end() ? std::string() : by_store->fingerprint;
}

/// What an administrator has put into the store, as if a source had served it. Beside the pinned
/// key the others are nothing, and the cleaner, which looks at so many only, must not pass it over.
answer as_answer(const std::vector<given_certificate>& given, const std::string& pinned) {
    answer made;
    for (const auto& one : given) {
        if (one.bytes.empty() || (!pinned.empty() && one.fingerprint != pinned)) continue;
        made.material += one.bytes;
        made.reason = one.note.empty() ? "given by an administrator" : one.note;
    }
    if (!made.material.empty()) made.result = outcome::found;
    return made;
}

asio::awaitable<void> hear_given(shared_parts with, record known, question asked,
                                 std::shared_ptr<hearings> all) {
    auto given = as_answer(known.given, asked.pinned);
    if (given.material.empty()) co_return;
    // A revocation that was heard of since ends a given key as any other.
    for (const auto& one : known.rejected)
        if (one.revoked &&
            std::ranges::count(known.given, one.fingerprint, &given_certificate::fingerprint) > 0)
            all->seen.push_back(as_cleaned(one.fingerprint, one.bytes));
    const assessment_task task{asked.pinned.empty() ? "imported" : "pinned", origin::administrator,
                               std::move(asked)};
    auto assessing = assess(task, std::move(given), all->seen, guarded(with), with->now);
    auto done = co_await std::move(assessing);
    all->seen = std::move(done.seen);
    all->decided = done.said.result == outcome::found;
    all->said.push_back(std::move(done.said));
}

/// There may be a new one, but it is not looked for with every mail: an absence that nobody has to
/// confirm could not take the place of a key.
record_changes without_key(const memory& was, const finding& said, std::chrono::sys_seconds now) {
    record_changes changes;
    auto what = said;
    what.from = was.what.from;
    changes.remembered = memory{std::move(what), now, now};
    return changes;
}

/// The remembered finding, as far as it may be used. A source before the store may have other
/// signatures of its key, perhaps a revocation that an administrator has put there: both together
/// are judged anew, and where that ends its use, nothing was known.
asio::awaitable<std::optional<memory>> review(shared_parts with, std::shared_ptr<progress> so_far,
                                              question asked, certificates seen) {
    auto& record = so_far->known->known;
    auto known = record.remembered;
    if (!known || !known->what.found) co_return known;
    const auto& key = *known->what.found;
    if (!asked.pinned.empty() && key.fingerprint != asked.pinned) co_return std::nullopt;
    if (is_revoked(record, key.fingerprint)) co_return std::nullopt;
    if (!holds(seen, key.fingerprint)) co_return known;
    answer held;
    held.result = outcome::found;
    held.material = *key.bytes;
    held.reason = known->what.reason;
    const assessment_task task{known->what.source, known->what.from, asked};
    auto assessing = assess(task, std::move(held), std::move(seen), guarded(with), with->now);
    auto reviewed = co_await std::move(assessing);
    // Where GnuPG has no time just now, there was a key all the same.
    if (reviewed.said.result == outcome::unusable) {
        record.remembered.reset();
        if (!record.sealed) {
            auto changes = without_key(*known, reviewed.said, with->now());
            auto remembering = with->remembered->remember(asked.address, std::move(changes));
            co_await std::move(remembering);
        }
    }
    if (reviewed.said.result != outcome::found) co_return std::nullopt;
    known->what = std::move(reviewed.said);
    record.remembered = known;
    co_return known;
}

/// Another key than the administrator's own is there, and nobody has said that it may take its
/// place. To whom mail was sealed, it is neither sent in clear for that nor sealed to the other
/// one.
finding pass_over(finding ours, const recalled& told) {
    if (!told.known.sealed && told.is_whole) return ours;
    ours.result = outcome::temporary;
    ours.reason += "; there is another key, which no administrator has given, and mail was sealed "
                   "before, so it waits for one";
    return ours;
}

} // namespace

finding shutting_down() { return temporary("postseal is shutting down"); }

inspector guarded(shared_parts with) {
    return [with](std::string bytes) { return inspect_if_open(with, std::move(bytes)); };
}

asio::awaitable<finding> inquire(shared_parts with, smtp::mailbox address, believing whom,
                                 std::shared_ptr<progress> so_far) {
    auto recalling = with->remembered->recall(address);
    so_far->known = co_await std::move(recalling);
    if (with->closed) co_return shutting_down();
    if (const auto& out = so_far->known->known.opted_out) co_return as_finding(*out);
    if (with->doubtful.erase(lookup_key(address)) > 0) whom = believing::nobody;
    so_far->pinned = pinned_key(*with, address, so_far->known->known);
    const question asked{address, so_far->pinned};

    // What stands before the store is asked every time, and decides where it has a key.
    const auto heard = std::make_shared<hearings>();
    auto giving = hear_given(with, so_far->known->known, asked, heard);
    co_await std::move(giving);
    if (!heard->decided) {
        auto asking =
            ask_in_order(&with->sources.before_store, asked, heard, guarded(with), with->now);
        co_await std::move(asking);
    }
    const auto ours = combine(heard->said);
    if (heard->decided) co_return settle(ours, *so_far->known, asked.pinned, with->now());
    so_far->is_overruled = ours.result == outcome::unusable;

    auto reviewing = review(with, so_far, asked, heard->seen);
    auto known = co_await std::move(reviewing);
    const auto usable = [&] {
        return whom == believing::memory && known && is_fresh(*known, with->now());
    };
    std::optional<finding> failed;
    if (whom == believing::memory) failed = with->remembered->recent_failure(address);
    if (whom == believing::memory && !usable() && !failed && !with->sources.after_store.empty()) {
        auto waiting = wait_for_others(with, address);
        auto theirs = co_await std::move(waiting);
        if (theirs) {
            so_far->known = std::move(theirs);
            auto again = review(with, so_far, asked, heard->seen);
            known = co_await std::move(again);
        }
    }
    if (usable()) {
        heard->said.push_back(known->what);
    } else if (with->sources.after_store.empty()) {
        // Nobody is left to ask: what the sources before the store said is all there is.
    } else if (failed) {
        heard->said.push_back(*failed);
    } else {
        auto remote = ask_outside(with, asked, heard->seen, so_far);
        auto said = co_await std::move(remote);
        heard->said.push_back(std::move(said));
    }
    auto result = combine(heard->said);
    if (known) result = fall_back(std::move(result), *known, with->now());
    // A key that the administrator's own source holds and that may not be used, revoked for one, is
    // not to be replaced by whatever the domain serves: only its own newer state counts.
    if (so_far->is_overruled && result.found && !holds(heard->seen, result.found->fingerprint))
        result = pass_over(ours, *so_far->known);
    co_return settle(std::move(result), *so_far->known, asked.pinned, with->now());
}

asio::awaitable<std::vector<source_report>> inquire_of_all(shared_parts with,
                                                           smtp::mailbox address) {
    std::vector<source_report> reports;
    auto recalling = with->remembered->recall(address);
    const auto told = co_await std::move(recalling);
    const question asked{address, pinned_key(*with, address, told.known)};
    const auto given = std::make_shared<hearings>();
    auto giving = hear_given(with, told.known, asked, given);
    co_await std::move(giving);
    for (auto& one : given->said)
        reports.push_back({one.source, one, {}});

    const source_list* const lists[] = {&with->sources.before_store, &with->sources.after_store};
    for (const auto* const list : lists) {
        if (list == lists[1] && with->remembered->has_store()) {
            auto looking = with->remembered->report(address);
            auto report = co_await std::move(looking);
            reports.push_back(std::move(report));
        }
        for (const auto& one : *list) {
            const auto started = steady::now();
            certificates none; // each for itself, whatever the others serve
            auto asking = ask_source(one.get(), asked, std::move(none), guarded(with), with->now);
            auto heard = co_await std::move(asking);
            source_report report;
            report.source = one->name();
            report.said = std::move(heard.done.said);
            report.took =
                std::chrono::duration_cast<std::chrono::milliseconds>(steady::now() - started);
            reports.push_back(std::move(report));
        }
    }
    co_return reports;
}

finding overdue(const progress& seen, const finder_settings& settings,
                std::chrono::sys_seconds now) {
    auto late = temporary("the lookup took longer than " +
                          std::to_string(settings.deadline.count()) + " ms");
    late.pinned = !seen.pinned.empty();
    if (!seen.known) return late;
    const auto& known = seen.known->known;
    const auto& memory = known.remembered;
    // What an administrator's own key overrules is not used for want of time, nor what was revoked:
    // not even an administrator's source has the last word here, since nobody has asked it.
    if (memory && !seen.is_overruled &&
        !(memory->what.found && is_revoked(known, memory->what.found->fingerprint)))
        late = fall_back(std::move(late), *memory, now);
    if (late.found) return settle(std::move(late), *seen.known, seen.pinned, now);
    if (!seen.known->is_whole || !seen.remote || late.pinned) return late;
    const bool had_key = (known.remembered && known.remembered->what.found) || known.sealed;
    const bool only_strangers = seen.remote->asking == origin::third_party &&
                                combine(seen.remote->said).result != outcome::temporary;
    if (only_strangers && !had_key && !known.directory) late.retry_in = settings.keep.temporary;
    return late;
}

} // namespace postseal::keys
