// SPDX-License-Identifier: Apache-2.0
// The private smtpd behind a listener to which clients connect: Postfix has to see the client and
// not us, or everybody in the world is a machine of mynetworks.
#include "postfix/restrictions.hpp"
#include "postfix/scene.hpp"

namespace postseal::postfix {

namespace {

constexpr auto mend_restrictions = "permit_sasl_authenticated,reject";

// What postseal says (next_hop.client) and what this service expects have to be the same. PROXY is
// written in version 2, which Postfix reads from 3.5 on.
void judge_identity(const scene& all, const listener& from, const service& where, findings& found) {
    constexpr std::string_view protocol = "smtpd_upstream_proxy_protocol";
    constexpr std::string_view hosts = "smtpd_authorized_xclient_hosts";
    const auto& read = all.read;
    const auto expects = learns_client(read, where);
    if (from.introduces == client_told::by_proxy) {
        if (expects != client_told::by_proxy) {
            found.push_back(error(where.label(), std::string(protocol),
                                  "is empty, and postseal begins each connection with a PROXY "
                                  "header (next_hop.client: proxy): no client is served",
                                  {set_in_service(where, protocol, "haproxy")}));
        } else if (read.version() < version{3, 5, 0}) {
            found.push_back(error(where.label(), std::string(protocol),
                                  "means version 1 of the PROXY protocol in Postfix " +
                                      read.main("mail_version") +
                                      ", and postseal writes version 2, which came with 3.5",
                                  {"in postseal.yaml, at this next_hop: client: xclient",
                                   set_in_service(where, protocol, ""),
                                   set_in_service(where, hosts, own_network(from))}));
        }
        return;
    }
    if (expects == client_told::by_proxy) {
        found.push_back(error(where.label(), std::string(protocol),
                              "expects a PROXY header, and postseal says XCLIENT "
                              "(next_hop.client: xclient): every connection is dropped",
                              {set_in_service(where, protocol, "")}));
        return;
    }
    const auto address = our_address(from);
    if (!address) return;
    const auto written = read.of(where, hosts);
    const auto others = beyond_loopback(written);
    if (names_address(written, *address) == listed::no) {
        found.push_back(error(where.label(), std::string(hosts),
                              "does not name postseal, which says by XCLIENT who the client is: "
                              "no client is served",
                              {set_in_service(where, hosts, own_network(from))}));
    } else if (!others.empty()) {
        found.push_back(error(where.label(), std::string(hosts),
                              "lets " + others +
                                  " pretend to be any client and any user, and only postseal "
                                  "has to",
                              {set_in_service(where, hosts, own_network(from))}));
    }
}

// The address is ours wherever the client's is missing; permit_inet_interfaces looks at the
// connection, whatever XCLIENT has said.
void judge_relaying(const scene& all, const listener& from, const service& where, findings& found) {
    const auto& read = all.read;
    const auto told = learns_client(read, where);
    const auto address = our_address(from);
    const bool by_proxy = told == client_told::by_proxy;
    if (address && names_address(read.of(where, "mynetworks"), *address) != listed::no &&
        may_relay(read, where, {.address = *address}) == relaying::permitted) {
        found.push_back(
            error(where.label(), "mynetworks",
                  "names postseal's own address, and mynetworks may relay: a client whose "
                  "address Postfix does not learn is let through (open relay)",
                  {set_in_service(where, "mynetworks", "")}));
        return;
    }
    const visitor stranger{.connection = by_proxy || !address ? visitor::peer::as_address
                                                              : visitor::peer::this_machine};
    const auto restrictions = set_in_service(where, "smtpd_relay_restrictions", mend_restrictions);
    const auto verdict = may_relay(read, where, stranger);
    if (verdict == relaying::permitted) {
        found.push_back(
            error(where.label(), "smtpd_relay_restrictions",
                  "lets everybody send to everybody (open relay); permit_inet_interfaces, "
                  "for example, permits whoever comes through postseal",
                  {restrictions}));
        return;
    }
    if (from.login == smtp::login_rule::refused) return;
    if (!read.says_yes(where, "smtpd_sasl_auth_enable")) return; // a finding of its own
    const visitor user{.connection = stranger.connection, .authenticated = visitor::login::done};
    const auto said = may_relay(read, where, user);
    if (said == relaying::refused || said == relaying::broken) {
        found.push_back(error(where.label(), "smtpd_relay_restrictions",
                              "refuses the mail of users who have logged in", {restrictions}));
    }
}

void judge_login(const scene& all, const listener& from, const service& where, findings& found) {
    if (from.login == smtp::login_rule::refused) return;
    const auto& read = all.read;
    if (!read.says_yes(where, "smtpd_sasl_auth_enable")) {
        found.push_back(error(where.label(), "smtpd_sasl_auth_enable", "is off: nobody can log in",
                              {set_in_service(where, "smtpd_sasl_auth_enable", "yes")}));
    }
    if (read.says_yes(where, "smtpd_tls_auth_only") && from.tls == hop_tls::none) {
        found.push_back(
            error(where.label(), "smtpd_tls_auth_only",
                  "hides AUTH from postseal, which comes without TLS (next_hop.tls: none): "
                  "nobody can log in. Clients do need TLS: postseal sees to it",
                  {set_in_service(where, "smtpd_tls_auth_only", "no")}));
    }
    constexpr std::string_view filter = "smtpd_sasl_mechanism_filter";
    if (from.tls != hop_tls::none && read.knows(filter) &&
        read.of(where, "smtpd_tls_security_level") != "none") {
        found.push_back(
            note(where.label(), std::string(filter),
                 "over TLS the SASL library may offer SCRAM-...-PLUS to postseal, which "
                 "cannot pass it on; a client that could have used it then refuses to log "
                 "in. If that happens, turn -PLUS off there, or set next_hop.tls: none"));
    }
}

void judge_traces(const scene& all, const service& where, findings& found) {
    const auto& read = all.read;
    constexpr std::string_view hide = "smtpd_hide_client_session";
    const auto cleanup = read.of(where, "cleanup_service_name");
    const auto* own = read.find(cleanup, "unix");
    const bool filtered = cleanup != "cleanup" && own && !read.of(*own, "header_checks").empty();
    if (!filtered && !read.says_yes(where, hide)) {
        std::vector<std::string> write;
        if (read.knows(hide)) {
            write.push_back(set_in_service(where, hide, "yes"));
        } else {
            write =
                own_cleanup(read, where, "header_checks", "regexp:/etc/postfix/hide_client", found);
            write.push_back("in /etc/postfix/hide_client: /^Received: .*ESMTPS?A/ IGNORE");
        }
        found.push_back(
            warning(where.label(), std::string(hide),
                    "Postfix writes the user's address into a Received field behind postseal, "
                    "which then has removed the others for nothing",
                    std::move(write)));
    }
    if (learns_client(read, where) == client_told::by_xclient &&
        read.of(where, "local_header_rewrite_clients").find("permit_inet_interfaces") !=
            std::string::npos) {
        found.push_back(note(
            where.label(), "local_header_rewrite_clients",
            "takes whoever comes by XCLIENT for a local program, and completes "
            "addresses and header fields of its mail",
            {set_in_service(where, "local_header_rewrite_clients", "permit_sasl_authenticated")}));
    }
}

void judge_load(const scene& all, const service& where, findings& found) {
    const auto processes = all.read.processes(where);
    if (processes == 0 || processes >= all.ours.sessions) return;
    found.push_back(warning(where.label(), "process_limit",
                            "every client that is connected, idle or not, holds one of at most " +
                                std::to_string(processes) +
                                " processes: the next one gets no greeting (limits.sessions is " +
                                std::to_string(all.ours.sessions) + ")",
                            {set_field(where, "process_limit", "0")}));
}

void judge_detours(const scene& all, const service& where, findings& found) {
    for (const auto* setting : {"smtpd_proxy_filter", "content_filter"}) {
        const auto value = all.read.of(where, setting);
        const bool back = filtered_to(all.ours, value) || proxied_to(all.ours, value);
        if (!back) continue;
        found.push_back(error(where.label(), setting,
                              "hands mail that has been through postseal to postseal again",
                              {set_in_service(where, setting, "")}));
    }
}

} // namespace

std::vector<std::string> front_lines(const listener& from) {
    const auto name = to_string(from.next_hop);
    const service added{name, "inet", "0", "smtpd", {}};
    std::vector<std::string> lines{"postconf -M " +
                                   quoted(name + "/inet=" + name + " inet n - n - 0 smtpd")};
    const auto set = [&](std::string_view setting, std::string_view value) {
        lines.push_back(set_in_service(added, setting, value));
    };
    set("syslog_name", "postfix/front");
    if (from.introduces == client_told::by_proxy) {
        set("smtpd_upstream_proxy_protocol", "haproxy");
    } else {
        set("smtpd_authorized_xclient_hosts", own_network(from));
    }
    if (from.login != smtp::login_rule::refused) {
        set("smtpd_sasl_auth_enable", "yes");
        set("smtpd_tls_auth_only", from.tls == hop_tls::none ? "no" : "yes");
    }
    if (from.tls == hop_tls::none) set("smtpd_tls_security_level", "none");
    set("mynetworks", "");
    set("smtpd_relay_restrictions", mend_restrictions);
    set("smtpd_forbid_bare_newline_exclusions", "");
    return lines;
}

void judge_front(const scene& all, const listener& from, const service& where, findings& found) {
    judge_identity(all, from, where, found);
    judge_relaying(all, from, where, found);
    judge_login(all, from, where, found);
    judge_next_hop(all, from, where, found);
    judge_detours(all, where, found);
    judge_load(all, where, found);
    judge_traces(all, where, found);
}

} // namespace postseal::postfix
