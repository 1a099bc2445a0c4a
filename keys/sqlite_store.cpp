// SPDX-License-Identifier: Apache-2.0
#include "keys/sqlite_store.hpp"

#include "keys/sqlite_database.hpp"
#include "keys/user_id.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <utility>

namespace postseal::keys {

namespace asio = boost::asio;
using boost::system::error_code;
using boost::system::result;

struct sqlite_store::troubles {
    struct trouble {
        const char* what;
        error_code last{};
    };
    trouble reading{"read"};
    trouble writing{"written"};
    std::vector<std::string> untold;

    void note(trouble& about, error_code now) {
        if (now && now != about.last)
            untold.push_back(std::string("the key store cannot be ") + about.what + " (" +
                             now.message() + "): keys are looked up instead");
        about.last = now;
    }
};

sqlite_store::sqlite_store(const std::filesystem::path& file)
    : database_(std::make_shared<sqlite_database>(file)), troubles_(std::make_shared<troubles>()) {}

sqlite_store::~sqlite_store() { thread_.join(); }

std::vector<std::string> sqlite_store::take_warnings() {
    return std::exchange(troubles_->untold, {});
}

namespace {

// These run on the store's thread; everything by value, since a caller may be gone before them.
asio::awaitable<result<std::optional<memory>>> recall_in(std::shared_ptr<sqlite_database> database,
                                                         std::string address) {
    co_return database->recall(address);
}

asio::awaitable<result<void>> remember_in(std::shared_ptr<sqlite_database> database,
                                          std::string address, memory entry) {
    co_return database->remember(address, entry);
}

asio::awaitable<result<std::vector<rejected_certificate>>>
recall_rejected_in(std::shared_ptr<sqlite_database> database, std::string address) {
    co_return database->recall_rejected(address);
}

asio::awaitable<result<void>> remember_rejected_in(std::shared_ptr<sqlite_database> database,
                                                   std::string address,
                                                   std::vector<rejected_certificate> entries) {
    co_return database->remember_rejected(address, entries);
}

asio::awaitable<result<sealing>> recall_sealing_in(std::shared_ptr<sqlite_database> database,
                                                   std::string address) {
    co_return database->recall_sealing(address);
}

asio::awaitable<result<void>> remember_sealing_in(std::shared_ptr<sqlite_database> database,
                                                  std::string address, sealing entry) {
    co_return database->remember_sealing(address, entry);
}

asio::awaitable<result<std::optional<std::chrono::sys_seconds>>>
recall_directory_in(std::shared_ptr<sqlite_database> database, std::string domain) {
    co_return database->recall_directory(domain);
}

asio::awaitable<result<void>> remember_directory_in(std::shared_ptr<sqlite_database> database,
                                                    std::string domain,
                                                    std::chrono::sys_seconds when) {
    co_return database->remember_directory(domain, when);
}

} // namespace

// co_spawn completes on the executor of whoever awaits it: the caller's.
asio::awaitable<result<std::optional<memory>>> sqlite_store::recall(smtp::mailbox address) {
    const auto noting = troubles_; // this may be gone when the answer is there
    auto query = recall_in(database_, lookup_key(address));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->reading, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<void>> sqlite_store::remember(smtp::mailbox address, memory entry) {
    const auto noting = troubles_;
    auto query = remember_in(database_, lookup_key(address), std::move(entry));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->writing, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<std::vector<rejected_certificate>>>
sqlite_store::recall_rejected(smtp::mailbox address) {
    const auto noting = troubles_;
    auto query = recall_rejected_in(database_, lookup_key(address));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->reading, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<void>>
sqlite_store::remember_rejected(smtp::mailbox address, std::vector<rejected_certificate> entries) {
    const auto noting = troubles_;
    auto query = remember_rejected_in(database_, lookup_key(address), std::move(entries));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->writing, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<sealing>> sqlite_store::recall_sealing(smtp::mailbox address) {
    const auto noting = troubles_;
    auto query = recall_sealing_in(database_, lookup_key(address));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->reading, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<void>> sqlite_store::remember_sealing(smtp::mailbox address, sealing entry) {
    const auto noting = troubles_;
    auto query = remember_sealing_in(database_, lookup_key(address), entry);
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->writing, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<std::optional<std::chrono::sys_seconds>>>
sqlite_store::recall_directory(std::string domain) {
    const auto noting = troubles_;
    auto query = recall_directory_in(database_, std::move(domain));
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->reading, answer ? error_code() : answer.error());
    co_return answer;
}

asio::awaitable<result<void>> sqlite_store::remember_directory(std::string domain,
                                                               std::chrono::sys_seconds when) {
    const auto noting = troubles_;
    auto query = remember_directory_in(database_, std::move(domain), when);
    auto asked = asio::co_spawn(thread_.get_executor(), std::move(query), asio::use_awaitable);
    auto answer = co_await std::move(asked);
    noting->note(noting->writing, answer ? error_code() : answer.error());
    co_return answer;
}

} // namespace postseal::keys
