// SPDX-License-Identifier: Apache-2.0
#include "cli/key_store.hpp"

#include "cli/assembly.hpp"

#include "keys/domain.hpp"
#include "message/visible.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <stdexcept>
#include <thread>

namespace postseal::cli {
namespace {

namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::size_t page_size = 50; ///< a record that is full has 10 MiB
constexpr std::size_t opt_outs_of_a_page = 500;
constexpr auto patience = 15s; ///< the store itself rests for ten after somebody else had it
constexpr auto between_tries = 250ms;

template<class T>
boost::system::result<T> answer_of(keys::store::promised<T> asked) {
    asio::io_context context(1);
    auto done = asio::co_spawn(context, std::move(asked), asio::use_future);
    context.run();
    return done.get();
}

[[noreturn]] void fail(const char* what, const boost::system::error_code& why) {
    throw std::runtime_error(std::string("the key store cannot be ") + what + ": " + why.message());
}

template<class T>
T read(keys::store::promised<T> asked) {
    auto answer = answer_of(std::move(asked));
    if (!answer) fail("read", answer.error());
    return std::move(*answer);
}

/// `ask` begins one try.
template<class Ask>
auto write(Ask ask) {
    const auto until = std::chrono::steady_clock::now() + patience;
    auto answer = answer_of(ask());
    while (!answer && std::chrono::steady_clock::now() < until) {
        std::this_thread::sleep_for(between_tries);
        answer = answer_of(ask());
    }
    if (!answer) fail("written", answer.error());
    return answer;
}

/// Whoever owns the folder is the service, or as good as it.
bool may_make_in(const std::filesystem::path& folder) {
    struct stat seen {};
    return ::stat(folder.c_str(), &seen) == 0 && seen.st_uid == ::geteuid();
}

purpose purpose_of(const config::key_settings& from, missing_store then) {
    switch (then) {
    case missing_store::complain: break;
    case missing_store::make:
        if (is_not_made_yet(from) && may_make_in(from.store.parent_path())) return purpose::serve;
    }
    return purpose::ask_once;
}

} // namespace

bool is_not_made_yet(const config::key_settings& from) {
    if (!from.store_server.empty() || from.store.empty()) return false;
    std::error_code failed;
    const auto there = std::filesystem::status(from.store, failed);
    if (there.type() == std::filesystem::file_type::none)
        throw std::runtime_error("the key store " + from.store.string() +
                                 " cannot be looked at: " + failed.message());
    return there.type() == std::filesystem::file_type::not_found;
}

key_store::key_store(const config::key_settings& from, missing_store then)
    : store_(open_store(from, purpose_of(from, then))) {
    if (store_) return;
    if (from.store.empty())
        throw std::runtime_error(
            "no key store is set up: see keys.store in the configuration; without one nothing is "
            "remembered");
    throw std::runtime_error("there is no key store " + from.store.string() +
                             " yet: `postseal run` makes it, with the account of the service" +
                             (then == missing_store::make ? "; run this command with it" : ""));
}

key_store::~key_store() = default;

keys::record key_store::recall(const smtp::mailbox& address) {
    return read(store_->recall(address));
}

void key_store::remember(const smtp::mailbox& address, const keys::record_changes& changes) {
    if (!changes.empty()) write([&] { return store_->remember(address, changes); });
}

void key_store::forget(const smtp::mailbox& address) {
    write([&] { return store_->forget(address); });
}

std::size_t key_store::forget_domain(const std::string& domain) {
    return *write([&] { return store_->forget_domain(domain); });
}

void key_store::put_opt_out(const keys::opt_out& one) {
    write([&] { return store_->put_opt_out(one); });
}

bool key_store::end_opt_out(const std::string& name) {
    // A write whose answer was lost is made again, and finds nothing then.
    bool was_there = false;
    each_opt_out([&](const keys::opt_out& one) { was_there = was_there || one.name == name; });
    return *write([&] { return store_->end_opt_out(name); }) > 0 || was_there;
}

void key_store::each_opt_out(const std::function<void(const keys::opt_out&)>& take) {
    std::string after;
    for (;;) {
        const auto some = read(store_->opt_outs(after, opt_outs_of_a_page));
        for (const auto& one : some)
            take(one);
        if (some.empty()) return;
        after = some.back().name;
    }
}

void key_store::browse(const std::string& domain, const std::function<void(const page&)>& take) {
    std::string after;
    for (;;) {
        const auto known = read(store_->browse(domain, after, page_size));
        if (known.empty()) return;
        take(known);
        after = known.back().address;
    }
}

smtp::mailbox address_named(const std::string& text) {
    auto address = smtp::parse_mailbox(text, smtp::routing_marks::allowed);
    if (!address || address->domain.empty())
        throw std::runtime_error("'" + message::visible(text) + "' is not a mail address");
    return std::move(*address);
}

std::string domain_named(const std::string& text) {
    if (text.empty()) return {};
    const auto domain = keys::to_a_label(text.starts_with('@') ? text.substr(1) : text);
    if (!domain) throw std::runtime_error("'" + message::visible(text) + "' is not a domain");
    return *domain;
}

} // namespace postseal::cli
