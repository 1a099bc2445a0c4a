// SPDX-License-Identifier: Apache-2.0
// Paths past postseal. None is a mistake for certain; each is a mail in clear where somebody thinks
// that there is none.
#include "postfix/scene.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

bool anywhere(const scene& all, place where) {
    return std::any_of(all.ways.begin(), all.ways.end(),
                       [&](const way& one) { return one.place == where; });
}

bool leads_here(const scene& all, const service& from) {
    return std::any_of(all.ways.begin(), all.ways.end(),
                       [&](const way& one) { return one.from == &from; });
}

bool is_next_hop(const scene& all, const service& one) {
    return std::any_of(
        all.ours.listeners.begin(), all.ours.listeners.end(),
        [&](const listener& from) { return service_at(all.read, from.next_hop) == &one; });
}

// Users send by it: they can log in, or it is what they are told to use.
bool takes_mail_of_users(const configuration& read, const service& one) {
    const auto where = listens_at(one);
    if (where && (where->port == 465 || where->port == 587)) return true;
    return read.says_yes(one, "smtpd_sasl_auth_enable");
}

std::vector<std::string> lines_for(const scene& all, const service& one) {
    for (const auto& way : all.ways) {
        const auto target = to_string(way.to->address);
        switch (way.place) {
        case place::before_queue: return {set_in_service(one, "smtpd_proxy_filter", target)};
        case place::after_queue:
            return {
                set_in_service(one, "content_filter", all.read.of(*way.from, "content_filter"))};
        case place::front: return {"postconf -MX " + quoted(one.label())};
        case place::exit: break;
        }
    }
    return {};
}

void judge_services(const scene& all, findings& found) {
    for (const auto& one : all.read.services()) {
        if (one.program() != "smtpd" || leads_here(all, one) || is_next_hop(all, one)) continue;
        if (!takes_mail_of_users(all.read, one)) continue;
        const auto where = listens_at(one);
        const bool mx = one.type == "pass" || (where && where->port == 25); // or behind postscreen
        auto write = mx ? std::vector{set_in_service(one, "smtpd_sasl_auth_enable", "no")}
                        : lines_for(all, one);
        const auto filter = all.read.of(one, "smtpd_proxy_filter");
        found.push_back(warning(
            one.label(), mx ? "smtpd_sasl_auth_enable" : "smtpd_proxy_filter",
            std::string("mail that users send through this service ") +
                (mx ? "after a login " : "") + "is not sealed: " +
                (filter.empty() ? "it does not come to postseal"
                                : "it goes to " + filter + ", where no listener of postseal is"),
            std::move(write)));
    }
}

void judge_pickup(const scene& all, findings& found) {
    const auto* pickup = all.read.find("pickup", "unix");
    if (pickup == nullptr) pickup = all.read.find("pickup", "fifo");
    if (pickup == nullptr || leads_here(all, *pickup)) return;
    found.push_back(
        note(pickup->label(), "",
             "mail of this machine's own programs (sendmail, cron, PHP) is not sealed: only "
             "at the exit, or after the queue, does postseal see it"));
}

// At the exit only what default_transport carries comes to us.
void judge_other_exits(const scene& all, findings& found) {
    const auto& read = all.read;
    for (const auto* maps : {"transport_maps", "sender_dependent_default_transport_maps"}) {
        const auto value = read.main(maps);
        if (value.empty()) continue;
        found.push_back(note("main.cf", maps,
                             "what " + value +
                                 " sends elsewhere does not come to postseal: entries "
                                 "that name smtp go out in clear"));
    }
    const auto relay = read.main("relay_transport");
    if (!read.main("relay_domains").empty() && filtered_to(all.ours, relay) == nullptr) {
        found.push_back(
            note("main.cf", "relay_transport",
                 "mail to relay_domains goes by " + relay + ", and not through postseal"));
    }
}

void judge_unfed_clients(const scene& all, findings& found) {
    const auto& read = all.read;
    for (const auto& one : read.services()) {
        const auto where = listens_at(one);
        if (!where || where->port != 25 || one.program() != "smtpd") continue;
        if (leads_here(all, one) || is_next_hop(all, one)) continue;
        const auto others = beyond_loopback(read.of(one, "mynetworks"));
        if (others.empty()) continue;
        found.push_back(note(one.label(), "mynetworks",
                             "machines in " + others +
                                 " may send by this service without a login, and past postseal"));
    }
}

// Whoever may say XCLIENT is any client and any user. In main.cf that holds on every port.
void judge_xclient_everywhere(const scene& all, findings& found) {
    const auto hosts = all.read.main("smtpd_authorized_xclient_hosts");
    if (hosts.empty()) return;
    found.push_back(warning("main.cf", "smtpd_authorized_xclient_hosts",
                            "lets " + hosts +
                                " pretend to be any client and any user in every service, port 25 "
                                "included; set it with -P for the service that needs it alone",
                            {set_in_main("smtpd_authorized_xclient_hosts", "")}));
}

} // namespace

void judge_bypasses(const scene& all, findings& found) {
    judge_xclient_everywhere(all, found);
    if (anywhere(all, place::exit)) {
        judge_other_exits(all, found);
        return;
    }
    judge_services(all, found);
    judge_unfed_clients(all, found);
    judge_pickup(all, found);
}

} // namespace postseal::postfix
