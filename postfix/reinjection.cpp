// SPDX-License-Identifier: Apache-2.0
// The listener for the way back: it trusts this machine, asks nothing twice, and leads to the world
// and not to us.
#include "postfix/restrictions.hpp"
#include "postfix/scene.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

void judge_filters(const scene& all, const listener& from, const service& where, findings& found) {
    for (const std::string_view setting : {"smtpd_proxy_filter", "content_filter"}) {
        const bool is_content_filter = setting == "content_filter";
        if (is_content_filter && all.leads(place::exit, from)) continue; // the way out
        const auto value = all.read.of(where, setting);
        const auto* back =
            is_content_filter ? filtered_to(all.ours, value) : proxied_to(all.ours, value);
        if (back != nullptr) {
            found.push_back(error(where.label(), std::string(setting),
                                  "hands what comes from postseal to postseal again (listener '" +
                                      back->name + "'): mail goes in circles",
                                  {set_in_service(where, setting, "")}));
        } else if (!value.empty()) {
            found.push_back(
                note(where.label(), std::string(setting),
                     "hands sealed mail to " + value +
                         " : a scanner there sees ciphertext; it belongs before postseal",
                     {set_in_service(where, setting, "")}));
        }
    }
}

// At the exit default_transport leads to us: what comes back needs another way out by name.
void judge_way_out(const scene& all, const listener& from, const service& where, findings& found) {
    if (!all.leads(place::exit, from)) return;
    const auto& read = all.read;
    const auto relayhost = smarthost(all.ours, read);
    const auto written = read.of(where, "content_filter");
    const auto way_out = parse_transport(written);
    const auto added = [](const std::string& name) {
        return "postconf -M " + quoted(name + "/unix=" + name + " unix - - n - - smtp");
    };
    const auto complain = [&](severity how_bad, std::string what, std::vector<std::string> write) {
        found.push_back(
            finding{how_bad, where.label(), "content_filter", std::move(what), std::move(write)});
    };
    if (written.empty() || filtered_to(all.ours, written) != nullptr) {
        std::vector<std::string> lines;
        if (read.find("out", "unix") == nullptr) lines.push_back(added("out"));
        lines.push_back(set_in_service(where, "content_filter", "out:" + relayhost));
        complain(severity::error,
                 (written.empty() ? "names no way out, and default_transport leads to postseal"
                                  : "leads to postseal, and is no way out") +
                     std::string(": what it hands back comes to it again, in circles"),
                 std::move(lines));
    } else if (read.find(way_out.name, "unix") == nullptr) {
        complain(severity::error,
                 "names the transport '" + way_out.name +
                     "', which master.cf does not have: sealed mail stays in the queue",
                 {added(way_out.name)});
    } else if (way_out.written.empty() && !relayhost.empty()) {
        complain(severity::warning,
                 "names no next hop, so that mail goes to the recipients' servers directly and not "
                 "to the relayhost " +
                     relayhost,
                 {set_in_service(where, "content_filter", way_out.name + ":" + relayhost)});
    }
}

void judge_rights(const scene& all, const listener& from, const service& where, findings& found) {
    const auto address = our_address(from);
    if (!address) return;
    const auto verdict = may_relay(all.read, where, {.address = *address});
    if (verdict != relaying::refused && verdict != relaying::broken) return;
    const auto why = verdict == relaying::refused
                         ? "refuses what postseal hands back from " + smtp::to_string(*address) +
                               " to foreign recipients"
                         : std::string("has no restriction that ever says no, and so smtpd refuses "
                                       "to work (451)");
    found.push_back(
        error(where.label(), "smtpd_recipient_restrictions", why,
              {set_in_service(where, "mynetworks", own_network(from)),
               set_in_service(where, "smtpd_client_restrictions", ""),
               set_in_service(where, "smtpd_relay_restrictions", ""),
               set_in_service(where, "smtpd_recipient_restrictions", "permit_mynetworks,reject")}));
}

// What has been asked of the client already is asked of postseal, as if it were the client.
void judge_repetition(const scene& all, const service& where, findings& found) {
    for (const auto* setting :
         {"smtpd_client_restrictions", "smtpd_helo_restrictions", "smtpd_sender_restrictions",
          "smtpd_data_restrictions", "smtpd_end_of_data_restrictions"}) {
        const auto list = words(all.read.of(where, setting));
        const auto harmless = [](const std::string& word) {
            return word == "permit" || word == "reject_unauth_pipelining";
        };
        if (list.empty() || list.front() == "permit_mynetworks" ||
            std::all_of(list.begin(), list.end(), harmless)) {
            continue;
        }
        found.push_back(note(where.label(), setting,
                             "is asked again of what comes back, with postseal as the client",
                             {set_in_service(where, setting, "")}));
    }
}

void judge_client_names(const scene& all, const listener& from, const service& where,
                        findings& found) {
    const auto& read = all.read;
    if (!read.of(where, "smtpd_upstream_proxy_protocol").empty()) {
        found.push_back(error(where.label(), "smtpd_upstream_proxy_protocol",
                              "expects a PROXY header, which postseal sends only for a listener to "
                              "which clients connect: every connection is dropped",
                              {set_in_service(where, "smtpd_upstream_proxy_protocol", "")}));
    }
    const auto xclient = read.of(where, "smtpd_authorized_xclient_hosts");
    if (!xclient.empty()) {
        found.push_back(warning(where.label(), "smtpd_authorized_xclient_hosts",
                                "lets " + xclient +
                                    " pretend to be any client and any user; the way back "
                                    "needs XFORWARD only, which grants nothing",
                                {set_in_service(where, "smtpd_authorized_xclient_hosts", "")}));
    }
    const auto address = our_address(from);
    if (address &&
        names_address(read.of(where, "smtpd_authorized_xforward_hosts"), *address) == listed::no) {
        found.push_back(
            warning(where.label(), "smtpd_authorized_xforward_hosts",
                    "does not name postseal: the log and milters see " + smtp::to_string(*address) +
                        " as the client of every mail",
                    {set_in_service(where, "smtpd_authorized_xforward_hosts", own_network(from))}));
    }
}

void judge_connections(const scene& all, const listener& from, const service& where,
                       findings& found) {
    const auto& read = all.read;
    const auto address = our_address(from);
    const auto allowed = read.number(where, "smtpd_client_connection_count_limit").value_or(0);
    if (address && allowed != 0 && allowed < all.ours.sessions &&
        may_relay(read, where, {.address = *address}) != relaying::refused &&
        names_address(read.of(where, "smtpd_client_event_limit_exceptions"), *address) ==
            listed::no) {
        found.push_back(
            warning(where.label(), "smtpd_client_connection_count_limit",
                    "counts all of postseal's connections as one client's: from connection " +
                        std::to_string(allowed + 1) + " on clients hear 421",
                    {set_in_service(where, "smtpd_client_connection_count_limit", "0")}));
    }
    std::uint64_t coming = 0;
    for (const auto& one : all.ways) {
        const auto* runs = one.carrier ? one.carrier : one.from;
        if (one.to != &from || runs == nullptr) continue;
        const auto processes = read.processes(*runs);
        coming = processes == 0 ? UINT64_MAX : std::max(coming, processes);
        if (processes == 0) break;
    }
    const auto taking = read.processes(where);
    if (taking == 0 || coming <= taking) return;
    found.push_back(warning(
        where.label(), "process_limit",
        "at most " + std::to_string(taking) +
            " processes take mail back, and more may be sending it: under load "
            "clients wait, and hear 421",
        {set_field(where, "process_limit", coming == UINT64_MAX ? "0" : std::to_string(coming))}));
}

} // namespace

void judge_reinjection(const scene& all, const listener& from, const service& where,
                       findings& found) {
    judge_filters(all, from, where, found);
    judge_way_out(all, from, where, found);
    judge_rights(all, from, where, found);
    judge_client_names(all, from, where, found);
    judge_next_hop(all, from, where, found);
    judge_connections(all, from, where, found);
    judge_content_changes(all, from, where, found);
    judge_repetition(all, where, found);
}

std::vector<std::string> reinjection_lines(const scene& all, const listener& from) {
    const bool exit = all.leads(place::exit, from);
    const bool queued = exit || all.leads(place::after_queue, from);
    const auto name = to_string(from.next_hop);
    const service added{name, "inet", "-", "smtpd", {}};
    std::vector<std::string> lines{"postconf -M " +
                                   quoted(name + "/inet=" + name + " inet n - n - - smtpd")};
    const auto set = [&](std::string_view setting, std::string_view value) {
        lines.push_back(set_in_service(added, setting, value));
    };
    set("syslog_name", "postfix/sealed");
    set("smtpd_authorized_xforward_hosts", own_network(from));
    for (const auto* empty : {"smtpd_client_restrictions", "smtpd_helo_restrictions",
                              "smtpd_sender_restrictions", "smtpd_relay_restrictions",
                              "smtpd_data_restrictions", "smtpd_forbid_bare_newline_exclusions"}) {
        set(empty, "");
    }
    set("smtpd_recipient_restrictions", "permit_mynetworks,reject");
    set("mynetworks", own_network(from));
    set("receive_override_options",
        queued ? "no_unknown_recipient_checks,no_address_mappings" : "no_unknown_recipient_checks");
    set("smtpd_tls_security_level", "none");
    set("smtpd_sasl_auth_enable", "no");
    if (exit) {
        lines.push_back("postconf -M " + quoted("out/unix=out unix - - n - - smtp"));
        set("content_filter", "out:" + smarthost(all.ours, all.read));
    } else if (queued) {
        set("content_filter", "");
    }
    return lines;
}

} // namespace postseal::postfix
