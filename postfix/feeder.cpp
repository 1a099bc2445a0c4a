// SPDX-License-Identifier: Apache-2.0
// From Postfix to us: smtpd's proxy, or a client of master.cf.
#include "postfix/scene.hpp"

#include <algorithm>

namespace postseal::postfix {

namespace {

// Beyond lookups and sealing: the next hop's own answer, and large mail on its way.
constexpr std::uint64_t patience_margin = 30;

std::string shown(const listener& one) {
    return "the listener '" + one.name + "' (" + to_string(one.address) + ")";
}

std::string bracketed(const endpoint& one) {
    return "[" + one.host + "]:" + std::to_string(one.port);
}

// Postfix on this machine comes from loopback to a listener on loopback.
void judge_trust(const way& one, const std::string& label, findings& found) {
    const auto address = address_of(one.to->address.host);
    if (!address || !address->is_loopback() || one.to->trusted.empty()) return;
    const auto holds = [&](const smtp::ip_network& network) {
        return smtp::contains(network, *address);
    };
    if (std::any_of(one.to->trusted.begin(), one.to->trusted.end(), holds)) return;
    found.push_back(error("postseal.yaml", "trusted",
                          shown(*one.to) + " drops " + label + ", which comes from " +
                              smtp::to_string(*address) + ": all its mail is deferred",
                          {"in postseal.yaml: trusted: [" +
                           std::string(address->is_v4() ? "127.0.0.0/8" : "\"::1/128\"") + "]"}));
}

void judge_patience(const scene& all, const service& where, std::string_view name,
                    findings& found) {
    const auto needed =
        std::max(static_cast<std::uint64_t>(all.ours.patience.count()) + patience_margin,
                 static_cast<std::uint64_t>(all.ours.client_patience.count()));
    const auto waits = all.read.seconds(where, name);
    if (!waits || *waits >= needed) return;
    const auto advice = std::to_string(std::max<std::uint64_t>(needed, 180)) + "s";
    found.push_back(warning(
        where.label(), std::string(name),
        "waits " + std::to_string(*waits) + " s for postseal, which may need " +
            std::to_string(needed) +
            " s (keys.deadline, sealers.deadline, and the way; limits.client_patience): Postfix "
            "gives up, "
            "though the mail may be on its way, and it is sent twice",
        {set_in_service(where, name, advice)}));
}

void judge_proxy(const scene& all, const way& one, findings& found) {
    const auto& from = *one.from;
    if (one.to->protocol == smtp::protocol::lmtp) {
        found.push_back(
            error(from.label(), "smtpd_proxy_filter",
                  "speaks SMTP, and " + shown(*one.to) + " takes LMTP: every mail is refused",
                  {"in postseal.yaml, at this listener: protocol: smtp"}));
    }
    const auto options = words(all.read.of(from, "smtpd_proxy_options"));
    if (std::find(options.begin(), options.end(), "speed_adjust") != options.end()) {
        found.push_back(
            warning(from.label(), "smtpd_proxy_options",
                    "speed_adjust accepts recipients before postseal has seen them: when one "
                    "is refused, the whole mail is",
                    {set_in_service(from, "smtpd_proxy_options", "")}));
    }
    judge_patience(all, from, "smtpd_proxy_timeout", found);
    judge_bare_newline(all.read, from, found);
}

void judge_protocol(const scene& all, const way& one, const std::string& where,
                    const std::string& setting, findings& found) {
    const auto over_lmtp = "lmtp:" + bracketed(one.to->address);
    const auto use_lmtp = where == "main.cf" ? set_in_main(setting, over_lmtp)
                                             : set_in_service(*one.from, setting, over_lmtp);
    const bool lmtp_wanted = one.to->protocol == smtp::protocol::lmtp;
    const auto program = one.carrier->program();
    if (program != "smtp" && program != "lmtp") {
        found.push_back(error(one.carrier->label(), "",
                              "is " + std::string(program) +
                                  ", which speaks neither SMTP nor LMTP to " + shown(*one.to),
                              {set_field(*one.carrier, "command", "lmtp")}));
        return;
    }
    if (program == "smtp" && lmtp_wanted) {
        found.push_back(error(where, setting,
                              one.carrier->label() + " speaks SMTP, and " + shown(*one.to) +
                                  " takes LMTP: all mail is deferred",
                              {use_lmtp}));
    } else if (program == "lmtp" && !lmtp_wanted) {
        found.push_back(error(where, setting,
                              one.carrier->label() + " speaks LMTP, and " + shown(*one.to) +
                                  " takes SMTP: all mail is deferred",
                              {"in postseal.yaml, at this listener: protocol: lmtp"}));
    } else if (program == "smtp" &&
               all.read.main(one.carrier->name + "_destination_recipient_limit") != "1") {
        found.push_back(
            warning(where, setting,
                    "SMTP has one reply for all recipients: a failure for one of them sends "
                    "the mail to the others again. Use LMTP, on both sides",
                    {"in postseal.yaml, at this listener: protocol: lmtp", use_lmtp}));
    }
}

void judge_carrier(const scene& all, const way& one, findings& found) {
    const bool exit = one.place == place::exit;
    const std::string setting = exit ? "default_transport" : "content_filter";
    const bool own = !exit && one.from->overrides.contains(setting);
    const auto where = own ? one.from->label() : std::string("main.cf");
    if (one.carrier == nullptr) {
        const auto written = exit ? all.read.main(setting) : all.read.of(*one.from, setting);
        const auto name = parse_transport(written).name;
        found.push_back(
            error(where, setting,
                  "names the transport '" + name +
                      "', which master.cf does not have: all mail is deferred",
                  {"postconf -M " + quoted(name + "/unix=" + name + " unix - - n - - lmtp")}));
        return;
    }
    judge_protocol(all, one, where, setting, found);
    if (one.carrier->program() != "lmtp") return;
    judge_patience(all, *one.carrier, "lmtp_data_done_timeout", found);
    if (!all.read.says_yes(*one.carrier, "lmtp_send_xforward_command")) {
        found.push_back(note(one.carrier->label(), "lmtp_send_xforward_command",
                             "is off: logs behind postseal name this machine and not the client",
                             {set_in_service(*one.carrier, "lmtp_send_xforward_command", "yes")}));
    }
    if (!all.read.says_yes(*one.carrier, "disable_mime_output_conversion")) {
        found.push_back(
            note(one.carrier->label(), "disable_mime_output_conversion",
                 "is off: where the way back does not offer 8BITMIME, Postfix encodes mail "
                 "anew before it is sealed, and signatures in it break",
                 {set_in_service(*one.carrier, "disable_mime_output_conversion", "yes")}));
    }
}

} // namespace

void judge_feeder(const scene& all, const way& one, findings& found) {
    judge_trust(one, one.from ? one.from->label() : "Postfix", found);
    if (one.place == place::before_queue) {
        judge_proxy(all, one, found);
    } else {
        judge_carrier(all, one, found);
    }
}

} // namespace postseal::postfix
