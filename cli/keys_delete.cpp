// SPDX-License-Identifier: Apache-2.0
// `postseal keys delete` and `forget-domain`: what is known is forgotten, but no revocation.
#include "cli/commands.hpp"
#include "cli/key_store.hpp"
#include "cli/question.hpp"
#include "cli/terminal.hpp"

#include "config/settings.hpp"
#include "keys/account.hpp"
#include "message/visible.hpp"

#include <boost/json/object.hpp>

#include <algorithm>
#include <iostream>

namespace postseal::cli {

namespace {

namespace json = boost::json;

/// What is lost, for whoever has to decide.
std::string what_goes(const std::string& name, const keys::record& known) {
    auto text = "Of " + message::visible(name) + " will be forgotten:";
    if (known.remembered)
        text += "\n  what its sources said on " + keys::day(known.remembered->asked);
    for (const auto& one : known.given)
        text +=
            std::string("\n  the ") + (one.pinned ? "pin to " : "imported key ") + one.fingerprint;
    if (known.sealed)
        text += "\n  that mail was sealed to it, last on " + keys::day(known.sealed->last) +
                ": if no key is found\n  then, mail goes as to any address without one, perhaps in "
                "clear";
    if (known.ended_sealing)
        text += "\n  that mail was sealed to it until " + keys::day(known.ended_sealing->last) +
                ": its next key\n  counts as the first one";
    text += "\nRevoked keys stay known. The next mail asks the sources anew. Forget it?";
    return text;
}

bool has_to_forget(const keys::record& known) {
    return known.remembered || known.sealed || known.ended_sealing || !known.doubts.empty() ||
           !known.given.empty() ||
           std::ranges::any_of(known.rejected, [](const auto& one) { return !one.revoked; });
}

int report(const keys_options& options, const std::string& what, json::object made) {
    if (options.json)
        std::cout << json_line(made) << '\n';
    else
        std::cout << message::visible(what) << '\n';
    return done;
}

int keep(const std::string& name) {
    std::cerr << "postseal: " << message::visible(name) << ": kept\n";
    return answer_is_no;
}

} // namespace

int keys_delete(const keys_options& options) {
    const auto address = address_named(options.address);
    const auto name = smtp::to_string(address);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    const auto known = store.recall(address);
    if (!has_to_forget(known)) {
        std::cerr << "postseal: " << message::visible(name)
                  << ": nothing is known that could be forgotten\n";
        return answer_is_no;
    }
    if (!options.yes) {
        expect_somebody_to_ask();
        if (!is_confirmed(what_goes(name, known))) return keep(name);
    }
    store.forget(address);
    return report(options, name + " is forgotten.", {{"address", name}, {"deleted", true}});
}

int keys_forget_domain(const keys_options& options) {
    const auto domain = domain_named(options.domain);
    const auto read = config::load(options.configuration);
    key_store store(read.keys);
    if (!options.yes) {
        expect_somebody_to_ask();
        const auto question =
            "Of " + domain +
            " and all its addresses will be forgotten: that it has served keys, to whom\nmail was "
            "sealed, and what sources said. If no key is found then, mail goes as to any\naddress "
            "without one, perhaps in clear. Revoked, pinned and imported keys stay. Forget it?";
        if (!is_confirmed(question)) return keep(domain);
    }
    const auto count = store.forget_domain(domain);
    return report(options,
                  domain + " is forgotten, with " + std::to_string(count) +
                      (count == 1 ? " address." : " addresses."),
                  {{"domain", domain}, {"addresses", count}});
}

} // namespace postseal::cli
