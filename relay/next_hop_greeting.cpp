// SPDX-License-Identifier: Apache-2.0
// From nothing to a connection that takes mail: connect, PROXY header, greeting, STARTTLS, XCLIENT,
// EHLO; and the same again for one that has hung up.
#include "relay/next_hop.hpp"

#include "smtp/xclient.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <stdexcept>
#include <utility>

namespace postseal::relay {

namespace {

using namespace std::chrono_literals;

// RFC 5321 §4.5.3.2: how long a client waits for each answer.
constexpr auto connect_patience = 30s;
constexpr auto greeting_patience = 5min;
constexpr auto command_patience = 5min;

// For a connection that may be dead; as Postfix's for the RSET to one of its own.
constexpr auto kept_patience = 20s;

smtp::reply ready() { return smtp::make_reply(250, "2.0.0", "Ok"); }

} // namespace

// The answer to the hello that the client asked for. Opportunistic TLS that fails costs the
// connection, and is not tried on the second. A next hop that refuses a hello on the way (the
// client's name may be what it dislikes) is prepared anew for the client's next one: what the
// settings ask for is never left out because the connection stands already.
asio::awaitable<smtp::reply> next_hop::meet(greeting kind) {
    greeted_ = kind;
    while (!prepared_) {
        if (!connection_) {
            co_await connect();
            auto reading = read_reply(greeting_patience, deadlines_.command);
            auto hello = co_await std::move(reading);
            if (!hello.positive()) {
                close();
                co_return hello;
            }
        }
        const bool had_failed = tls_failed_;
        auto preparing = prepare();
        auto prepared = co_await std::move(preparing);
        prepared_ = prepared.positive();
        if (prepared_) break;
        if (had_failed || !tls_failed_) co_return prepared;
        connection_->close();
        connection_.reset();
        lost_ = false;
    }
    auto saying = say_hello(kind);
    auto answer = co_await std::move(saying);
    co_return answer;
}

// The answer of a connection that another client has left, if there is one and it greets. One that
// does not, for whatever reason, is as if it had never been: nobody has been promised anything on
// it, and a new one will say what there is to say.
asio::awaitable<std::optional<smtp::reply>> next_hop::resume(greeting kind) {
    auto kept = kept_->take();
    if (!kept) co_return std::nullopt;
    connection_ = std::move(kept->stands);
    since_ = kept->since;
    messages_ = kept->messages;
    greeted_ = kind;
    prepared_ = true;
    try {
        auto saying = say_one_hello(kind, kept_patience);
        auto answer = co_await std::move(saying);
        if (answer.positive()) co_return answer;
    } catch (const std::exception&) {
        // It has closed, or says nothing.
    }
    if (!lost_) connection_->close_with("QUIT\r\n");
    connection_.reset();
    prepared_ = false;
    lost_ = false;
    co_return std::nullopt;
}

asio::awaitable<void> next_hop::connect() {
    auto finding = find_addresses();
    auto addresses = co_await std::move(finding);
    auto made = std::make_unique<connection>(asio::ip::tcp::socket(executor_));
    auto connecting =
        made->connect(std::move(addresses), within(connect_patience, deadlines_.command));
    co_await std::move(connecting);
    connection_ = std::move(made);
    since_ = std::chrono::steady_clock::now();
    messages_ = 0;
    refused_ = false;
    connection_->queue(client_.proxy_header);
}

asio::awaitable<std::vector<asio::ip::tcp::endpoint>> next_hop::find_addresses() {
    std::vector<asio::ip::tcp::endpoint> found;
    const auto& [host, port] = where_.address;
    boost::system::error_code is_name;
    const auto address = asio::ip::make_address(host, is_name);
    if (!is_name) { // the resolver would ask a thread of its own even for that
        found.emplace_back(address, port);
        co_return found;
    }
    asio::ip::tcp::resolver resolver(executor_);
    const auto service = std::to_string(port);
    auto resolving = resolver.async_resolve(host, service, asio::use_awaitable);
    const auto answers = co_await std::move(resolving);
    for (const auto& answer : answers)
        found.push_back(answer.endpoint());
    co_return found;
}

// What comes between the greeting and the client's own hello, where the settings ask for it.
asio::awaitable<smtp::reply> next_hop::prepare() {
    const bool wants_tls =
        where_.tls == hop_tls::verified || (where_.tls == hop_tls::opportunistic && !tls_failed_);
    if (wants_tls && !connection_->encrypted()) {
        auto asking = say_hello(greeting::ehlo);
        auto hello = co_await std::move(asking);
        if (!hello.positive()) co_return hello;
        if (offered_.starttls) {
            auto securing = secure();
            auto secured = co_await std::move(securing);
            if (!secured.positive()) co_return secured;
        } else if (where_.tls == hop_tls::verified) {
            co_return lose("it does not offer STARTTLS, and 'next_hop' says tls: verified");
        }
    }
    if (client_.client) {
        auto telling = tell_client();
        auto told = co_await std::move(telling);
        co_return told;
    }
    co_return ready();
}

// XCLIENT, which needs a hello before it to see what may be said, and one behind it, as it takes
// the conversation back to its start.
asio::awaitable<smtp::reply> next_hop::tell_client() {
    auto asking = say_hello(greeting::ehlo);
    auto answer = co_await std::move(asking);
    if (!answer.positive()) co_return answer;
    smtp::xclient told;
    told.source = client_.client->source;
    told.destination = client_.client->destination;
    told.helo = greeted_as_;
    told.proto =
        greeted_ == greeting::ehlo ? smtp::client_protocol::esmtp : smtp::client_protocol::smtp;
    const auto lines = smtp::xclient_lines(told, offered_);
    if (!lines) {
        close();
        co_return lines.error();
    }
    for (const auto& line : *lines) {
        auto conversing = converse(line);
        answer = co_await std::move(conversing);
        if (!answer.positive()) co_return lose("it refused XCLIENT: " + smtp::to_log(answer));
    }
    co_return ready();
}

// STARTTLS as a client (RFC 3207). Whatever is said behind the go-ahead in clear is somebody
// else's; whatever was said before it is forgotten.
asio::awaitable<smtp::reply> next_hop::secure() {
    auto asking = converse("STARTTLS");
    auto answer = co_await std::move(asking);
    if (!answer.positive()) {
        if (where_.tls == hop_tls::opportunistic && !lost_) co_return ready();
        co_return lose("it refused STARTTLS, and 'next_hop' says tls: verified");
    }
    if (connection_->has_input()) co_return lose("it spoke between STARTTLS and the handshake");
    offered_ = {};
    std::string failure;
    try {
        auto connecting =
            connection_->connect_tls(where_.context, where_.proof, handshake_patience);
        co_await std::move(connecting);
        co_return ready();
    } catch (const std::exception& e) {
        failure = reason(e);
    }
    tls_failed_ = where_.tls == hop_tls::opportunistic;
    co_return lose("TLS with it failed: " + failure);
}

asio::awaitable<smtp::reply> next_hop::say_hello(greeting kind) {
    if (connection_->has_input()) co_return lose("it spoke before it was asked");
    if (kind == greeting::ehlo) {
        auto saying = say_one_hello(greeting::ehlo, command_patience);
        auto answer = co_await std::move(saying);
        // 500 and 502: a server from before ESMTP. Anything else is its decision.
        if (answer.code != 500 && answer.code != 502) co_return answer;
    }
    auto saying = say_one_hello(greeting::helo, command_patience);
    auto answer = co_await std::move(saying);
    co_return answer;
}

asio::awaitable<smtp::reply> next_hop::say_one_hello(greeting kind, std::chrono::seconds patience) {
    const bool extended = kind == greeting::ehlo;
    connection_->queue((extended ? "EHLO " : "HELO ") + greeted_as_ + "\r\n");
    auto reading = read_reply(patience, deadlines_.command);
    auto answer = co_await std::move(reading);
    offered_ = smtp::extensions();
    if (extended && answer.positive()) offered_ = smtp::read_extensions(answer);
    // Only a connection that is verified keeps what the mail asks for (RFC 8689 §4.2.1).
    if (where_.tls != hop_tls::verified) offered_.requiretls = false;
    co_return answer;
}

// A new connection in the place of one that has hung up, which is told what that one had accepted.
// One that takes less now than it did then has not accepted it.
asio::awaitable<smtp::reply> next_hop::call_again() {
    connection_->close();
    connection_.reset();
    prepared_ = false;
    std::string failure;
    try {
        auto meeting = meet(greeted_);
        auto answer = co_await std::move(meeting);
        if (!answer.positive()) co_return answer.code == 421 ? answer : lose(smtp::to_log(answer));
        for (const auto& line : transaction_) {
            auto conversing = converse(line);
            answer = co_await std::move(conversing);
            if (!answer.positive())
                co_return lose("it had hung up, and now says: " + smtp::to_log(answer));
        }
        co_return ready();
    } catch (const std::exception& e) {
        failure = reason(e);
    }
    co_return lose(failure);
}

} // namespace postseal::relay
