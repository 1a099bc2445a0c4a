// SPDX-License-Identifier: Apache-2.0
// What every part of the judgement looks at, and the parts: one for each side of postseal.
#pragma once

#include "postfix/configuration.hpp"
#include "postfix/finding.hpp"
#include "postfix/ways.hpp"
#include "smtp/ip_address.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::postfix {

struct scene {
    const relay& ours;
    const configuration& read;
    const std::vector<way>& ways;

    [[nodiscard]] bool leads(place where, const listener& to) const;
};

/// The service that hands mail to a listener: is it the right protocol, does it wait long enough?
void judge_feeder(const scene& all, const way& one, findings& found);

/// The smtpd that takes mail back from a listener that Postfix feeds.
void judge_reinjection(const scene& all, const listener& from, const service& where,
                       findings& found);

/// What happens to content and recipients on that way back: milters, address mappings, copies.
void judge_content_changes(const scene& all, const listener& from, const service& where,
                           findings& found);

/// The smtpd behind a listener to which clients connect.
void judge_front(const scene& all, const listener& from, const service& where, findings& found);

/// What holds for any smtpd behind postseal: TLS, sizes, line ends, who can reach it.
void judge_next_hop(const scene& all, const listener& from, const service& where, findings& found);

/// Paths on which mail leaves without having been here.
void judge_bypasses(const scene& all, findings& found);

/// smtpd_forbid_bare_newline of a service that talks to clients or to us (CVE-2023-51764).
void judge_bare_newline(const configuration& read, const service& where, findings& found);

/// The address from which postseal connects to a next hop on this machine; nothing for another.
[[nodiscard]] std::optional<smtp::ip_address> our_address(const listener& from);

/// What is written where a list has to name this machine: "127.0.0.0/8" or "[::1]/128".
[[nodiscard]] std::string own_network(const listener& from);

/// The lines that set a parameter of the cleanup service of `where` alone, which gets one of its
/// own.
[[nodiscard]] std::vector<std::string> own_cleanup(const configuration& read, const service& where,
                                                   std::string_view name, std::string_view value,
                                                   const findings& before);

/// The lines that add the private service behind a front.
[[nodiscard]] std::vector<std::string> front_lines(const listener& from);

/// The lines that add a service for the way back.
[[nodiscard]] std::vector<std::string> reinjection_lines(const scene& all, const listener& from);

} // namespace postseal::postfix
