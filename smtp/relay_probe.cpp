// SPDX-License-Identifier: Apache-2.0
#include "smtp/relay_probe.hpp"

#include <algorithm>
#include <string_view>

namespace postseal::smtp {

namespace {

// RFC 7504: "does not accept mail", said of a domain.
constexpr int takes_no_mail = 556;
// RFC 4954 §6: before the sender is looked at.
constexpr int authentication_required = 530;

bool is_about_an_address(const reply& refusal) {
    const std::string_view text =
        refusal.lines.empty() ? std::string_view() : std::string_view(refusal.lines.front());
    return refusal.code == takes_no_mail || text.starts_with("5.1.");
}

// Said to everybody who comes in clear, and about nothing else: within TLS the answer may be yes.
bool is_about_tls(const reply& refusal) {
    return std::ranges::any_of(refusal.lines, [](std::string_view line) {
        return line.find("TLS") != std::string_view::npos ||
               line.find("ncrypt") != std::string_view::npos; // "Encryption required", RFC 3207
    });
}

} // namespace

probe_verdict judge_probe(probe_step step, const reply& answer) {
    switch (step) {
    case probe_step::hello:
        return answer.positive() ? probe_verdict::go_on : probe_verdict::inconclusive;
    case probe_step::mail:
        if (answer.positive()) return probe_verdict::go_on;
        return answer.code == authentication_required && !is_about_tls(answer)
                   ? probe_verdict::refuses
                   : probe_verdict::inconclusive;
    case probe_step::rcpt:
        if (answer.positive()) return probe_verdict::relays;
        if (!answer.permanent_failure() || is_about_an_address(answer) || is_about_tls(answer))
            return probe_verdict::inconclusive;
        return probe_verdict::refuses;
    }
    return probe_verdict::inconclusive;
}

} // namespace postseal::smtp
