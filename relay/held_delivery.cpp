// SPDX-License-Identifier: Apache-2.0
#include "relay/held_delivery.hpp"

#include "relay/journal.hpp"
#include "relay/lookups.hpp"
#include "relay/preparation.hpp"

#include <algorithm>
#include <chrono>
#include <functional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace postseal::relay {

namespace {

std::chrono::sys_seconds now() {
    return std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now());
}

// Those who are still owed something, and where they stand in the entry.
struct owed_envelope {
    smtp::envelope envelope;
    std::vector<std::size_t> places;
    std::vector<policy::held_as> held_as;
};

owed_envelope owed_of(const spool_entry& entry) {
    owed_envelope made{{entry.sender, entry.parameters, {}}, {}, {}};
    for (std::size_t i = 0; i < entry.recipients.size(); ++i) {
        if (entry.recipients[i].debt != debt::delivery) continue;
        made.envelope.recipients.push_back(entry.recipients[i].to);
        made.places.push_back(i);
        made.held_as.push_back(entry.recipients[i].held_as);
    }
    return made;
}

// However long `hold_for` is: the entry is tried once more, and not again.
std::chrono::seconds waited(const spool_entry& entry) {
    if (now() >= entry.expires) return std::chrono::seconds::max();
    return now() - entry.arrived;
}

// As the spool keeps it, our Received field stands before the message as it came.
original read_original(std::string_view stored, std::uint64_t received) {
    const auto octets = std::min<std::size_t>(received, stored.size());
    const auto bytes = stored.substr(octets);
    return {.bytes = bytes,
            .header = message::read_header_section(bytes),
            .received = std::string(stored.substr(0, octets))};
}

mail_transaction transaction_for(const smtp::envelope& envelope, parcel& sent,
                                 const smtp::extensions& offered) {
    const std::vector<smtp::parameter> no_client_any_more;
    return relay::transaction_for(mirrored{envelope, no_client_any_more, {}}, sent, offered);
}

bool is_undecided(const policy::delivery& group) {
    return group.treatment == policy::treatment::held;
}

// What is decided is logged, and counts: of those who wait not with every look at them, and nothing
// of those who are left as they were.
void trace(services& with, const preparation& on, const std::function<bool(std::size_t)>& is_left) {
    auto decided = on.plan;
    std::erase_if(decided.decisions,
                  [&](const auto& one) { return one.waits.has_value() || is_left(one.recipient); });
    journal::record record;
    record.id = on.id;
    record.envelope = &on.given;
    record.plan = &decided;
    with.log.decisions(record);
}

class release {
  public:
    release(services& with, const spool_entry& entry, held_attempt attempt)
        : entry_(entry),
          owed_(owed_of(entry)),
          made_{with, with.current, entry.message, owed_.envelope},
          attempt_(std::move(attempt)),
          end_(attempt_.end) {}

    asio::awaitable<void> run(std::string_view stored) {
        const auto from = read_original(stored, entry_.held.received);
        const auto at_first = end_.replies;
        for (bool is_over = false; !is_over;) {
            made_.current = made_.with.current;
            end_.replies = at_first; // not what replaced rules have said
            auto looking = look(from);
            is_over = co_await std::move(looking);
        }
        trace(made_.with, made_,
              [this](std::size_t i) { return end_.replies[owed_.places[i]].code == 0; });
    }

  private:
    // Keys are looked for, connections made and copies sealed for as long as that takes.
    [[nodiscard]] bool are_rules_replaced() const { return made_.current != made_.with.current; }

    // False where the rules were replaced before anybody was served.
    asio::awaitable<bool> look(const original& from) {
        const policy::occasion now(entry_.held.answers,
                                   policy::waiting{waited(entry_), owed_.held_as});
        const auto& rules = made_.current->policy;
        made_.asked = put_question(entry_.held.over, owed_.envelope, from.bytes, now);
        auto finding = find_keys(made_.with.finder, rules, made_.asked);
        made_.found = co_await std::move(finding);
        if (are_rules_replaced()) co_return false;
        made_.plan = make_plan(rules, made_.asked, made_.found);
        handed_over_.clear();
        answer_undelivered(); // whatever goes wrong with the others
        if (std::ranges::all_of(made_.plan.deliveries, is_undecided)) co_return true;
        auto reaching = attempt_.reach();
        auto* const hop = co_await std::move(reaching);
        if (are_rules_replaced()) co_return false;
        if (hop == nullptr) {
            answer_all(smtp::make_reply(451, "4.4.1", "The next hop cannot be reached"));
        } else {
            end_.notifies = hop->offered().dsn;
            auto preparing = prepare(from, hop->offered());
            auto parcels = co_await std::move(preparing);
            if (are_rules_replaced()) co_return false;
            auto sending = send(*hop, parcels);
            co_await std::move(sending);
            if (are_rules_replaced()) co_return is_left_to_next_look();
        }
        answer_undelivered(); // where a key has turned out bad, the plan is another one
        co_return true;
    }

    // The rules were replaced while copies were sent. What the next hop has said stays; what they
    // have said of the others does not: those are as if they had not been looked at. True where
    // that is to be saved now, since somebody may have theirs; else the plan can be made anew.
    bool is_left_to_next_look() {
        bool is_to_be_saved = made_.with.stopping || end_.lost_in_message;
        for (std::size_t i = 0; i < owed_.places.size(); ++i) {
            if (!handed_over_.contains(i)) answer(i, {});
            is_to_be_saved = is_to_be_saved || end_.replies[owed_.places[i]].positive();
        }
        return is_to_be_saved;
    }

    // To all for whom nothing better is said later.
    void answer_all(const smtp::reply& said) {
        for (const auto place : owed_.places)
            end_.replies[place] = said;
    }
    void answer(std::size_t recipient, smtp::reply said) {
        end_.replies[owed_.places[recipient]] = std::move(said);
    }

    // As if they had not been looked at.
    void leave(const policy::delivery& group) {
        const std::string why =
            are_rules_replaced() ? "the rules were replaced" : "postseal is being stopped";
        for (const auto i : group.recipients) {
            answer(i, {});
            made_.with.log.info("id=" + made_.id + " to=" +
                                bracketed(smtp::to_string(owed_.envelope.recipients[i].address)) +
                                " taken back before it was handed over: " + why);
        }
    }

    void answer_undelivered() {
        for (const auto& one : made_.plan.decisions) {
            if (one.waits) answer(one.recipient, *one.waits);
            if (one.refusal) answer(one.recipient, *one.refusal);
        }
    }

    asio::awaitable<void> send(next_hop& hop, std::vector<parcel>& parcels) {
        bool sent = false;
        for (auto& one : parcels) {
            if (is_to_be_kept(one.group)) continue;
            if (sent) {
                auto noting = attempt_.noted();
                co_await std::move(noting);
            }
            // The rest of it belongs to the next start, or to a look by the new rules.
            if (made_.with.stopping || are_rules_replaced()) {
                leave(one.group);
                continue;
            }
            auto sending = send(hop, one);
            co_await std::move(sending);
            sent = true;
            const auto& served = one.group.recipients;
            note_sealed(made_, [&](std::size_t recipient) {
                return std::ranges::count(served, recipient) > 0 &&
                       end_.replies[owed_.places[recipient]].positive();
            });
        }
    }

    // What cannot be made for some keeps the others from nothing: it is tried for each delivery
    // alone.
    asio::awaitable<std::vector<parcel>> prepare(const original& from, smtp::extensions offered) {
        std::vector<parcel> parcels;
        auto making = make_parcels(made_, from, offered, parcels);
        const auto refusal = co_await std::move(making);
        if (!refusal) co_return parcels;
        parcels.clear();
        const auto deliveries = made_.plan.deliveries;
        for (const auto& group : deliveries) {
            if (is_undecided(group)) continue;
            auto making_one = make_parcel(made_, from, group, offered);
            auto made = co_await std::move(making_one);
            if (made) {
                parcels.push_back(std::move(*made));
                continue;
            }
            for (const auto i : group.recipients)
                answer(i, made.error());
        }
        co_return parcels;
    }

    asio::awaitable<void> send(next_hop& hop, parcel& one) {
        auto what = transaction_for(owed_.envelope, one, hop.offered());
        // A next hop may take minutes before it takes the message: asked before the final dot.
        bool is_taken_back = false;
        what.still_wanted = [this, &is_taken_back] {
            is_taken_back = are_rules_replaced();
            return !is_taken_back;
        };
        auto carrying = carry_out(hop, std::move(what), on_refusal::others_go_on);
        const auto end = co_await std::move(carrying);
        if (is_taken_back) {
            leave(one.group);
            co_return;
        }
        for (std::size_t i = 0; i < end.replies.size(); ++i) {
            handed_over_.insert(one.group.recipients[i]);
            answer(one.group.recipients[i], as_fate(end, end.replies[i]));
        }
        end_.reached_mail = end_.reached_mail || end.reached_mail;
        end_.lost_in_message = end_.lost_in_message || end.lost_in_message;
    }

    const spool_entry& entry_;
    owed_envelope owed_;
    preparation made_;
    held_attempt attempt_;
    transaction_end& end_;
    std::set<std::size_t> handed_over_{}; // those of whom the next hop has heard in this look
};

} // namespace

asio::awaitable<void> deliver_held(services& with, std::shared_ptr<const spool_claim> held,
                                   held_attempt attempt) {
    release releasing(with, held->entry, std::move(attempt));
    auto running = releasing.run(held->content.view());
    co_await std::move(running);
}

} // namespace postseal::relay
