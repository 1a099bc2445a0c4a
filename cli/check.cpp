// SPDX-License-Identifier: Apache-2.0
#include "cli/check_postfix.hpp"
#include "cli/commands.hpp"

#include "config/review.hpp"
#include "config/settings.hpp"
#include "relay/spool_folder.hpp"
#include "relay/trace_key.hpp"

#include <iostream>
#include <system_error>

namespace postseal::cli {

namespace {

// What is well written and still will not work on this machine. Folders that the service manager
// makes at start are not asked for.
int look_around(const config::settings& read) {
    int missing = 0;
    const auto expect = [&missing](const std::filesystem::path& where, const char* setting) {
        std::error_code failed;
        if (where.empty() || std::filesystem::exists(where, failed)) return;
        std::cerr << "warning: " << setting << ": " << where.string() << " is not there\n";
        ++missing;
    };
    const auto installed = std::filesystem::path(POSTSEAL_LIBEXEC) / "sealer";
    expect(read.sealers.executable.empty() ? installed : read.sealers.executable,
           "sealers.executable");
    expect(read.sealers.gpg, "sealers.gpg");
    expect(read.keys.directory, "keys.directory");
    expect(read.keys.ca_file, "keys.ca_file");
    return missing;
}

// What is well written and never counts.
int look_through(const config::settings& read) {
    const auto found = config::review(read);
    for (const auto& one : found)
        std::cerr << one.what() << '\n';
    return static_cast<int>(found.size());
}

// No mistake, and nothing to be mended, so it is no warning.
void tell_limits(const config::settings& read) {
    const auto& policy = read.relay.policy;
    if (policy.defaults.encrypt != policy::encrypt::all_or_none &&
        !policy.rules.any_seals_all_or_none())
        return;
    for (const auto& one : read.relay.listeners) {
        if (one.protocol != smtp::protocol::lmtp) continue;
        std::cerr
            << "note: 'encrypt: all-or-none' over '" << one.name
            << "' (lmtp) is judged on the recipients of a transaction and on To and Cc: a mail "
               "server may hand over one message in pieces, and a blind recipient in another "
               "piece is not seen\n";
    }
}

} // namespace

int check(const check_options& options) {
    const auto read = config::load(options.configuration); // its error is printed by main
    // Likewise. Where there is none yet, `run` makes it, with the account of the service.
    (void)relay::trace_key::read(read.relay.spool);
    (void)relay::spool_folder::find(read.relay.spool);
    tell_limits(read);
    const auto warnings = look_through(read) + look_around(read);
    std::cout << options.configuration.string() << ": good (" << read.relay.listeners.size()
              << " listener" << (read.relay.listeners.size() == 1 ? "" : "s") << ", "
              << read.relay.policy.rules.size() << " rule"
              << (read.relay.policy.rules.size() == 1 ? "" : "s");
    if (warnings > 0) std::cout << ", " << warnings << " warning" << (warnings == 1 ? "" : "s");
    std::cout << ")\n";
    const bool refused = options.strict && warnings > 0;
    if (refused) std::cerr << "with --strict, warnings are errors\n";
    const int postfix = options.postfix ? check_postfix(read, *options.postfix) : done;
    return refused ? answer_is_no : postfix;
}

} // namespace postseal::cli
