// SPDX-License-Identifier: Apache-2.0
#include "cli/explanation.hpp"

#include "message/clean.hpp"
#include "message/header_section.hpp"
#include "message/pgp_mime.hpp"
#include "message/trace.hpp"
#include "policy/standing.hpp"
#include "relay/delivered_header.hpp"
#include "relay/loops.hpp"

#include <algorithm>
#include <utility>

namespace postseal::cli {

namespace {

// What is random or known only then is left open.
constexpr std::string_view some_boundary = "...";
constexpr std::string_view some_token = "...";

delivered_fields deliver(const message::header_section& header, const policy::delivery& group,
                         const message::id_disguise& ids, const std::string& received) {
    const auto made = relay::deliver_header(header, group, ids, some_boundary);
    if (group.treatment == policy::treatment::untouched ||
        group.treatment == policy::treatment::held)
        return {made.outer, {}};
    const bool sealed = group.treatment == policy::treatment::sealed;
    delivered_fields all{made.outer, {}};
    std::vector<std::string> inside;
    if (sealed) {
        all.outside += message::pgp_mime_fields(some_boundary);
        inside = {made.before, message::inner_header(header)};
    }
    all.changes = message::compare_headers(header, all.outside, inside);
    // Ours stands before those that were there, and takes the place of none of them.
    for (const auto& field : message::read_header_section(received).fields)
        all.changes.push_back({std::string{field.name},
                               message::field_fate::added,
                               {},
                               message::unfolded(field),
                               false});
    all.outside.insert(0, received);
    return all;
}

} // namespace

const relay::settings& in_force_or_as_set(const relay::settings& under) {
    return under.in_force ? *under.in_force : under;
}

relay::policy_question put_question(const supposition& supposed, const smtp::envelope& envelope,
                                    std::string_view message) {
    return relay::put_question(supposed.origin, envelope, message, supposed.replies);
}

explanation explain(const relay::settings& under, supposition supposed,
                    relay::policy_question asked, relay::findings found, std::string_view message,
                    long long now) {
    explanation made{std::move(supposed), std::move(asked), std::move(found), {}, {}, {}, {}};
    made.plan = relay::make_plan(under.policy, made.asked, made.found);
    const auto header = message::read_header_section(message);
    const bool lmtp = made.supposed.protocol == smtp::protocol::lmtp;
    const auto unknown_key = [](std::string_view) { return std::string(20, '\0'); };
    const auto before = message::read_trace(header, unknown_key);
    std::string received;
    if (relay::needs_received(made.supposed.received, before))
        received = message::to_field({.by = under.hostname,
                                      .with = lmtp ? "LMTP" : "ESMTP",
                                      .token = std::string{some_token},
                                      .time = now});
    const auto deliver_all = [&](const policy::plan& plan) {
        std::vector<delivered_fields> all;
        for (const auto& group : plan.deliveries)
            all.push_back(deliver(header, group, under.message_ids, received));
        return all;
    };
    made.headers = deliver_all(made.plan);
    if (under.in_force && std::ranges::any_of(made.plan.decisions, &policy::decision::observed)) {
        auto plan = relay::make_plan(under.in_force->policy, made.asked, made.found);
        auto headers = deliver_all(plan);
        made.would = in_earnest{std::move(plan), std::move(headers)};
    }
    return made;
}

void trace_rules(explanation& made, const policy::rule_set& rules) {
    const policy::circumstances around(made.asked.origin, made.asked.envelope.sender,
                                       &made.asked.facts);
    made.traced.assign(made.asked.envelope.recipients.size(), {});
    for (std::size_t i = 0; i < made.traced.size(); ++i) {
        const auto& address = made.asked.envelope.recipients[i].address;
        if (policy::is_local(rules, address)) continue;
        const policy::addressee whom{policy::folded_address(address),
                                     policy::key_known(made.found[i])};
        made.traced[i] = policy::trace(rules, around, whom);
    }
}

bool is_refused(const policy::plan& plan) {
    return plan.refusal || std::ranges::any_of(plan.decisions, [&](const auto& one) {
               return is_refused(plan, one);
           });
}

bool is_refused(const policy::plan& plan, const policy::decision& one) {
    return plan.refusal || one.refusal;
}

} // namespace postseal::cli
