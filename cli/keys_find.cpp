// SPDX-License-Identifier: Apache-2.0
// `postseal keys find`: what every source says, and why mail is sealed to the key that it is.
#include "cli/assembly.hpp"
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
#include "policy/strength.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <iomanip>
#include <iostream>
#include <optional>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;
namespace json = boost::json;

/// All that was learned.
struct search {
    std::vector<keys::source_report> reports;
    keys::record before; ///< of the store, when the lookup began
    keys::record base;   ///< the same of user@, where user+tag@ is looked up and that is the same
    keys::finding result;
    std::optional<std::string> too_weak; ///< and why; a rule may ask for something else
};

asio::awaitable<keys::record> recall(assembly& parts, smtp::mailbox address) {
    if (!parts.store()) co_return keys::record{};
    auto recalling = parts.store()->recall(std::move(address));
    auto known = co_await std::move(recalling);
    co_return known ? std::move(*known) : keys::record{};
}

asio::awaitable<void> ask(assembly& parts, smtp::mailbox address, std::optional<smtp::mailbox> base,
                          search& made) {
    auto asking = parts.finder().ask_all(address);
    made.reports = co_await std::move(asking);
    auto recalling = recall(parts, address);
    made.before = co_await std::move(recalling);
    if (base) {
        auto recalling_base = recall(parts, *base);
        made.base = co_await std::move(recalling_base);
    }
    auto finding = parts.finder().find(address);
    made.result = co_await std::move(finding);
}

std::string in_words(const keys::certificate& found) {
    const auto algorithm = found.algorithm.empty() ? "" : " (" + found.algorithm + ")";
    return found.fingerprint + algorithm + ", made " + keys::day(found.created) +
           (found.expires ? ", expires " + keys::day(*found.expires) : ", does not expire");
}

void print(const smtp::mailbox& address, const search& made, bool lacks_store,
           const std::string& why) {
    std::cout << shown(address) << "\n\n"
              << std::left << std::setw(11) << "SOURCE" << std::setw(11) << "ANSWER"
              << std::setw(10) << "TOOK"
              << "WHY\n";
    if (lacks_store)
        std::cout << std::setw(11) << "store" << std::setw(21) << "-"
                  << "there is none yet: `postseal run` makes it\n";
    for (const auto& report : made.reports) {
        std::cout << std::setw(11) << report.source << std::setw(11)
                  << keys::to_string(report.said.result) << std::setw(10)
                  << std::to_string(report.took.count()) + " ms"
                  << message::visible(report.said.reason) << '\n';
        if (report.said.found)
            std::cout << std::string(32, ' ') << in_words(*report.said.found) << '\n';
    }
    const auto& result = made.result;
    std::cout << '\n';
    if (made.too_weak)
        std::cout << "Unless a rule allows it, mail is not sealed to " << in_words(*result.found)
                  << " (" << result.source << "): " << *made.too_weak << ".\n";
    else if (result.found)
        std::cout << "Mail is sealed to " << in_words(*result.found) << " (" << result.source
                  << ").\n";
    else
        std::cout << "Mail cannot be sealed: " << keys::to_string(result.result) << ", "
                  << message::visible(result.reason) << ".\n";
    std::cout << message::visible(why) << '\n';
}

json::object to_json(const keys::finding& said) {
    json::object made;
    made["answer"] = json::string(keys::to_string(said.result));
    made["source"] = said.source;
    made["reason"] = keys::as_text(said.reason);
    if (!said.found) return made;
    made["on_the_word_of"] = json::string(keys::to_string(said.from));
    made["fingerprint"] = said.found->fingerprint;
    made["algorithm"] = said.found->algorithm;
    made["created"] = keys::to_text(said.found->created);
    made["expires"] = nullptr;
    if (said.found->expires) made["expires"] = keys::to_text(*said.found->expires);
    if (!said.replaces.empty()) made["replaces"] = said.replaces;
    return made;
}

void print_json(const smtp::mailbox& address, const search& made, const keys::policy_pin* pin,
                const std::optional<smtp::mailbox>& owner, const std::string& why) {
    json::array sources;
    for (const auto& report : made.reports) {
        auto one = to_json(report.said);
        one["source"] = report.source;
        one["took_ms"] = report.took.count();
        sources.emplace_back(std::move(one));
    }
    json::object whole;
    whole["address"] = smtp::to_string(address);
    whole["sources"] = std::move(sources);
    whole["result"] = to_json(made.result);
    whole["why"] = why;
    add_pin(whole, pin);
    add_owner(whole, owner);
    if (made.too_weak) whole["too_weak"] = *made.too_weak;
    std::cout << json_line(whole) << '\n';
}

} // namespace

int keys_find(const keys_options& options) {
    const auto address = address_named(options.address);
    const auto read = config::load(options.configuration);
    asio::io_context context(1);
    assembly parts(context.get_executor(), read, purpose::ask_once);
    search made;
    run_once(context, ask(parts, address, keys::base_of(address, read.keys.subaddressing), made));
    if (made.result.found && !made.result.found->algorithm.empty())
        made.too_weak = policy::shortfall(read.relay.policy.defaults.min_strength,
                                          made.result.found->algorithm);
    const policy_pins pins(read);
    const auto* const pin = pins.of(keys::lookup_key(address));
    const auto why = keys::explain(made.result, made.before, now(), pin);
    const auto owner = owner_for(address, {made.before, made.base}, read.relay.policy);
    if (owner)
        std::cerr << "warning: the policy has mail to " << shown(address)
                  << " sealed to the key of " << shown(*owner)
                  << " (key_of), so this key counts for nothing: postseal keys find "
                  << shown(*owner) << '\n';
    if (options.json)
        print_json(address, made, pin, owner, why);
    else
        print(address, made, !read.keys.store.empty() && !parts.store(), why);
    for (const auto& warning : parts.take_warnings())
        std::cerr << "warning: " << warning << '\n';
    return made.result.found && !made.too_weak ? done : answer_is_no;
}

} // namespace postseal::cli
