// SPDX-License-Identifier: Apache-2.0
#include "policy/refusal.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

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
    case obstacle::unusable_key:
    case obstacle::weak_key:
    case obstacle::key_changed: return "7.5";
    case obstacle::others_wait: return "4.3";
    case obstacle::lookup_failed: return answer == fallback::reject ? "7.5" : "4.3";
    case obstacle::opted_out:
    case obstacle::never_sealed:
    case obstacle::fragment:
    case obstacle::blind_copy: return "7.1";
    }
    return "7.1";
}

// "this recipient's new key", or whose it is that is used for them.
std::string key_of(const objection& one, const std::string& key) {
    if (one.key_of.empty()) return "this recipient's " + key;
    return "the " + key + " of " + one.key_of + ", which is used for this recipient,";
}

std::string owner(const objection& one) {
    return one.key_of.empty() ? "the recipient" : one.key_of;
}

// Public words: what a key server said stays in the log, with the host names in it.
std::string cause(const objection& one) {
    switch (one.why) {
    case obstacle::no_key:
        return "no OpenPGP key was found for " +
               (one.key_of.empty() ? "this recipient"
                                   : one.key_of + ", whose key is used for this recipient");
    case obstacle::unusable_key:
        return key_of(one, "OpenPGP key") +
               " cannot be used (expired, revoked, for another address, or not for encryption)";
    case obstacle::weak_key:
        return key_of(one, "OpenPGP key") +
               " is weaker than this server may use, or of another kind";
    case obstacle::lookup_failed: return key_of(one, "OpenPGP key") + " could not be looked up";
    case obstacle::key_changed:
        return key_of(one, "new OpenPGP key " + one.changed_to) + " is not accepted yet";
    case obstacle::opted_out:
    case obstacle::never_sealed:
        return "this message must be encrypted, but this recipient cannot read encrypted mail";
    case obstacle::fragment:
        return "this message must be encrypted, but it is only a part of one (message/partial)";
    case obstacle::others_wait:
        return "encrypted for all or for none, and another one's key could not be looked up";
    case obstacle::blind_copy:
        return "this message is to be encrypted, and this recipient is not named in To or Cc";
    }
    return {};
}

std::string remedy(const objection& one) {
    if (one.answer != fallback::reject)
        return "please try again later (mail servers do by themselves)";
    switch (one.why) {
    case obstacle::no_key: return "ask " + owner(one) + " to publish a key";
    case obstacle::unusable_key: return "ask " + owner(one) + " to publish a new key";
    case obstacle::weak_key: return "ask " + owner(one) + " to publish a stronger key";
    case obstacle::lookup_failed:
    case obstacle::others_wait: return "send it again later";
    case obstacle::key_changed:
        return "the administrator of this server can accept the new key, once it is known to be " +
               owner(one) + "'s; then send it again";
    case obstacle::opted_out:
        return "ask the administrator of this server what may be written to them in clear";
    case obstacle::never_sealed: return "write to this recipient in a message of its own";
    case obstacle::fragment: return "send the whole message, without splitting it";
    case obstacle::blind_copy:
        return "name this recipient in To or Cc, or write to them in a message of its own";
    }
    return {};
}

// Where one recipient's key keeps the others from their copies, the sender can leave that one out.
bool helps_to_leave_out(const objection& one) {
    if (one.answer != fallback::reject) return false;
    switch (one.why) {
    case obstacle::no_key:
    case obstacle::unusable_key:
    case obstacle::weak_key:
    case obstacle::lookup_failed: return true;
    case obstacle::key_changed:
    case obstacle::opted_out:
    case obstacle::never_sealed:
    case obstacle::fragment:
    case obstacle::others_wait:
    case obstacle::blind_copy: return false;
    }
    return false;
}

bool is_final(const objection& one) { return one.answer == fallback::reject; }

smtp::reply codes_of(const objection& one) {
    smtp::reply answer;
    answer.code = is_final(one) ? 550 : 451;
    answer.enhanced = is_final(one) ? "5." : "4.";
    answer.enhanced += status_detail(one.why, one.answer);
    return answer;
}

std::string cause_of(const smtp::envelope& envelope, const objection& one) {
    const auto& to = envelope.recipients[one.recipient].address;
    return "<" + smtp::to_string(to) + ">: " + cause(one);
}

} // namespace

smtp::reply refuse(const smtp::envelope& envelope, const std::vector<objection>& objections) {
    const auto final_one = std::find_if(objections.begin(), objections.end(), is_final);
    const auto& first = final_one != objections.end() ? *final_one : objections.front();
    const bool permanent = is_final(first);

    auto answer = codes_of(first);
    std::size_t counted = 0;
    for (const auto& one : objections) {
        if (is_final(one) != permanent) continue;
        if (++counted <= max_named) answer.lines.push_back(cause_of(envelope, one));
    }
    if (counted > max_named) {
        answer.lines.push_back("and " + std::to_string(counted - max_named) + " more recipients");
    }
    std::string advice = "Nothing was sent to anybody; ";
    advice += remedy(first);
    if (helps_to_leave_out(first)) advice += ", or write without this recipient";
    answer.lines.push_back(std::move(advice));
    if (!first.note.empty()) answer.lines.push_back(first.note);
    return answer;
}

smtp::reply why_held(const smtp::envelope& envelope, const objection& one) {
    auto answer = codes_of(one);
    answer.lines.push_back(cause_of(envelope, one));
    answer.lines.emplace_back(
        one.why == obstacle::key_changed
            ? "The message is kept here until the administrator of this server has accepted the key"
            : "The message is kept here, and is sent once it can be encrypted");
    return answer;
}

smtp::reply refuse_alone(const smtp::envelope& envelope, const objection& alone) {
    auto answer = codes_of(alone);
    answer.lines.push_back(cause_of(envelope, alone));
    answer.lines.push_back("Nothing was sent to this recipient; " + remedy(alone));
    if (!alone.note.empty()) answer.lines.push_back(alone.note);
    return answer;
}

} // namespace postseal::policy
