// SPDX-License-Identifier: Apache-2.0
// Servers that an administrator has named, with plain HTTP or behind a proxy.
#include "keys/https_client.hpp"
#include "tests/unit/keys/awaited.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/test/unit_test.hpp>

#include <ostream>
#include <thread>

namespace asio = boost::asio;
namespace smtp = postseal::smtp;
using asio::ip::tcp;
using namespace postseal::keys;
using namespace std::chrono_literals;
using namespace std::string_literals;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, https_status status) {
    return out << "status " << static_cast<int>(status);
}
} // namespace postseal::keys

namespace {

/// Takes one connection, and answers each piece that it hears with the next of its lines.
class canned_server {
  public:
    explicit canned_server(std::vector<std::string> lines)
        : lines_(std::move(lines)), thread_([this] { serve(); }) {}
    ~canned_server() {
        boost::system::error_code ignored;
        tcp::socket waker(context_); // where nobody has come
        waker.connect(acceptor_.local_endpoint(), ignored);
        waker.close(ignored);
        thread_.join();
    }

    [[nodiscard]] std::string at() const {
        return "127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port());
    }
    /// Once the client has its answer.
    [[nodiscard]] const std::string& heard() const { return heard_; }

  private:
    void serve() {
        boost::system::error_code failed;
        auto peer = acceptor_.accept(failed);
        for (const auto& line : lines_) {
            std::array<char, 4096> piece{};
            const auto size = peer.read_some(asio::buffer(piece), failed);
            if (failed) return;
            heard_.append(piece.data(), size);
            asio::write(peer, asio::buffer(line), failed);
        }
    }

    asio::io_context context_;
    tcp::acceptor acceptor_{context_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::vector<std::string> lines_;
    std::string heard_;
    std::thread thread_;
};

https_answer get(std::string url, std::string proxy, chosen_by chosen = chosen_by::correspondent,
                 bool allow = false) {
    https_client_settings settings;
    if (allow) settings.allow_networks = {*smtp::parse_ip_network("127.0.0.0/8")};
    https_client client(settings);
    https_request request;
    request.url = std::move(url);
    request.timeout = 20s;
    request.proxy = std::move(proxy);
    request.chosen = chosen;
    return awaited(client.get(std::move(request)));
}

const std::string nobodys = "https://no-such-host.invalid/key";
const std::string socks_hello = "\x05\x00"s;

std::string socks_refusal(char code) {
    return "\x05"s + code + "\x00\x01\x00\x00\x00\x00\x00\x00"s;
}

} // namespace

BOOST_AUTO_TEST_SUITE(https_proxy_test)

BOOST_AUTO_TEST_CASE(plain_http_is_for_servers_that_the_administrator_has_named) {
    canned_server server({"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\na key"});
    const auto url = "http://" + server.at() + "/key";
    const auto refused = get(url, {}, chosen_by::correspondent, true);
    BOOST_TEST(refused.status == https_status::unreachable);
    BOOST_TEST(refused.detail == "not a URL that may be asked");
    // A private address is one all the same, whoever has written it.
    BOOST_TEST(get(url, {}, chosen_by::administrator).status == https_status::forbidden_peer);
    const auto heard = get(url, {}, chosen_by::administrator, true);
    BOOST_TEST(heard.body == "a key", heard.detail);
}

BOOST_AUTO_TEST_CASE(a_proxy_that_cannot_be_reached_says_nothing_about_the_host) {
    for (const auto* proxy :
         {"http://127.0.0.1:1", "socks5h://127.0.0.1:1", "http://no-such-proxy.invalid:3128"}) {
        const auto heard = get(nobodys, proxy);
        BOOST_TEST(heard.status == https_status::resolver_failed, proxy << ": " << heard.detail);
    }
}

BOOST_AUTO_TEST_CASE(the_proxy_resolves_the_name_and_what_it_says_of_the_host_counts) {
    struct row {
        std::vector<std::string> proxy;
        https_status meant;
    };
    using enum https_status;
    const row socks[] = {
        {{socks_hello, socks_refusal('\x01')}, resolver_failed}, // general failure
        {{socks_hello, socks_refusal('\x02')}, resolver_failed}, // not allowed
        {{socks_hello, socks_refusal('\x04')}, proxy_failed}, // host unreachable, or the proxy is
        {{socks_hello, socks_refusal('\x05')}, unreachable},  // connection refused
        {{socks_hello, socks_refusal('\x06')}, resolver_failed}, // took too long
        {{"\x05\xff"s}, resolver_failed},                        // wants a login
    };
    for (const auto& row : socks) {
        canned_server proxy(row.proxy);
        const auto heard = get(nobodys, "socks5h://" + proxy.at());
        BOOST_TEST(heard.status == row.meant, heard.detail);
        if (row.proxy.size() > 1)
            BOOST_TEST(proxy.heard().find("no-such-host.invalid") != std::string::npos);
    }
    const row http[] = {
        {{"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"}, proxy_failed},
        {{"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"}, proxy_failed},
        {{"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}, resolver_failed},
        {{"HTTP/1.1 407 Authenticate\r\nContent-Length: 0\r\n\r\n"}, resolver_failed},
        {{"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}, resolver_failed},
    };
    for (const auto& row : http) {
        canned_server proxy(row.proxy);
        const auto heard = get(nobodys, "http://" + proxy.at());
        BOOST_TEST(heard.status == row.meant, heard.detail);
        BOOST_TEST(proxy.heard().starts_with("CONNECT no-such-host.invalid:443 "), proxy.heard());
    }
}

BOOST_AUTO_TEST_CASE(our_own_name_servers_do_not_hear_of_it) {
    // They know an address of this one, so that it would be told from a host that does not exist.
    canned_server proxy({socks_hello, socks_refusal('\x04')});
    const auto heard = get("https://localhost/key", "socks5h://" + proxy.at());
    BOOST_TEST(heard.status == https_status::proxy_failed, heard.detail);
}

BOOST_AUTO_TEST_CASE(the_environment_makes_no_exceptions_from_the_proxy) {
    setenv("no_proxy", "*", 1);
    canned_server proxy({"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"});
    const auto heard = get("https://127.0.0.1:1/", "http://" + proxy.at());
    unsetenv("no_proxy");
    BOOST_TEST(heard.status == https_status::proxy_failed, heard.detail);
    BOOST_TEST(proxy.heard().starts_with("CONNECT "), proxy.heard());
}

BOOST_AUTO_TEST_SUITE_END()
