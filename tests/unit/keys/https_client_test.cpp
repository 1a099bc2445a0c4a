// SPDX-License-Identifier: Apache-2.0
#include "keys/https_client.hpp"

#include "keys/name_lookup.hpp"
#include "tests/unit/keys/tls_server.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <fstream>
#include <thread>

namespace asio = boost::asio;
namespace smtp = postseal::smtp;
using namespace postseal::keys;
using namespace std::chrono_literals;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, https_status status) {
    return out << "status " << static_cast<int>(status);
}
} // namespace postseal::keys

namespace {

constexpr auto host = "keys.example.org";

https_client_settings settings_for(const test::tls_server& server) {
    https_client_settings settings;
    settings.allow_networks = {*smtp::parse_ip_network("127.0.0.0/8")};
    settings.resolve = {*parse_fixed_address("*:443:127.0.0.1:" + std::to_string(server.port()))};
    settings.ca_file = server.ca_file();
    return settings;
}

https_request request_for(std::string url, std::chrono::milliseconds timeout = 20s) {
    https_request request;
    request.url = std::move(url);
    request.timeout = timeout; // generous where a test does not wait for it: machines are slow
    return request;
}

asio::awaitable<void> ask(https_client& client, https_request request, https_answer& heard) {
    auto asked = client.get(std::move(request));
    heard = co_await std::move(asked);
}

https_answer get(https_client& client, https_request request) {
    asio::io_context context;
    https_answer heard;
    auto done = asio::co_spawn(context, ask(client, std::move(request), heard), asio::use_future);
    context.run();
    done.get();
    return heard;
}

https_answer get(const std::string& path, std::chrono::milliseconds timeout = 20s) {
    const test::tls_server server(host);
    https_client client(settings_for(server));
    return get(client, request_for("https://keys.example.org" + path, timeout));
}

} // namespace

BOOST_AUTO_TEST_SUITE(https_client_test)

BOOST_AUTO_TEST_CASE(a_key_is_fetched) {
    const auto heard = get("/key");
    BOOST_TEST(heard.status == https_status::answered, heard.detail);
    BOOST_TEST(heard.code == 200);
    BOOST_TEST(heard.body == "a key");
    BOOST_TEST(heard.content_type == "application/octet-stream");
}

BOOST_AUTO_TEST_CASE(the_request_says_nothing_about_us) {
    const auto request = get("/echo").body;
    BOOST_TEST(request.starts_with("GET /echo HTTP/1.1\r\nHost: keys.example.org\r\n"), request);
    for (const auto* field : {"User-Agent", "Accept-Encoding", "Cookie", "Referer", "curl"})
        BOOST_TEST(request.find(field) == request.npos, field << " in " << request);
}

BOOST_AUTO_TEST_CASE(an_answer_that_is_not_200_is_complete_with_its_header) {
    const auto heard = get("/missing"); // its body is four times the limit
    BOOST_TEST(heard.status == https_status::answered, heard.detail);
    BOOST_TEST(heard.code == 404);
    BOOST_TEST(heard.body.empty());
}

BOOST_AUTO_TEST_CASE(a_redirect_is_reported_and_not_followed) {
    const auto heard = get("/redirect");
    BOOST_TEST(heard.status == https_status::answered, heard.detail);
    BOOST_TEST(heard.code == 302);
    BOOST_TEST(heard.location == "https://keys.example.org/key");
    BOOST_TEST(heard.body.empty());
}

BOOST_AUTO_TEST_CASE(who_has_been_asked_too_often_says_when_to_come_back) {
    const auto heard = get("/busy");
    BOOST_TEST(heard.code == 429);
    BOOST_CHECK(heard.retry_after == 17s);
    BOOST_CHECK(get("/missing").retry_after == 0s);
}

BOOST_AUTO_TEST_CASE(html_is_an_answer_with_its_type) {
    const auto heard = get("/html");
    BOOST_TEST(heard.status == https_status::answered, heard.detail);
    BOOST_TEST(heard.content_type == "text/html");
    BOOST_TEST(heard.body == "<html>");
}

BOOST_AUTO_TEST_CASE(a_huge_body_is_cut_off) {
    for (const auto* path : {"/huge", "/chunks"}) {
        const test::tls_server server(host);
        https_client client(settings_for(server));
        const auto heard = get(client, request_for(std::string("https://keys.example.org") + path));
        BOOST_TEST(heard.status == https_status::body_too_large, path << ": " << heard.detail);
        BOOST_TEST(heard.code == 200);
        BOOST_TEST(heard.body.empty());
        // 200 MB were on offer; what left the server is the limit and what the sockets hold.
        BOOST_TEST(server.octets_sent() < 32'000'000u);
    }
}

BOOST_AUTO_TEST_CASE(what_is_compressed_though_nobody_asked_for_it_stays_so) {
    const auto body = get("/gzip").body;
    BOOST_TEST(body.size() == 39U);
    BOOST_TEST(body.starts_with("\x1f\x8b"));
}

BOOST_AUTO_TEST_CASE(a_body_of_exactly_the_limit_is_taken) {
    const test::tls_server server(host);
    https_client client(settings_for(server));
    auto request = request_for("https://keys.example.org/key");
    request.max_body = 5;
    BOOST_TEST(get(client, request).body == "a key");
    request.max_body = 4;
    BOOST_TEST(get(client, request).status == https_status::body_too_large);
}

BOOST_AUTO_TEST_CASE(an_endless_header_is_cut_off) {
    for (const auto* path : {"/headers", "/field", "/continue"}) {
        const auto heard = get(path);
        BOOST_TEST(heard.status == https_status::too_large, path << ": " << heard.detail);
    }
}

BOOST_AUTO_TEST_CASE(a_server_that_drips_or_is_silent_runs_out_of_time) {
    for (const auto* path : {"/drip", "/fields", "/silent"}) {
        const auto heard = get(path, 500ms);
        BOOST_TEST(heard.status == https_status::timed_out, path << ": " << heard.detail);
    }
}

BOOST_AUTO_TEST_CASE(a_lost_connection_is_unreachable) {
    const auto heard = get("/hangup");
    BOOST_TEST(heard.status == https_status::unreachable, heard.detail);
}

BOOST_AUTO_TEST_CASE(a_port_where_nobody_listens_is_unreachable) {
    https_client_settings settings;
    settings.allow_networks = {*smtp::parse_ip_network("127.0.0.0/8")};
    settings.resolve = {*parse_fixed_address("keys.example.org:443:127.0.0.1:1")};
    https_client client(settings);
    const auto heard = get(client, request_for("https://keys.example.org/key"));
    BOOST_TEST(heard.status == https_status::unreachable, heard.detail);
}

// The name servers of the machine that runs this are nobody's business: these two are answered
// without them, by /etc/hosts and by the rules for names.
BOOST_AUTO_TEST_CASE(a_name_without_address_is_told_from_name_servers_that_fail) {
    const auto verdict = [](const std::string& name) {
        const name_lookup asked(name, [] {});
        while (asked.result() == name_lookup::verdict::pending)
            std::this_thread::sleep_for(1ms);
        return asked.result();
    };
    BOOST_TEST((verdict("localhost") == name_lookup::verdict::found));
    const auto impossible = std::string(64, 'a') + ".example.org"; // a label is 63 octets at most
    BOOST_TEST((verdict(impossible) == name_lookup::verdict::no_address));

    https_client client({});
    const auto heard = get(client, request_for("https://" + impossible + "/key"));
    BOOST_TEST(heard.status == https_status::no_such_host, heard.detail);
}

BOOST_AUTO_TEST_CASE(private_addresses_are_refused_in_every_spelling) {
    https_client client({});
    for (const auto* url :
         {"https://127.0.0.1/", "https://[::1]/", "https://[::ffff:127.0.0.1]/",
          "https://2130706433/", "https://0x7f.1/", "https://127.1/", "https://0/",
          "https://localhost/", "https://169.254.169.254/latest/meta-data/", "https://[fd00::1]/",
          "https://10.0.0.1/"}) {
        const auto heard = get(client, request_for(url));
        BOOST_TEST(heard.status == https_status::forbidden_peer, url << ": " << heard.detail);
    }
}

BOOST_AUTO_TEST_CASE(a_configured_address_still_has_to_be_allowed) {
    const test::tls_server server(host);
    auto settings = settings_for(server);
    settings.allow_networks.clear();
    https_client client(settings);
    const auto heard = get(client, request_for("https://keys.example.org/key"));
    BOOST_TEST(heard.status == https_status::forbidden_peer, heard.detail);
    BOOST_TEST(server.most_connections_at_once() == 0);
}

BOOST_AUTO_TEST_CASE(only_https_urls_are_asked) {
    https_client client({});
    for (const auto* url : {"http://keys.example.org/", "file:///etc/passwd", "ftp://127.0.0.1/",
                            "https://user:secret@keys.example.org/", "keys.example.org", ""})
        BOOST_TEST(get(client, request_for(url)).status == https_status::unreachable, url);
}

BOOST_AUTO_TEST_CASE(a_certificate_has_to_be_trusted_and_for_the_host) {
    const test::tls_server server(host);
    https_client client(settings_for(server));
    const auto other = get(client, request_for("https://other.example.org/key"));
    BOOST_TEST(other.status == https_status::tls_wrong_name, other.detail);

    auto settings = settings_for(server);
    settings.ca_file.clear();
    https_client distrustful(settings);
    const auto unknown = get(distrustful, request_for("https://keys.example.org/key"));
    BOOST_TEST(unknown.status == https_status::tls_failed, unknown.detail);

    // For another host, by an authority that is not trusted either: that is no honest mistake.
    const auto neither = get(distrustful, request_for("https://other.example.org/key"));
    BOOST_TEST(neither.status == https_status::tls_failed, neither.detail);
}

BOOST_AUTO_TEST_CASE(a_certificate_has_to_be_of_today) {
    using enum test::tls_server::certificate;
    for (const auto shows : {expired, from_tomorrow}) {
        const test::tls_server server(host, shows);
        https_client client(settings_for(server));
        const auto heard = get(client, request_for("https://keys.example.org/key"));
        BOOST_TEST(heard.status == https_status::tls_failed, heard.detail);
        const auto other = get(client, request_for("https://other.example.org/key"));
        BOOST_TEST(other.status == https_status::tls_failed, other.detail);
        BOOST_TEST(server.requests() == 0, "something was asked over a bad connection");
    }
}

BOOST_AUTO_TEST_CASE(certificates_of_other_authorities_are_trusted_beside_the_systems) {
    // Both in one file, and the second one counts too.
    const test::tls_server first("first.example.org");
    const test::tls_server second(host);
    auto settings = settings_for(second);
    settings.ca_file = std::filesystem::path(second.ca_file()) += ".both";
    std::ofstream(settings.ca_file)
        << std::ifstream(first.ca_file()).rdbuf() << std::ifstream(second.ca_file()).rdbuf();
    https_client client(settings);
    std::filesystem::remove(settings.ca_file);
    const auto heard = get(client, request_for("https://keys.example.org/key"));
    BOOST_TEST(heard.body == "a key", heard.detail);
}

BOOST_AUTO_TEST_CASE(certificates_that_cannot_be_read_are_a_mistake_at_the_start) {
    https_client_settings settings;
    for (const auto* file : {"/nonexistent/ca.pem", "/dev/null", "/proc/self/exe"}) {
        settings.ca_file = file;
        BOOST_CHECK_THROW(https_client{settings}, std::runtime_error);
    }
}

BOOST_AUTO_TEST_CASE(the_environments_proxy_is_not_used) {
    setenv("https_proxy", "http://127.0.0.1:1", 1);
    setenv("ALL_PROXY", "http://127.0.0.1:1", 1);
    const auto heard = get("/key");
    unsetenv("https_proxy");
    unsetenv("ALL_PROXY");
    BOOST_TEST(heard.code == 200, heard.detail);
}

BOOST_AUTO_TEST_CASE(a_host_gets_few_connections_and_every_request_its_turn) {
    const test::tls_server server(host);
    https_client client(settings_for(server));
    asio::io_context context;
    std::vector<https_answer> heard(100);
    for (auto& one : heard)
        asio::co_spawn(context, ask(client, request_for("https://keys.example.org/key"), one),
                       asio::detached);
    context.run();
    for (const auto& one : heard)
        BOOST_TEST(one.body == "a key", one.detail);
    BOOST_TEST(server.most_connections_at_once() <= 8);
}

BOOST_AUTO_TEST_CASE(a_request_that_never_gets_a_turn_is_no_evidence_of_anything) {
    const test::tls_server server(host);
    https_client client(settings_for(server));
    asio::io_context context;
    std::vector<https_answer> slow(8);
    for (auto& one : slow)
        asio::co_spawn(context,
                       ask(client, request_for("https://keys.example.org/silent", 2s), one),
                       asio::detached);
    https_answer late;
    asio::co_spawn(context, ask(client, request_for("https://keys.example.org/key", 200ms), late),
                   asio::detached);
    context.run();
    BOOST_TEST(late.status == https_status::not_asked, late.detail);
}

BOOST_AUTO_TEST_CASE(whoever_waits_hears_when_the_client_ends) {
    const test::tls_server server(host);
    auto client = std::make_unique<https_client>(settings_for(server));
    const auto later = client->as_function();
    asio::io_context context;
    https_answer heard;
    asio::co_spawn(context, ask(*client, request_for("https://keys.example.org/silent"), heard),
                   asio::detached);
    context.poll();
    client.reset();
    context.run();
    BOOST_TEST(heard.status == https_status::not_asked, heard.detail);

    context.restart();
    auto refused = asio::co_spawn(context, later(request_for("https://keys.example.org/key")),
                                  asio::use_future);
    context.run();
    BOOST_TEST(refused.get().status == https_status::not_asked);
}

BOOST_AUTO_TEST_CASE(a_caller_may_be_destroyed_while_it_waits) {
    const test::tls_server server(host);
    https_client client(settings_for(server));
    https_answer heard;
    {
        asio::io_context context;
        asio::co_spawn(context, ask(client, request_for("https://keys.example.org/silent"), heard),
                       asio::detached);
        context.poll();
        for (int tries = 0; server.connections() == 0 && tries < 1000; ++tries)
            std::this_thread::sleep_for(10ms);
    } // the coroutine ends with its context
    // Long before the transfer would end by itself, after 3 s as a slow one.
    for (int tries = 0; server.connections() > 0 && tries < 200; ++tries)
        std::this_thread::sleep_for(10ms);
    BOOST_TEST(server.connections() == 0, "the transfer goes with its caller");
    BOOST_TEST(get(client, request_for("https://keys.example.org/key")).body == "a key");
}

BOOST_AUTO_TEST_CASE(fixed_addresses_are_read_strictly) {
    struct row {
        std::string_view text;
        std::string_view address; // empty: refused
        std::uint16_t connect_port;
    };
    const row table[] = {
        {"keys.example.org:443:192.0.2.1", "192.0.2.1", 443},
        {"Keys.Example.org:443:192.0.2.1:8443", "192.0.2.1", 8443},
        {"*:443:::1", "::1", 443},
        {"*:443:[2001:db8::1]", "2001:db8::1", 443},
        {"*:443:[2001:db8::1]:8443", "2001:db8::1", 8443},
        {"keys.example.org:443", "", 0},
        {"keys.example.org:443:", "", 0},
        {"keys.example.org:0:192.0.2.1", "", 0},
        {"keys.example.org:65536:192.0.2.1", "", 0},
        {"keys.example.org:443:192.0.2.1:", "", 0},
        {"keys.example.org:443:[::1]:", "", 0},
        {"keys.example.org:443:[::1", "", 0},
        {"keys.example.org:443:[::1]8443", "", 0},
        {"keys.example.org:443:192.0.2.0/24", "", 0},
        {"keys.example.org:443:elsewhere.example", "", 0},
        {"keys example:443:192.0.2.1", "", 0},
        {":443:192.0.2.1", "", 0},
        {"", "", 0},
    };
    for (const auto& row : table) {
        const auto read = parse_fixed_address(row.text);
        BOOST_TEST_CONTEXT(row.text) {
            BOOST_TEST((read ? read->address.to_string() : "") == row.address);
            if (read) BOOST_TEST(read->connect_port == row.connect_port);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
