// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_json.hpp"

#include "cli/delivery_words.hpp"
#include "keys/record_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_from.hpp>

#include <string_view>

namespace postseal::cli {

namespace {

namespace json = boost::json;

json::value text_of(std::string_view word) { return json::string(word); }

template<class Value>
json::value or_null(const std::optional<Value>& known) {
    if (!known) return nullptr;
    return json::value_from(*known);
}

json::value address_or_null(const std::optional<smtp::mailbox>& known) {
    if (!known) return nullptr;
    return text_of(smtp::to_string(*known));
}

json::object to_json(const supposition& supposed) {
    json::array assumed, never_known;
    for (const auto& one : supposed.facts) {
        if (one.assumed) assumed.push_back(text_of(to_string(one.what)));
        if (one.never_known) never_known.push_back(text_of(to_string(one.what)));
    }
    const auto& origin = supposed.origin;
    json::object made;
    made["listener"] = origin.listener;
    made["protocol"] = supposed.protocol == smtp::protocol::lmtp ? "lmtp" : "smtp";
    made["client"] = nullptr;
    if (origin.client) made["client"] = smtp::to_string(*origin.client);
    made["tls"] = or_null(origin.tls);
    made["authenticated"] = or_null(origin.authenticated);
    made["login"] = or_null(origin.login);
    made["assumed"] = std::move(assumed);
    made["never_known"] = std::move(never_known);
    return made;
}

json::object to_json(const message::facts& facts) {
    json::array classes;
    for (const auto what : policy::classes_of(facts))
        classes.push_back(text_of(policy::to_string(what)));
    json::array authors;
    for (const auto& author : facts.from)
        authors.push_back(text_of(smtp::to_string(author)));
    json::object made;
    made["size"] = facts.size;
    made["from"] = std::move(authors);
    made["class"] = std::move(classes);
    made["attachment"] = facts.attachment;
    made["reason"] = facts.reason;
    return made;
}

json::array to_json(const std::vector<policy::rule_trace>& traced) {
    json::array rules;
    for (const auto& one : traced) {
        json::array conditions;
        for (const auto& asked : one.conditions)
            conditions.push_back({{"text", asked.text},
                                  {"answer", text_of(policy::to_string(asked.answer))},
                                  {"depth", asked.depth}});
        json::object made;
        made["rule"] = one.rule;
        made["answer"] = text_of(policy::to_string(one.answer));
        made["conditions"] = std::move(conditions);
        rules.push_back(std::move(made));
    }
    return rules;
}

json::value to_json(const std::optional<smtp::reply>& refusal) {
    if (!refusal) return nullptr;
    json::object made;
    made["code"] = refusal->code;
    made["enhanced"] = refusal->enhanced;
    made["lines"] = json::value_from(refusal->lines);
    return made;
}

json::value key_of(const policy::decision& decided) {
    if (!decided.key) return nullptr;
    json::object made;
    made["fingerprint"] = decided.key->fingerprint;
    made["algorithm"] = decided.key->algorithm;
    made["created"] = keys::to_text(decided.key->created);
    made["expires"] = nullptr;
    if (decided.key->expires) made["expires"] = keys::to_text(*decided.key->expires);
    made["source"] = decided.key_source;
    return made;
}

// What the lookup came to, whatever the policy made of it.
json::value to_json(const std::optional<keys::finding>& found) {
    if (!found) return nullptr;
    json::object made;
    made["outcome"] = text_of(keys::to_string(found->result));
    made["source"] = found->source;
    made["on_the_word_of"] = text_of(keys::to_string(found->from));
    made["reason"] = found->reason;
    made["fingerprint"] = nullptr;
    if (found->found) made["fingerprint"] = found->found->fingerprint;
    made["pinned"] = found->pinned;
    made["opted_out"] = found->opted_out;
    made["key_of"] = address_or_null(found->key_of);
    return made;
}

json::value to_json(const std::optional<policy::changed_key>& change) {
    if (!change) return nullptr;
    return {{"before", change->before}, {"now", change->now}, {"source", change->source}};
}

template<class Copy>
void add_copy(json::object& to, const Copy& copy) {
    to["headers"] = text_of(message::to_string(copy.headers));
    to["header_protection"] = text_of(message::to_string(copy.protection.policy));
    to["subject"] = text_of(message::to_string(copy.protection.subject));
}

// What a rule that only observes would do.
json::object instead_of(const explanation& what, const policy::decision& decided) {
    const auto& plan = what.would->plan;
    const auto& instead = plan.decisions[decided.recipient];
    json::object made;
    made["gets"] = is_refused(plan, instead) ? text_of("nothing")
                                             : text_of(policy::to_string(instead.treatment));
    made["reason"] = instead.reason;
    made["key"] = key_of(instead);
    made["refusal"] = to_json(plan.refusal ? plan.refusal : instead.refusal);
    return made;
}

json::object to_json(const explanation& what, const policy::decision& decided) {
    json::object made;
    made["to"] = smtp::to_string(what.asked.envelope.recipients[decided.recipient].address);
    made["gets"] = is_refused(what.plan, decided) ? text_of("nothing")
                                                  : text_of(policy::to_string(decided.treatment));
    made["blind"] = decided.blind;
    made["rule"] = decided.rule;
    made["reason"] = decided.reason;
    made["rules"] = to_json(what.traced[decided.recipient]);
    made["lookup"] = to_json(what.found[decided.recipient]);
    made["key"] = key_of(decided);
    made["change"] = to_json(decided.change);
    made["refusal"] = to_json(decided.refusal);
    made["waits"] = to_json(decided.waits);
    made["note"] = decided.note;
    made["would"] = nullptr;
    if (what.would && decided.observed) made["would"] = instead_of(what, decided);
    return made;
}

json::array to_json(const std::vector<message::field_change>& changes) {
    json::array all;
    for (const auto& one : changes) {
        json::object made;
        made["field"] = one.name;
        made["change"] = text_of(message::to_string(one.fate));
        made["before"] = one.before;
        made["after"] = one.after;
        if (one.fate == message::field_fate::added) made["before"] = nullptr;
        if (one.fate == message::field_fate::removed) made["after"] = nullptr;
        made["inside"] = one.inside;
        all.push_back(std::move(made));
    }
    return all;
}

json::object to_json(const smtp::envelope& envelope, const policy::delivery& group,
                     const delivered_fields& header) {
    json::array recipients, certificates;
    for (const auto i : group.recipients)
        recipients.push_back(text_of(smtp::to_string(envelope.recipients[i].address)));
    for (const auto& one : group.certificates)
        certificates.push_back(text_of(one.fingerprint));
    json::object made;
    made["treatment"] = text_of(policy::to_string(group.treatment));
    add_copy(made, group);
    made["recipients"] = std::move(recipients);
    made["archive"] = address_or_null(group.archive);
    made["certificates"] = std::move(certificates);
    made["header_changes"] = to_json(header.changes);
    return made;
}

json::array to_json(const smtp::envelope& envelope, const policy::plan& plan,
                    const std::vector<delivered_fields>& headers) {
    json::array deliveries;
    for (std::size_t i = 0; i < plan.deliveries.size(); ++i)
        deliveries.push_back(to_json(envelope, plan.deliveries[i], headers[i]));
    return deliveries;
}

} // namespace

json::object to_json(const explanation& what) {
    json::array recipients;
    for (const auto& decided : what.plan.decisions)
        recipients.push_back(to_json(what, decided));
    json::object made;
    made["from"] = address_or_null(what.asked.envelope.sender);
    made["connection"] = to_json(what.supposed);
    made["message"] = to_json(what.asked.facts);
    made["recipients"] = std::move(recipients);
    made["refusal"] = to_json(what.plan.refusal);
    const auto& envelope = what.asked.envelope;
    made["deliveries"] = to_json(envelope, what.plan, what.headers);
    made["would"] = nullptr;
    if (what.would) {
        json::object instead;
        instead["refusal"] = to_json(what.would->plan.refusal);
        instead["deliveries"] = to_json(envelope, what.would->plan, what.would->headers);
        made["would"] = std::move(instead);
    }
    return made;
}

} // namespace postseal::cli
