// SPDX-License-Identifier: Apache-2.0
// `postseal keys pin` and `unpin`: which key an address has, whatever sources say.
#include "cli/commands.hpp"
#include "cli/key_judge.hpp"
#include "cli/key_store.hpp"
#include "cli/policy_pins.hpp"
#include "cli/terminal.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/account.hpp"
#include "keys/conclusion.hpp"
#include "keys/packets.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"
#include "message/visible.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>

namespace postseal::cli {

namespace {

namespace json = boost::json;

int refuse(const std::string& name, const std::string& why) {
    std::cerr << "postseal: " << message::visible(name) << ": " << why << '\n';
    return answer_is_no;
}

/// What a person has just changed, and what changes nothing as long as the policy file pins a key.
void tell_of_policy(const config::settings& from, const smtp::mailbox& address) {
    const policy_pins pins(from);
    if (const auto* const pin = pins.of(keys::lookup_key(address)))
        std::cerr << "warning: the policy pins " << shown(address) << " to " << pin->fingerprint
                  << " (" << message::visible(pin->place)
                  << "), and that comes before what the store has\n";
}

/// The certificate where it is known and was of use; empty: sources have to be asked.
std::string kept_certificate(const keys::record& known, const std::string& fingerprint) {
    for (const auto& one : known.given)
        if (one.fingerprint == fingerprint && !one.bytes.empty()) return one.bytes;
    if (known.remembered && known.remembered->what.found &&
        known.remembered->what.found->fingerprint == fingerprint)
        return *known.remembered->what.found->bytes;
    return {};
}

void report(const keys_options& options, const std::string& name, const keys::record& before,
            const keys::given_certificate& pin) {
    if (options.json) {
        std::cout << json_line(json::object{{"address", name},
                                            {"fingerprint", pin.fingerprint},
                                            {"pinned", true},
                                            {"certificate_known", !pin.bytes.empty()}})
                  << '\n';
        return;
    }
    const auto shown = message::visible(name);
    for (const auto& one : before.given)
        if (one.pinned && one.fingerprint != pin.fingerprint)
            std::cout << "The pin to " << one.fingerprint << " is over.\n";
    std::cout << shown << " is pinned to " << pin.fingerprint << ": no other key is used.\n";
    if (pin.bytes.empty())
        std::cout << "That key is not known yet. Until a source serves it, mail that should be "
                     "sealed waits\n(the rule's lookup_failed). If you have the key: postseal keys "
                     "pin "
                  << shown << " FILE\n";
    else
        std::cout << "Its certificate is kept with the pin, and no source is asked for another "
                     "one. Keyservers are asked\nonce a day whether it was revoked (ask_for: "
                     "revocations). 'postseal keys unpin' ends the pin.\n";
}

struct brought {
    std::string fingerprint;
    std::string bytes;
    keys::record_changes changes; ///< in any case
    std::string refusal;          ///< empty: it may be used
};

brought read_file(const config::settings& from, const smtp::mailbox& address,
                  const keys::record& known, const std::string& file) {
    brought made;
    std::ifstream opened;
    if (file != "-") opened.open(file, std::ios::binary);
    if (!opened) throw std::runtime_error(file + " cannot be opened");
    const auto octets = read_octets(file == "-" ? std::cin : opened, file, keys::max_key_material);
    const auto cleaned = keys::clean_packets(octets, address);
    if (cleaned.certificates.size() != 1) {
        made.refusal = "the file has several keys of this address; pin one by its fingerprint, "
                       "after 'postseal keys import':";
        for (const auto& one : cleaned.certificates)
            made.refusal += "\n  " + one.fingerprint;
        if (cleaned.certificates.empty()) made.refusal = "not taken: " + cleaned.reason;
        return made;
    }
    auto judged = key_judge(from).judge(address, cleaned.certificates.front().bytes, known);
    made.changes = revocations(known, judged);
    if (judged.said.result == keys::outcome::temporary)
        throw std::runtime_error("the key could not be judged: " + judged.said.reason);
    if (judged.said.found) {
        made.fingerprint = judged.said.found->fingerprint;
        made.bytes = *judged.said.found->bytes;
    } else {
        made.refusal = "not taken, since it may not be used: " + judged.said.reason;
    }
    return made;
}

} // namespace

int keys_pin(const keys_options& options) {
    const auto address = address_named(options.address);
    const auto name = smtp::to_string(address);
    expect_note(options.note);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    const auto known = store.recall(address);
    keys::record_changes changes;
    keys::given_certificate pin;
    if (const auto fingerprint = keys::to_fingerprint(options.key)) {
        if (keys::is_revoked(known, *fingerprint))
            return refuse(name, *fingerprint + " is revoked, and is never used");
        pin.fingerprint = *fingerprint;
        pin.bytes = kept_certificate(known, *fingerprint);
    } else {
        std::error_code ignored;
        if (options.key != "-" && !std::filesystem::exists(options.key, ignored))
            throw std::runtime_error("'" + keys::as_text(options.key) +
                                     "' is neither a fingerprint (all 40 hexadecimal digits; a key "
                                     "ID is not enough) nor a file");
        auto made = read_file(read, address, known, options.key);
        changes = std::move(made.changes);
        if (!made.refusal.empty()) {
            store.remember(address, changes);
            return refuse(name, made.refusal);
        }
        pin.fingerprint = std::move(made.fingerprint);
        pin.bytes = std::move(made.bytes);
    }
    pin.pinned = true;
    pin.note = options.note;
    pin.since = now();
    changes.given.push_back(pin);
    store.remember(address, changes);
    report(options, name, known, pin);
    tell_of_policy(read, address);
    return done;
}

int keys_unpin(const keys_options& options) {
    const auto address = address_named(options.address);
    const auto name = smtp::to_string(address);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    const auto known = store.recall(address);
    keys::record_changes changes;
    for (const auto& one : known.given)
        if (one.pinned || options.imported) changes.taken_back.push_back(one.fingerprint);
    if (changes.taken_back.empty())
        return refuse(name, options.imported ? "nothing is pinned or imported for it"
                                             : "no key is pinned for it (see --imported)");
    store.remember(address, changes);
    const auto left = known.given.size() - changes.taken_back.size();
    tell_of_policy(read, address);
    if (options.json) {
        json::array gone(changes.taken_back.begin(), changes.taken_back.end());
        std::cout << json_line(json::object{
                         {"address", name}, {"taken_back", gone}, {"imported_left", left}})
                  << '\n';
        return done;
    }
    for (const auto& one : changes.taken_back)
        std::cout << message::visible(name) << " is not bound to " << one << " any more.\n";
    std::cout << (left > 0 ? "What was imported for it is used on (--imported takes it back).\n"
                           : "Its sources decide again.\n");
    return done;
}

} // namespace postseal::cli
