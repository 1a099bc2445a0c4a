// SPDX-License-Identifier: Apache-2.0
// From us to Postfix: what any smtpd behind postseal has to be like.
#include "postfix/scene.hpp"

#include <algorithm>
#include <array>

namespace postseal::postfix {

namespace {

// Armor is 66 octets for 48 of content, and each recipient's key adds a packet.
constexpr std::uint64_t grown(std::uint64_t octets) { return octets / 100 * 138 + (64U << 10); }

std::uint64_t least_limit(std::uint64_t a, std::uint64_t b) {
    if (a == 0 || b == 0) return std::max(a, b); // 0: no limit
    return std::min(a, b);
}

// The largest mail that can reach a listener.
std::uint64_t largest(const scene& all, const listener& to) {
    std::uint64_t accepted = 0;
    for (const auto& one : all.ways) {
        if (one.to != &to || one.place == place::front || one.from == nullptr) continue;
        const auto limit = all.read.number(*one.from, "message_size_limit").value_or(0);
        if (limit == 0) return all.ours.message_size;
        accepted = std::max(accepted, limit);
    }
    return least_limit(accepted, all.ours.message_size);
}

// smtpd offers a limit in EHLO, and cleanup has one of its own, which smtpd's -o does not change:
// a large mail would be refused with 552 at its end.
void judge_size(const scene& all, const listener& from, const service& where, findings& found) {
    const auto needed = grown(largest(all, from));
    const auto& read = all.read;
    const auto smtpd_limit = read.number(where, "message_size_limit").value_or(0);
    const auto name = read.of(where, "cleanup_service_name");
    const auto* cleanup = read.find(name, "unix");
    const auto cleanup_limit =
        cleanup ? read.number(*cleanup, "message_size_limit").value_or(0) : 0;
    const auto limit = least_limit(smtpd_limit, cleanup_limit);
    if (limit == 0 || limit >= needed) return;

    const auto text = std::to_string(needed);
    std::vector<std::string> write;
    if (smtpd_limit != 0 && smtpd_limit < needed) {
        write.push_back(set_in_service(where, "message_size_limit", text));
    }
    if (cleanup_limit != 0 && cleanup_limit < needed) {
        const auto lines = own_cleanup(read, where, "message_size_limit", text, found);
        write.insert(write.end(), lines.begin(), lines.end());
    }
    found.push_back(
        warning(where.label(), "message_size_limit",
                "takes " + std::to_string(limit) + " octets (smtpd and its cleanup service " +
                    "together), and sealing makes a mail 1.38 times as large: the largest that "
                    "may arrive needs " +
                    text + ", and is refused with 552",
                std::move(write)));
}

void judge_tls(const scene& all, const listener& from, const service& where, findings& found) {
    const auto& read = all.read;
    if (read.says_yes(where, "smtpd_tls_wrappermode")) {
        found.push_back(
            error(where.label(), "smtpd_tls_wrappermode",
                  "expects TLS before the greeting, which postseal does not speak to its "
                  "next hop: every mail is refused with 421",
                  {set_in_service(where, "smtpd_tls_wrappermode", "no")}));
    }
    const bool demanded = read.of(where, "smtpd_tls_security_level") == "encrypt" ||
                          (read.of(where, "smtpd_tls_security_level").empty() &&
                           read.says_yes(where, "smtpd_enforce_tls"));
    if (demanded && from.tls == hop_tls::none) {
        found.push_back(error(where.label(), "smtpd_tls_security_level",
                              "demands STARTTLS, and postseal speaks to its next hop in clear "
                              "(next_hop.tls: none): every mail is refused with 530",
                              {set_in_service(where, "smtpd_tls_security_level", "none")}));
    }
}

void judge_reach(const scene& all, const listener& from, const service& where, findings& found) {
    const auto address = our_address(from);
    if (!address || !reachable_from_outside(all.read, where)) return;
    const auto told = learns_client(all.read, where);
    const auto others = beyond_loopback(all.read.of(where, "mynetworks"));
    std::string harm = "other machines can connect to it, though nobody but postseal has to";
    auto how_bad = severity::warning;
    if (told == client_told::by_proxy) {
        harm = "other machines can connect, and say in a PROXY header that they are whoever they "
               "like, a machine in mynetworks for example";
        how_bad = severity::error;
    } else if (!others.empty()) {
        harm = "other machines can connect, and mynetworks trusts " + others +
               ": their mail goes out past postseal, in clear";
        how_bad = severity::error;
    }
    const std::string host = address->is_v4() ? "127.0.0.1:" : "[::1]:";
    const auto name = host + std::to_string(from.next_hop.port);
    found.push_back(finding{how_bad, where.label(), "", harm, {set_field(where, "service", name)}});
}

} // namespace

std::optional<smtp::ip_address> our_address(const listener& from) {
    const auto address = address_of(from.next_hop.host);
    if (!address || !address->is_loopback()) return std::nullopt;
    return address;
}

std::string own_network(const listener& from) {
    const auto address = our_address(from);
    return address && !address->is_v4() ? "[::1]/128" : "127.0.0.0/8";
}

std::vector<std::string> own_cleanup(const configuration& read, const service& where,
                                     std::string_view name, std::string_view value,
                                     const findings& before) {
    const auto used = read.of(where, "cleanup_service_name");
    if (used != "cleanup") {
        return {"postconf -P " +
                quoted(used + "/unix/" + std::string(name) + "=" + std::string(value))};
    }
    const std::string own = "cleanup-sealed";
    const auto add = "postconf -M " + quoted(own + "/unix=" + own + " unix n - n - 0 cleanup");
    // A second -M would take away what another finding has set there.
    const auto adds = [&](const finding& one) {
        return std::find(one.write.begin(), one.write.end(), add) != one.write.end();
    };
    std::vector<std::string> lines;
    if (read.find(own, "unix") == nullptr && std::none_of(before.begin(), before.end(), adds)) {
        lines.push_back(add);
    }
    lines.push_back("postconf -P " +
                    quoted(own + "/unix/" + std::string(name) + "=" + std::string(value)));
    lines.push_back(set_in_service(where, "cleanup_service_name", own));
    return lines;
}

void judge_bare_newline(const configuration& read, const service& where, findings& found) {
    constexpr std::string_view name = "smtpd_forbid_bare_newline";
    const auto is = read.version();
    if (!read.knows(name)) {
        found.push_back(
            warning("main.cf", std::string(name),
                    "this Postfix (" + read.main("mail_version") +
                        ") does not know it, and can be made to see two mails where postseal "
                        "or others see one (CVE-2023-51764). It came with 3.5.23, 3.6.13, "
                        "3.7.9 and 3.8.4: upgrade"));
        return;
    }
    const auto value = read.of(where, name);
    if (value == "yes" || value == "normalize" || value == "reject") return;
    // The first releases that have it know only yes and no.
    constexpr version first_with_modes[] = {{3, 5, 24}, {3, 6, 14}, {3, 7, 10}, {3, 8, 5}};
    const auto has_modes = [&](const version& first) {
        return is.minor == first.minor && is >= first;
    };
    const bool modes = is >= version{3, 9, 0} || std::any_of(std::begin(first_with_modes),
                                                             std::end(first_with_modes), has_modes);
    const auto* const safe = modes ? "normalize" : "yes";
    const bool own = where.overrides.contains(name);
    found.push_back(warning(own ? where.label() : "main.cf", std::string(name),
                            "is " + (value.empty() ? std::string("empty") : value) +
                                ": a client can hide a second mail in one (SMTP smuggling, "
                                "CVE-2023-51764)",
                            {own ? set_in_service(where, name, safe) : set_in_main(name, safe)}));
}

void judge_next_hop(const scene& all, const listener& from, const service& where, findings& found) {
    constexpr std::string_view exclusions = "smtpd_forbid_bare_newline_exclusions";
    judge_reach(all, from, where, found);
    judge_tls(all, from, where, found);
    judge_size(all, from, where, found);
    judge_bare_newline(all.read, where, found);
    const auto address = our_address(from);
    if (address && all.read.knows(exclusions) &&
        names_address(all.read.of(where, exclusions), *address) == listed::yes) {
        found.push_back(
            warning(where.label(), std::string(exclusions),
                    "excludes postseal from the protection against smuggled mail ($mynetworks "
                    "is the default)",
                    {set_in_service(where, exclusions, "")}));
    }
}

} // namespace postseal::postfix
