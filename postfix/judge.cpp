// SPDX-License-Identifier: Apache-2.0
#include "postfix/judge.hpp"

#include "postfix/scene.hpp"

#include <algorithm>
#include <set>
#include <tuple>

namespace postseal::postfix {

namespace {

std::string shown(const listener& one) {
    return "'" + one.name + "' (" + to_string(one.address) + ")";
}

std::string shown(const std::vector<listener>& all) {
    std::string text;
    for (const auto& one : all)
        text += (text.empty() ? "" : ", ") + shown(one);
    return text;
}

const service* submission_of(const configuration& read) {
    for (const auto& one : read.services()) {
        const auto where = listens_at(one);
        if (where && where->port == 587 && one.program() == "smtpd") return &one;
    }
    return nullptr;
}

// Filters and transports that are set, and lead past us: most often a wrong port.
std::string leads_elsewhere(const relay& ours, const configuration& read) {
    std::string text;
    for (const auto& one : read.services()) {
        const auto takes_back = [&](const listener& from) {
            return service_at(read, from.next_hop) == &one;
        };
        if (one.program() != "smtpd" ||
            std::any_of(ours.listeners.begin(), ours.listeners.end(), takes_back)) {
            continue;
        }
        for (const auto* name : {"smtpd_proxy_filter", "content_filter"}) {
            const auto value = read.of(one, name);
            if (value.empty()) continue;
            text += (text.empty() ? "" : ", ") + one.label() + " has " + name + "=" + value;
        }
    }
    return text;
}

std::string lines_to(const configuration& read, const listener& one) {
    const auto target = to_string(one.address);
    if (one.protocol == smtp::protocol::lmtp) {
        const auto bracket = "[" + one.address.host + "]:" + std::to_string(one.address.port);
        const auto* back = service_at(read, one.next_hop);
        // The way back names a way out: that is how it is prepared for the exit.
        const bool exit = back != nullptr && !read.of(*back, "content_filter").empty();
        return set_in_main(exit ? "default_transport" : "content_filter", "lmtp:" + bracket);
    }
    if (const auto* submission = submission_of(read)) {
        return set_in_service(*submission, "smtpd_proxy_filter", target);
    }
    return "postconf -P " + quoted("submission/inet/smtpd_proxy_filter=" + target);
}

void judge_arrival(const scene& all, findings& found) {
    if (all.ways.empty()) {
        const auto elsewhere = leads_elsewhere(all.ours, all.read);
        found.push_back(
            error("Postfix", "",
                  "nothing hands mail to postseal, so nothing is sealed; it listens at " +
                      shown(all.ours.listeners) + (elsewhere.empty() ? "" : ", but " + elsewhere),
                  {lines_to(all.read, all.ours.listeners.front())}));
        return;
    }
    for (const auto& one : all.ours.listeners) {
        const auto to_it = [&](const way& way) { return way.to == &one; };
        if (std::any_of(all.ways.begin(), all.ways.end(), to_it)) continue;
        found.push_back(note("postseal.yaml", "listen",
                             "nothing in this Postfix hands mail to the listener " + shown(one)));
    }
}

finding public_way_back(const listener& from, const service& where) {
    auto own = from.next_hop;
    own.port = 10026;
    return error(where.label(), "",
                 "is the public service, and postseal hands mail back to it: what is right for "
                 "strangers cannot be right for that. Have a private one",
                 {"in postseal.yaml: next_hop: { address: \"" + to_string(own) + "\" }",
                  "then run this again: it says what the new service needs"});
}

void judge_next_hops(const scene& all, findings& found) {
    std::set<std::string> missing;
    for (const auto& one : all.ours.listeners) {
        const auto* behind = service_at(all.read, one.next_hop);
        const auto hop = to_string(one.next_hop);
        if (behind != nullptr && behind->program() == "smtpd") {
            if (is_public_port(one.next_hop.port) && reachable_from_outside(all.read, *behind)) {
                found.push_back(public_way_back(one, *behind));
                continue; // what it would need otherwise is wrong for a public service
            }
            if (one.is_front()) {
                judge_front(all, one, *behind, found);
            } else {
                judge_reinjection(all, one, *behind, found);
            }
            continue;
        }
        if (!missing.insert(hop).second) continue;
        if (behind != nullptr) {
            found.push_back(error(behind->label(), "",
                                  "postseal hands mail on to " + hop + ", and there is " +
                                      std::string(behind->program()) + ", not smtpd",
                                  {set_field(*behind, "command", "smtpd")}));
        } else if (our_address(one)) {
            found.push_back(
                error("master.cf", "",
                      "postseal hands mail on to " + hop +
                          ", and no smtpd listens there: every mail is refused with 421",
                      one.is_front() ? front_lines(one) : reinjection_lines(all, one)));
        } else {
            found.push_back(
                note("postseal.yaml", "next_hop",
                     hop + " is no service of this Postfix: what takes mail back there is "
                           "not judged; run this on that machine as well"));
        }
    }
}

// One mistake in main.cf shows in every service that inherits it.
void drop_repetitions(findings& found) {
    std::set<std::tuple<std::string, std::string, std::string>> seen;
    std::erase_if(found, [&](const finding& one) {
        return !seen.emplace(one.where, one.setting, one.what).second;
    });
}

} // namespace

bool scene::leads(place where, const listener& to) const {
    return std::any_of(ways.begin(), ways.end(),
                       [&](const way& one) { return one.place == where && one.to == &to; });
}

findings judge(const relay& ours, const configuration& read) {
    const auto ways = find_ways(ours, read);
    const scene all{ours, read, ways};
    findings found;
    judge_arrival(all, found);
    for (const auto& one : ways) {
        if (one.place != place::front) judge_feeder(all, one, found);
    }
    if (!ways.empty()) { // else nobody knows what the next hop has to be like
        judge_next_hops(all, found);
        judge_bypasses(all, found);
    }
    drop_repetitions(found);
    std::stable_sort(found.begin(), found.end(),
                     [](const finding& a, const finding& b) { return a.severity < b.severity; });
    return found;
}

} // namespace postseal::postfix
