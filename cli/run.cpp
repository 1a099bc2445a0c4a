// SPDX-License-Identifier: Apache-2.0
#include "cli/assembly.hpp"
#include "cli/commands.hpp"

#include "config/policy_folder.hpp"
#include "config/settings.hpp"
#include "relay/journal.hpp"
#include "relay/passed_sockets.hpp"
#include "relay/server.hpp"
#include "relay/services.hpp"
#include "relay/spool.hpp"
#include "relay/spool_runner.hpp"
#include "relay/trace_key.hpp"
#include "seal/landlock.hpp"
#include "seal/pool.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <sys/prctl.h>

#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

namespace postseal::cli {

namespace {

namespace asio = boost::asio;

void report_warnings(assembly& parts, relay::journal& log) {
    for (const auto& warning : parts.take_warnings())
        log.warning(warning);
}

// A rule in a file of the wrong name is missed when it is too late.
void report_unread(const config::settings& read, relay::journal& log) {
    for (const auto& file : config::find_unread(read.policy))
        log.warning(file.string() + " " + std::string(config::is_not_read));
}

// The spool that is open, with locks on what is being sent, is that of the start.
void stay_in(const std::filesystem::path& spool, const relay::spool& owed, relay::settings& next,
             relay::journal& log) {
    if (next.spool == spool) return;
    if (!owed.is_at(next.spool)) {
        log.warning(
            "spool.path is " + next.spool.string() + " now, and needs a restart: until then " +
            spool.string() + " is used. What is still owed then lies there, in 'owed', and is " +
            "not sent unless it is moved; 'postseal spool list' already looks into the new one");
    }
    next.spool = spool;
    if (!next.in_force) return;
    auto enforced = *next.in_force;
    enforced.spool = spool;
    next.in_force = std::make_shared<const relay::settings>(std::move(enforced));
}

// Who has put a key into the directory and reloads means the next mail.
std::shared_ptr<const relay::settings> reload(const std::filesystem::path& file,
                                              const relay::settings& running,
                                              const relay::spool& owed, assembly& parts,
                                              relay::journal& log) {
    parts.refresh_keys();
    report_warnings(parts, log);
    auto read = config::load(file);
    report_unread(read, log);
    stay_in(running.spool, owed, read.relay, log);
    return std::make_shared<const relay::settings>(std::move(read.relay));
}

// Files that somebody copies into the key directory wrongly shall not wait for a mail to be
// noticed.
asio::awaitable<void> watch_keys(asio::any_io_executor executor, assembly& parts,
                                 relay::journal& log) {
    asio::steady_timer timer(executor);
    for (;;) {
        report_warnings(parts, log);
        timer.expires_after(std::chrono::seconds(10));
        auto waiting = timer.async_wait(asio::use_awaitable);
        co_await std::move(waiting);
    }
}

relay::spool_reports reports_of(asio::any_io_executor executor, relay::services& services) {
    const auto telling = [executor, &services](relay::report_about what) {
        return [executor, &services, what](std::shared_ptr<const relay::spool_claim> about) {
            return relay::tell_sender(executor, services.current, services.log, std::move(about),
                                      what);
        };
    };
    return {telling(relay::report_about::outcome), telling(relay::report_about::delay)};
}

relay::release_of_held release_with(relay::services& services) {
    return
        [&services](std::shared_ptr<const relay::spool_claim> held, relay::held_attempt attempt) {
            return relay::deliver_held(services, std::move(held), std::move(attempt));
        };
}

} // namespace

int run(const run_options& options) {
    // Mail passes through this process: no core dumps, and no other process of the account, a
    // sealer that hostile bytes have taken over for one, may look into its memory.
    ::prctl(PR_SET_DUMPABLE, 0);
    auto passed = relay::passed_sockets::take(); // before anything is started that could have them
    const auto read = config::load(options.configuration);
    const auto key = relay::trace_key::open(read.relay.spool);
    // The spool outlives what sessions still hold of it when the context goes.
    relay::spool owed(read.relay.spool, read.relay.owed.quota);
    asio::thread_pool disk(1);
    asio::io_context context(1); // one thread owns every session: no locks anywhere
    relay::journal log;
    report_unread(read, log);
    if (seal::landlock_version() == 0) {
        log.warning(
            "this kernel has no Landlock: a sealer that hostile bytes have taken over could "
            "reach the key store and the spool");
    }
    assembly parts(context.get_executor(), read, purpose::serve);
    relay::services services{std::make_shared<const relay::settings>(read.relay),
                             parts.finder(),
                             parts.sealers(),
                             log,
                             [key](std::string_view text) { return key.hash(text); },
                             owed,
                             disk.get_executor(),
                             {}};
    relay::server server(context, services, std::move(passed), [&, file = options.configuration] {
        return reload(file, *services.current, owed, parts, log);
    });
    relay::spool_runner runner(
        context.get_executor(), disk.get_executor(), owed, [&services] { return services.current; },
        log, reports_of(context.get_executor(), services), release_with(services));
    services.more_is_owed = [&runner] { runner.wake(); };
    server.on_reloaded = [&](const relay::settings& now) {
        parts.finder().set_pins(now.policy.pins);
        parts.finder().set_subaddressing(now.policy.subaddressing);
        asio::post(disk, [&owed, quota = now.owed.quota] { owed.limit(quota); });
        runner.wake();
    };
    server.on_draining = [&runner] { runner.stop(); };
    server.is_busy = [&runner] { return runner.busy(); };
    server.on_stopped = [&context, &parts] {
        parts.sealers().stop();
        context.stop();
    };
    server.start();
    runner.start();
    asio::co_spawn(context, watch_keys(context.get_executor(), parts, log), asio::detached);
    context.run();
    disk.join();
    return done;
}

} // namespace postseal::cli
