// SPDX-License-Identifier: Apache-2.0
// `postseal keys refresh`: asks the sources now, and keyservers whether a key was revoked without
// its domain saying so, and tells what has changed.
#include "cli/assembly.hpp"
#include "cli/commands.hpp"
#include "cli/key_store.hpp"
#include "cli/policy_pins.hpp"
#include "cli/terminal.hpp"
#include "cli/times.hpp"

#include "config/settings.hpp"
#include "keys/account.hpp"
#include "keys/record_json.hpp"
#include "keys/user_id.hpp"
#include "message/visible.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>

#include <iostream>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

struct change {
    std::string address;
    keys::account before;
    keys::finding after;
    bool lost = false; ///< there was a key of use
};

bool is_of_use(keys::standing state) {
    switch (state) {
    case keys::standing::pinned:
    case keys::standing::imported:
    case keys::standing::found:
    case keys::standing::doubted: return true;
    case keys::standing::waiting:
    case keys::standing::expired:
    case keys::standing::unusable:
    case keys::standing::absent:
    case keys::standing::opted_out:
    case keys::standing::unknown: break;
    }
    return false;
}

asio::awaitable<void> ask(keys::finder& finder, smtp::mailbox address, keys::finding& said,
                          keys::revocation_check& check) {
    auto asking = finder.ask_again(address);
    said = co_await std::move(asking);
    if (!said.found) co_return;
    auto checking = finder.check_revocation(address);
    check = co_await std::move(checking);
    auto finding = finder.find(std::move(address)); // as it is remembered now
    said = co_await std::move(finding);
}

std::string before(const change& of) {
    return std::string(keys::to_string(of.before.state)) +
           (of.before.fingerprint.empty() ? "" : " " + of.before.fingerprint);
}

void print(const change& of) {
    std::cout << message::visible(of.address) << ": " << before(of) << " -> "
              << keys::to_string(of.after.result);
    if (of.after.found) std::cout << ' ' << of.after.found->fingerprint;
    std::cout << " (" << (of.after.source.empty() ? "" : of.after.source + ": ")
              << message::visible(of.after.reason) << ")" << (of.lost ? "; THE KEY IS LOST" : "")
              << std::endl; // one after the other, for whoever waits
}

void tell_of(const keys::revocation_check& check, const std::string& address) {
    if (!check.is_whole())
        std::cerr << "warning: " << message::visible(address)
                  << ": whether its key was revoked could not be asked: "
                  << message::visible(check.reason) << std::endl;
    for (const auto& warning : check.warnings)
        std::cerr << "warning: " << message::visible(warning) << std::endl;
}

void print_json(const change& of) {
    json::object before, after;
    before["state"] = json::string(keys::to_string(of.before.state));
    before["fingerprint"] = nullptr;
    if (!of.before.fingerprint.empty()) before["fingerprint"] = of.before.fingerprint;
    after["answer"] = json::string(keys::to_string(of.after.result));
    after["fingerprint"] = nullptr;
    if (of.after.found) after["fingerprint"] = of.after.found->fingerprint;
    after["source"] = of.after.source;
    after["reason"] = keys::as_text(of.after.reason);
    std::cout << json_line(json::object{{"address", of.address},
                                        {"before", before},
                                        {"after", after},
                                        {"lost", of.lost}})
              << std::endl;
}

} // namespace

int keys_refresh(const keys_options& options) {
    const auto domain = domain_named(options.domain);
    std::vector<smtp::mailbox> named;
    for (const auto& text : options.addresses)
        named.push_back(address_named(text));
    const auto read = config::load(options.configuration);
    const policy_pins pins(read);
    key_store store(read.keys);
    asio::io_context context(1);
    assembly parts(context.get_executor(), read, purpose::ask_once);
    int status = done;
    const auto refresh = [&](const smtp::mailbox& address, const keys::record& known) {
        change made;
        made.address = smtp::to_string(address);
        made.before = keys::summarise(known, now(), pins.of(keys::lookup_key(address)));
        keys::revocation_check check;
        run_once(context, ask(parts.finder(), address, made.after, check));
        made.lost = is_of_use(made.before.state) && !made.after.found;
        if (made.lost) status = answer_is_no;
        options.json ? print_json(made) : print(made);
        tell_of(check, made.address);
    };
    for (const auto& address : named)
        refresh(address, store.recall(address));
    if (named.empty())
        store.browse(domain, [&](const key_store::page& page) {
            for (const auto& one : page)
                if (keys::has_key_or_had(one.known))
                    refresh(keys::mailbox_of_key(one.address), one.known);
        });
    for (const auto& warning : parts.take_warnings())
        std::cerr << "warning: " << warning << '\n';
    return status;
}

} // namespace postseal::cli
