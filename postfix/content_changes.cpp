// SPDX-License-Identifier: Apache-2.0
// What Postfix does to sealed mail on the way back: recipients that it adds or rewrites, copies,
// milters. Each of them belongs on one side of postseal.
#include "postfix/scene.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

bool has(const configuration& read, const service& where, std::string_view option) {
    const auto all = words(read.of(where, "receive_override_options"));
    return std::find(all.begin(), all.end(), option) != all.end();
}

std::string options_without(const configuration& read, const service& where,
                            std::string_view option) {
    std::string kept;
    for (const auto& one : words(read.of(where, "receive_override_options"))) {
        if (one != option) kept += (kept.empty() ? "" : ",") + one;
    }
    return kept;
}

std::string options_with(const configuration& read, const service& where, std::string_view option) {
    const auto kept = options_without(read, where, option);
    return kept + (kept.empty() ? "" : ",") + std::string(option);
}

// Aliases and copies are made by cleanup, before the queue: once, and where policy sees the result.
void judge_mappings(const scene& all, const listener& from, const service& where, findings& found) {
    constexpr std::string_view option = "no_address_mappings";
    const auto& read = all.read;
    const bool off_here = has(read, where, option);
    const bool queued = all.leads(place::exit, from) || all.leads(place::after_queue, from);
    const auto off_there = [&](const way& one) {
        return one.to == &from && one.place == place::after_queue && has(read, *one.from, option);
    };
    const bool done_before = queued && std::none_of(all.ways.begin(), all.ways.end(), off_there);
    if (done_before && !off_here) {
        found.push_back(
            warning(where.label(), "receive_override_options",
                    "lacks no_address_mappings: aliases are expanded a second time, behind "
                    "policy, and every always_bcc copy is made twice, once of ciphertext",
                    {set_in_service(where, "receive_override_options",
                                    options_with(read, where, option))}));
    } else if (!done_before && off_here) {
        found.push_back(
            warning(where.label(), "receive_override_options",
                    "has no_address_mappings, and nothing before it has applied virtual "
                    "aliases, canonical and bcc maps: now nobody does",
                    {set_in_service(where, "receive_override_options",
                                    options_without(read, where, option))}));
    }
}

void judge_copies(const scene& all, const service& where, findings& found) {
    const auto& read = all.read;
    if (has(read, where, "no_address_mappings")) return;
    const auto* cleanup = read.find(read.of(where, "cleanup_service_name"), "unix");
    if (cleanup == nullptr) return;
    for (const auto* setting : {"always_bcc", "sender_bcc_maps", "recipient_bcc_maps"}) {
        const auto value = read.of(*cleanup, setting);
        if (value.empty()) continue;
        found.push_back(
            warning(cleanup->overrides.contains(setting) ? cleanup->label() : "main.cf", setting,
                    "copies mail to " + value + " behind postseal (" + where.label() +
                        "): the archive gets ciphertext that it cannot read. Copy before "
                        "postseal, by a milter at submission, or place postseal at the exit"));
    }
}

void judge_header_checks(const scene& all, const service& where, findings& found) {
    if (!all.read.knows("cleanup_replace_stray_cr_lf") ||
        !has(all.read, where, "no_header_body_checks")) {
        return;
    }
    found.push_back(
        warning(where.label(), "receive_override_options",
                "no_header_body_checks also turns off cleanup_replace_stray_cr_lf, which keeps "
                "smuggled mail from going out",
                {set_in_service(where, "receive_override_options",
                                options_without(all.read, where, "no_header_body_checks"))}));
}

bool signs(std::string_view milters) { return milters.find("dkim") != milters.npos; }

// Nobody can tell a scanner from a signer by its socket, unless the name says it.
void judge_milters(const scene& all, const listener& from, const service& where, findings& found) {
    const auto& read = all.read;
    const auto after = has(read, where, "no_milters") ? "" : read.of(where, "smtpd_milters");
    std::string before;
    const service* fed_by = nullptr;
    for (const auto& one : all.ways) {
        if (one.to != &from || one.from == nullptr || one.from->program() != "smtpd") continue;
        const auto milters = read.of(*one.from, "smtpd_milters");
        if (milters.empty()) continue;
        before = milters;
        fed_by = one.from;
        if (signs(milters)) break;
    }
    if (fed_by != nullptr && signs(before) && !signs(after)) {
        found.push_back(
            warning(fed_by->label(), "smtpd_milters",
                    "signs (DKIM) before postseal changes the mail, and a signature that has "
                    "become wrong is removed: mail goes out unsigned. Sign at " +
                        where.label(),
                    {set_in_service(where, "smtpd_milters", before)}));
    } else if (!after.empty() && after == before) {
        found.push_back(note(where.label(), "smtpd_milters",
                             "runs " + after +
                                 " a second time: a signer (DKIM) belongs here, behind "
                                 "postseal; a scanner sees only ciphertext here",
                             {set_in_service(where, "smtpd_milters", "")}));
    } else if (!before.empty() && after.empty()) {
        found.push_back(note(fed_by->label(), "smtpd_milters",
                             "runs " + before +
                                 " before postseal, where a scanner belongs; a signer "
                                 "(DKIM) belongs at " +
                                 where.label()));
    }
}

} // namespace

void judge_content_changes(const scene& all, const listener& from, const service& where,
                           findings& found) {
    judge_mappings(all, from, where, found);
    judge_copies(all, where, found);
    judge_header_checks(all, where, found);
    judge_milters(all, from, where, found);
}

} // namespace postseal::postfix
