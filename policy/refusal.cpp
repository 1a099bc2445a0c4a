// SPDX-License-Identifier: Apache-2.0
#include "policy/refusal.hpp"

#include <algorithm>
#include <string_view>

namespace postseal::policy {

namespace {

// Recipients that one reply names. More would be cut by the programs that show it.
constexpr std::size_t max_named = 3;

// The status codes of RFC 3463. X.7.5 is "necessary information such as key was not available or
// such information was invalid"; X.4.3 "a directory server was unavailable", which is defined for
// transient failures only; X.7.1 is refusal by policy. X.7.10 ("Encryption Needed", RFC 5248) is
// about the connection on which a client authenticates: it would send readers looking at TLS.
std::string_view status_detail(obstacle why, fallback answer) {
    switch (why) {
    case obstacle::no_key:
    case obstacle::unusable_key: return "7.5";
    case obstacle::lookup_failed: return answer == fallback::reject ? "7.5" : "4.3";
    case obstacle::never_sealed:
    case obstacle::fragment: return "7.1";
    }
    return "7.1";
}

// Public words: what a key server said stays in the log, with the host names in it.
std::string_view cause(obstacle why) {
    switch (why) {
    case obstacle::no_key: return "no OpenPGP key was found for this recipient";
    case obstacle::unusable_key: return "this recipient's OpenPGP key has expired or was revoked";
    case obstacle::lookup_failed: return "this recipient's OpenPGP key could not be looked up";
    case obstacle::never_sealed:
        return "this message must be encrypted, but this recipient cannot read encrypted mail";
    case obstacle::fragment:
        return "this message must be encrypted, but it is only a part of one (message/partial)";
    }
    return {};
}

std::string_view advice(obstacle why, fallback answer) {
    if (answer != fallback::reject) {
        return "Nothing was sent to anybody; please try again later (mail servers do by "
               "themselves)";
    }
    switch (why) {
    case obstacle::no_key:
        return "Nothing was sent to anybody; ask the recipient to publish a key, or write without "
               "this recipient";
    case obstacle::unusable_key:
        return "Nothing was sent to anybody; ask the recipient to publish a new key, or write "
               "without this recipient";
    case obstacle::lookup_failed:
        return "Nothing was sent to anybody; send it again later, or write without this recipient";
    case obstacle::never_sealed:
        return "Nothing was sent to anybody; write to this recipient in a message of its own";
    case obstacle::fragment:
        return "Nothing was sent to anybody; send the whole message, without splitting it";
    }
    return {};
}

bool is_final(const objection& one) { return one.answer == fallback::reject; }

} // namespace

smtp::reply refuse(const smtp::envelope& envelope, const std::vector<objection>& objections) {
    const auto final_one = std::find_if(objections.begin(), objections.end(), is_final);
    const auto& first = final_one != objections.end() ? *final_one : objections.front();
    const bool permanent = is_final(first);

    smtp::reply answer;
    answer.code = permanent ? 550 : 451;
    answer.enhanced = permanent ? "5." : "4.";
    answer.enhanced += status_detail(first.why, first.answer);

    std::size_t counted = 0;
    for (const auto& one : objections) {
        if (is_final(one) != permanent) continue;
        if (++counted > max_named) continue;
        const auto& to = envelope.recipients[one.recipient].address;
        answer.lines.push_back("<" + smtp::to_string(to) + ">: " + std::string{cause(one.why)});
    }
    if (counted > max_named) {
        answer.lines.push_back("and " + std::to_string(counted - max_named) + " more recipients");
    }
    answer.lines.emplace_back(advice(first.why, first.answer));
    if (!first.note.empty()) answer.lines.push_back(first.note);
    return answer;
}

} // namespace postseal::policy
