// SPDX-License-Identifier: Apache-2.0
// `postseal keys show`: all that is known of one address.
#include "cli/commands.hpp"
#include "cli/key_owner.hpp"
#include "cli/key_store.hpp"
#include "cli/policy_pins.hpp"
#include "cli/terminal.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/account.hpp"
#include "keys/own_word.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"
#include "message/visible.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <iomanip>
#include <iostream>

namespace postseal::cli {

namespace {

namespace json = boost::json;

std::ostream& row(const char* what) { return std::cout << std::left << std::setw(10) << what; }

/// A further line of the same row.
std::ostream& more() { return row(""); }

std::string key_ids(const keys::certificate& key) {
    std::string all;
    for (const auto id : key.encryption_keys) {
        char text[17];
        std::snprintf(text, sizeof text, "%016llX", static_cast<unsigned long long>(id));
        all += (all.empty() ? "" : ", ") + std::string(text);
    }
    return all;
}

void print(const keys::certificate& key) {
    row("key") << key.fingerprint << '\n';
    more() << (key.algorithm.empty() ? "" : message::visible(key.algorithm) + ", ") << "made "
           << keys::day(key.created)
           << (key.expires ? ", expires " + keys::day(*key.expires) : ", does not expire") << '\n';
    more() << "encrypted to " << key_ids(key) << '\n';
}

void print(const keys::memory& one) {
    if (one.what.found) print(*one.what.found);
    row("said by") << (one.what.source.empty() ? "nobody" : message::visible(one.what.source))
                   << ", on the word of the " << keys::to_string(one.what.from) << ": "
                   << keys::to_string(one.what.result) << ", " << message::visible(one.what.reason)
                   << '\n';
    row("asked") << keys::minute(one.asked) << "; asked again after "
                 << keys::minute(one.fresh_until) << '\n';
}

void print(const keys::sealing& one) {
    row("sealed") << "last on " << keys::day(one.last) << ", to "
                  << (one.fingerprint.empty() ? "a key that was not noted" : one.fingerprint)
                  << '\n';
    more() << "on the word of the " << keys::to_string(one.from)
           << (one.expires ? "; that key expires " + keys::day(*one.expires) : "") << '\n';
}

void print(const keys::given_certificate& one) {
    row(one.pinned ? "pinned" : "imported") << one.fingerprint << '\n';
    more() << "on " << keys::day(one.since)
           << (one.note.empty() ? "" : " (" + message::visible(one.note) + ")")
           << (one.bytes.empty() ? "; its certificate is still to be found" : "") << '\n';
}

void print(const keys::rejected_certificate& one) {
    row(one.revoked ? "revoked" : "rejected")
        << one.fingerprint << ", judged on " << keys::day(one.seen) << '\n';
}

void print_owner(const std::optional<smtp::mailbox>& owner) {
    if (owner)
        row("key_of") << "mail is sealed to the key of " << shown(*owner) << ", by the policy\n";
}

void print_all(const keys::known_address& one, const keys::policy_pin* pin,
               const std::optional<smtp::mailbox>& owner) {
    const auto& known = one.known;
    std::cout << shown(keys::mailbox_of_key(one.address)) << "\n\n";
    print_owner(owner);
    row("state") << keys::to_string(keys::summarise(known, now(), pin).state) << '\n';
    if (pin != nullptr) {
        row("pinned") << pin->fingerprint << '\n';
        more() << "by the policy, " << message::visible(pin->place) << '\n';
    }
    for (const auto& each : known.given)
        print(each);
    if (known.remembered) print(*known.remembered);
    if (known.sealed) print(*known.sealed);
    if (known.ended_sealing)
        row("ended") << "mail was sealed until " << keys::day(known.ended_sealing->last) << ", to "
                     << known.ended_sealing->fingerprint << '\n';
    for (const auto& each : known.rejected)
        print(each);
    if (known.directory)
        row("domain") << "its key directory ("
                      << (known.directory->host == keys::wkd_host::none
                              ? "of a host that was not noted"
                              : std::string(keys::to_string(known.directory->host)) + " host")
                      << ") has served keys, last on " << keys::day(known.directory->seen) << '\n';
    const auto all = keys::remarks(known, now(), pin);
    if (!all.empty()) std::cout << '\n';
    for (const auto& remark : all)
        std::cout << message::visible(remark) << '\n';
}

void print_json(const keys::known_address& one, const keys::policy_pin* pin,
                const std::optional<smtp::mailbox>& owner) {
    auto made = keys::to_json(one);
    made["state"] = json::string(keys::to_string(keys::summarise(one.known, now(), pin).state));
    add_pin(made, pin);
    add_owner(made, owner);
    json::array all;
    for (const auto& remark : keys::remarks(one.known, now(), pin))
        all.emplace_back(remark);
    made["remarks"] = std::move(all);
    std::cout << json_line(made) << '\n';
}

bool is_empty(const keys::record& known) {
    return !known.remembered && known.rejected.empty() && !known.sealed && !known.ended_sealing &&
           known.doubts.empty() && known.given.empty() && !known.opted_out;
}

} // namespace

int keys_show(const keys_options& options) {
    const auto address = address_named(options.address);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    const keys::known_address one{keys::lookup_key(address), store.recall(address)};
    const policy_pins pins(read);
    const auto* const pin = pins.of(one.address);
    std::vector<keys::record> known{one.known};
    if (const auto base = keys::base_of(address, read.keys.subaddressing))
        known.push_back(store.recall(*base));
    const auto owner = owner_for(address, known, read.relay.policy);
    if (options.json)
        print_json(one, pin, owner);
    else if (is_empty(one.known) && !one.known.directory && pin == nullptr && !owner)
        std::cout << "Nothing is known of " << shown(address)
                  << ". 'postseal keys find' asks every source.\n";
    else
        print_all(one, pin, owner);
    return is_empty(one.known) && pin == nullptr && !owner ? answer_is_no : done;
}

} // namespace postseal::cli
