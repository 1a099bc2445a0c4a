// SPDX-License-Identifier: Apache-2.0
#include "cli/assembly.hpp"
#include "cli/commands.hpp"

#include "config/settings.hpp"
#include "policy/strength.hpp"
#include "smtp/mailbox.hpp"

#include <boost/asio/io_context.hpp>

#include <ctime>
#include <filesystem>
#include <iomanip>
#include <iostream>
#include <optional>
#include <system_error>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;

std::string day(std::chrono::sys_seconds when) {
    const auto seconds = std::chrono::system_clock::to_time_t(when);
    std::tm utc{};
    ::gmtime_r(&seconds, &utc);
    char text[16];
    std::strftime(text, sizeof text, "%Y-%m-%d", &utc);
    return text;
}

std::string shown(const keys::certificate& found) {
    const auto algorithm = found.algorithm.empty() ? "" : " (" + found.algorithm + ")";
    return found.fingerprint + algorithm + ", made " + day(found.created) +
           (found.expires ? ", expires " + day(*found.expires) : ", does not expire");
}

void print(const std::vector<keys::source_report>& reports, const config::key_settings& from) {
    std::cout << std::left << std::setw(11) << "SOURCE" << std::setw(11) << "ANSWER"
              << std::setw(10) << "TOOK"
              << "WHY\n";
    std::error_code ignored;
    if (!from.store.empty() && !std::filesystem::exists(from.store, ignored)) {
        std::cout << std::setw(11) << "store" << std::setw(21) << "-"
                  << "there is none yet: `postseal run` makes it\n";
    }
    for (const auto& report : reports) {
        std::cout << std::setw(11) << report.source << std::setw(11)
                  << keys::to_string(report.said.result) << std::setw(10)
                  << std::to_string(report.took.count()) + " ms" << report.said.reason << '\n';
        if (report.said.found) {
            std::cout << std::string(32, ' ') << shown(*report.said.found) << '\n';
        }
    }
}

// A rule may ask for something else, but which rule depends on who writes.
std::optional<std::string> too_weak(const keys::certificate& found, const config::settings& read) {
    if (found.algorithm.empty()) return std::nullopt;
    return policy::shortfall(read.relay.policy.defaults.min_strength, found.algorithm);
}

int conclude(const keys::finding& winner, const config::settings& read) {
    if (!winner.found) {
        std::cout << "Mail cannot be sealed: " << keys::to_string(winner.result) << ", "
                  << winner.reason << ".\n";
        return answer_is_no;
    }
    const auto which = shown(*winner.found) + " (" + winner.source + ")";
    if (const auto why = too_weak(*winner.found, read)) {
        std::cout << "Unless a rule allows it, mail is not sealed to " << which << ": " << *why
                  << ".\n";
        return answer_is_no;
    }
    std::cout << "Mail is sealed to " << which << ".\n";
    return done;
}

asio::awaitable<void> ask(keys::finder& finder, const config::settings& read, smtp::mailbox address,
                          int& status) {
    auto asking = finder.ask_all(address);
    const auto reports = co_await std::move(asking);
    print(reports, read.keys);
    auto finding = finder.find(address);
    const auto winner = co_await std::move(finding);
    std::cout << '\n';
    status = conclude(winner, read);
}

} // namespace

int keys_find(const find_options& options) {
    const auto address = smtp::parse_mailbox(options.address);
    if (!address || address->domain.empty()) {
        std::cerr << "postseal: '" << options.address << "' is not a mail address\n";
        return could_not;
    }
    const auto read = config::load(options.configuration);
    asio::io_context context(1);
    assembly parts(context.get_executor(), read, purpose::ask_once);
    std::cout << smtp::to_string(*address) << "\n\n";
    int status = done;
    run_once(context, ask(parts.finder(), read, *address, status));
    for (const auto& warning : parts.take_warnings())
        std::cerr << "warning: " << warning << '\n';
    return status;
}

} // namespace postseal::cli
