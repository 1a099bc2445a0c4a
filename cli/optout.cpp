// SPDX-License-Identifier: Apache-2.0
// `postseal optout`: who cannot read sealed mail, on an administrator's word.
#include "cli/commands.hpp"
#include "cli/key_judge.hpp"
#include "cli/key_store.hpp"
#include "cli/question.hpp"
#include "cli/terminal.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/account.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"
#include "message/visible.hpp"
#include "policy/rules.hpp"

#include <boost/json/object.hpp>

#include <pwd.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <stdexcept>

namespace postseal::cli {

namespace {

namespace json = boost::json;

constexpr auto not_out = "has not opted out of sealed mail";

bool is_address(const std::string& text) { return text.find('@', 1) != std::string::npos; }

/// As the store spells it.
std::string name_of(const std::string& text) {
    if (text.find_first_of("*?") != std::string::npos)
        throw std::runtime_error("'" + message::visible(text) +
                                 "' is a pattern; name one address, or a whole domain: "
                                 "elsewhere.example");
    return is_address(text) ? keys::lookup_key(address_named(text)) : domain_named(text);
}

/// Whoever became root for this has a name of their own.
std::string administrator() {
    const char* const by_sudo = std::getenv("SUDO_USER");
    if (by_sudo != nullptr && *by_sudo != '\0') return keys::as_text(by_sudo);
    if (const auto* const known = getpwuid(getuid())) return known->pw_name;
    return "user ID " + std::to_string(getuid());
}

json::object to_json(const keys::opt_out& one) {
    return {{"name", one.name},
            {"by", keys::as_text(one.by)},
            {"why", keys::as_text(one.why)},
            {"since", keys::to_text(one.since)}};
}

int refuse(const std::string& name, const std::string& why) {
    std::cerr << "postseal: " << message::visible(name) << ": " << why << '\n';
    return answer_is_no;
}

bool is_inside(const config::settings& read, const std::string& name) {
    const auto some = is_address(name) ? name : "postmaster@" + name;
    return policy::is_local(read.relay.policy, keys::mailbox_of_key(some));
}

int list_none(const optout_options& options, const config::key_settings& from) {
    if (!options.json)
        std::cout << "Nobody has opted out of sealed mail: there is no key store "
                  << from.store.string() << " yet.\n";
    return done;
}

int list(const optout_options& options, key_store& store) {
    std::size_t count = 0;
    store.each_opt_out([&](const keys::opt_out& one) {
        ++count;
        if (options.json)
            std::cout << json_line(to_json(one)) << '\n';
        else
            std::cout << message::visible(one.name) << "  since " << keys::minute(one.since)
                      << ", by " << message::visible(one.by) << ": " << message::visible(one.why)
                      << '\n';
    });
    if (count == 0 && !options.json) std::cout << "Nobody has opted out of sealed mail.\n";
    return done;
}

int take_back(const optout_options& options, key_store& store, const std::string& name) {
    if (!store.end_opt_out(name)) return refuse(name, not_out);
    if (options.json)
        std::cout << json_line(json::object{{"name", name}, {"opted_out", false}}) << '\n';
    else
        std::cout << message::visible(name)
                  << " gets sealed mail again, from the next mail on, where a key is known.\n";
    return done;
}

int put(const optout_options& options, key_store& store, const std::string& name) {
    if (!is_address(name) && !options.yes) {
        expect_somebody_to_ask();
        if (!is_confirmed("All mail to all of " + name +
                          " will go in clear, unless it must be sealed, which is refused.\nIs "
                          "that meant?"))
            return refuse(name, "left as it is");
    }
    const keys::opt_out one{name, administrator(), options.reason, now()};
    store.put_opt_out(one);
    if (options.json) {
        auto made = to_json(one);
        made["opted_out"] = true;
        std::cout << json_line(made) << '\n';
        return done;
    }
    const auto shown = message::visible(name);
    std::cout << (is_address(name) ? shown : "All of " + shown)
              << " gets mail in clear, from the next mail on, whatever key is known.\nWhat must be "
                 "sealed ('encrypt: required') is refused. To seal again: postseal optout "
                 "--remove "
              << shown << '\n';
    return done;
}

} // namespace

int optout(const optout_options& options) {
    const auto read = config::load(options.configuration);
    if (options.name.empty()) {
        if (is_not_made_yet(read.keys)) return list_none(options, read.keys);
        key_store store(read.keys);
        return list(options, store);
    }
    const auto name = name_of(options.name);
    if (options.remove) {
        if (is_not_made_yet(read.keys)) return refuse(name, not_out);
        key_store store(read.keys);
        return take_back(options, store, name);
    }
    if (options.reason.empty())
        throw std::runtime_error("say why, for those who read the log: --reason \"...\"");
    expect_note(options.reason);
    if (is_inside(read, name))
        return refuse(name, "is inside the local_domains: mail to it is never sealed");
    key_store store(read.keys, missing_store::make);
    return put(options, store, name);
}

} // namespace postseal::cli
