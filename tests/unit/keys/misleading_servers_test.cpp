// SPDX-License-Identifier: Apache-2.0
// Redirects and name servers that would lead a lookup to machines that only we can reach: nothing
// connects there. A listener counts.
#include "keys/https_client.hpp"
#include "keys/wkd_source.hpp"
#include "tests/unit/keys/awaited.hpp"
#include "tests/unit/keys/scripted_resolver.hpp"
#include "tests/unit/keys/tls_server.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/test/unit_test.hpp>

#include <optional>
#include <ostream>

namespace asio = boost::asio;
namespace smtp = postseal::smtp;
using asio::ip::tcp;
using namespace postseal::keys;
using namespace std::chrono_literals;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, outcome what) { return out << to_string(what); }
static std::ostream& operator<<(std::ostream& out, https_status status) {
    return out << "status " << static_cast<int>(status);
}
} // namespace postseal::keys

namespace {

constexpr auto outside = "127.0.0.1"; // stands for the public Internet where a test allows it
constexpr auto inside = "127.0.0.2";  // only we can reach

/// Whoever connects is counted, and hears nothing.
class trap {
  public:
    explicit trap(std::uint16_t port = 0)
        : acceptor_(context_, tcp::endpoint(asio::ip::make_address(inside), port)) {
        acceptor_.non_blocking(true);
    }
    [[nodiscard]] std::string at() const {
        return inside + (":" + std::to_string(acceptor_.local_endpoint().port()));
    }
    int visitors() {
        boost::system::error_code none_left;
        for (;; ++visitors_) {
            const auto visitor = acceptor_.accept(none_left);
            if (none_left) return visitors_;
        }
    }

  private:
    asio::io_context context_;
    tcp::acceptor acceptor_;
    int visitors_ = 0;
};

https_client_settings settings_for(const test::tls_server& server,
                                   std::vector<std::string_view> allowed) {
    https_client_settings settings;
    for (const auto network : allowed)
        settings.allow_networks.push_back(*smtp::parse_ip_network(network));
    settings.ca_file = server.ca_file();
    return settings;
}

https_answer get(https_client& client, const std::string& url,
                 chosen_by chosen = chosen_by::correspondent) {
    https_request request;
    request.url = url;
    request.timeout = 20s;
    request.chosen = chosen;
    return awaited(client.get(std::move(request)));
}

/// joe@corp.org, whose domain has a directory that redirects where a test says.
struct redirecting_directory {
    test::tls_server server{"openpgpkey.corp.org"};
    trap caught;
    test::scripted_resolver names;
    std::vector<fixed_address> resolve;
    std::vector<fixed_address> configured; // as the directory knows it
    std::vector<std::string_view> allowed{outside};
    std::chrono::milliseconds patience = 20s;
    std::optional<https_client> client; // made when it is needed

    redirecting_directory() {
        resolve.push_back(*parse_fixed_address("openpgpkey.corp.org:443:127.0.0.1:" +
                                               std::to_string(server.port())));
        names.say("no-such-host-fzq4x7.corp.org", {{}});
    }
    answer ask(const std::string& location) {
        server.redirect_everything_to(location);
        if (!client) {
            auto settings = settings_for(server, allowed);
            settings.resolve = resolve;
            client.emplace(settings);
        }
        wkd_settings ours;
        ours.resolve = configured;
        ours.timeout = patience;
        wkd_source source(client->as_function(), ours);
        return awaited(source.ask({"joe", "corp.org"}));
    }
};

} // namespace

BOOST_AUTO_TEST_SUITE(misleading_servers_test)

BOOST_AUTO_TEST_CASE(a_redirect_to_an_address_another_port_or_http_is_not_followed) {
    redirecting_directory directory;
    // Whatever is asked for beside the directory itself leads to the trap, which may be reached.
    // The administrator has said where the directory is, so that no other host is asked in its
    // place.
    directory.configured = directory.resolve;
    directory.resolve.push_back(*parse_fixed_address("*:443:" + directory.caught.at()));
    directory.resolve.push_back(*parse_fixed_address("*:80:" + directory.caught.at()));
    directory.allowed = {"127.0.0.0/8"};
    for (const auto* location :
         {"http://127.0.0.1/",
          "https://127.0.0.1/",
          "https://127.0.0.1:443/",
          "https://169.254.169.254/latest/meta-data/",
          "http://169.254.169.254/latest/meta-data/",
          "https://[::1]/",
          "https://[::ffff:127.0.0.1]/",
          "https://[::ffff:7f00:1]/",
          "https://[fd00::1]/",
          "https://2130706433/",
          "https://0x7f000001/",
          "https://0x7f.1/",
          "https://0177.0.0.1/",
          "https://127.1/",
          "https://0/",
          "https://localhost/",
          "https://localhost./",
          "https://intranet/",
          "https://\xef\xbc\x91\xef\xbc\x92\xef\xbc\x97.0.0.1/", // full-width digits
          "https://127\xe3\x80\x82"                              // ideographic full stops
          "0\xe3\x80\x82"
          "0\xe3\x80\x82"
          "1/",
          "https://%31%32%37.0.0.1/",
          "http://openpgpkey.corp.org/",
          "http://corp.org/",
          "https://corp.org:80/",
          "https://openpgpkey.corp.org:8443/",
          "https://joe@corp.org/",
          "https://corp.org@127.0.0.1/",
          "https://127.0.0.1\\@corp.org/",
          "ftp://corp.org/",
          "file:///etc/passwd",
          "gopher://127.0.0.1:25/_HELO",
          "//127.0.0.1/"}) {
        const auto said = directory.ask(location);
        BOOST_TEST(said.result == outcome::temporary, location << ": " << said.reason);
        BOOST_TEST(said.reason.find("redirects where we do not follow") != said.reason.npos,
                   location << ": " << said.reason);
    }
    BOOST_TEST(directory.caught.visitors() == 0);
    // It does catch.
    directory.patience = 500ms;
    BOOST_TEST(directory.ask("https://other.corp.net/").result == outcome::temporary);
    BOOST_TEST(directory.caught.visitors() == 1);
}

BOOST_AUTO_TEST_CASE(a_redirect_to_a_name_that_leads_inside_is_not_followed) {
    redirecting_directory directory;
    directory.resolve.push_back(
        *parse_fixed_address("inside.corp.net:443:" + directory.caught.at()));
    directory.names.say("metadata.corp.net", {{"169.254.169.254"}});
    directory.names.say("loopback.corp.net", {{outside, "::1", "::ffff:127.0.0.1"}});
    directory.allowed = {outside};
    for (const auto* location : {"https://inside.corp.net/", "https://metadata.corp.net/"}) {
        const auto said = directory.ask(location);
        BOOST_TEST(said.result == outcome::temporary, location << ": " << said.reason);
        BOOST_TEST(said.reason.find("no public address") != said.reason.npos, said.reason);
        BOOST_TEST(!said.authoritative);
    }
    BOOST_TEST(directory.caught.visitors() == 0);
}

BOOST_AUTO_TEST_CASE(redirects_in_a_circle_come_to_an_end) {
    redirecting_directory directory;
    const auto said = directory.ask("https://openpgpkey.corp.org/again");
    BOOST_TEST(said.result == outcome::temporary);
    BOOST_TEST(said.reason.find("redirects too often") != said.reason.npos, said.reason);
    BOOST_TEST(directory.server.requests() == 4);
}

BOOST_AUTO_TEST_CASE(a_name_that_leads_inside_is_not_reached) {
    test::scripted_resolver names;
    trap caught;
    const auto port = caught.at().substr(caught.at().find(':'));
    for (const auto* address : {inside, "10.0.0.1", "169.254.169.254", "192.168.1.1", "0.0.0.0",
                                "::1", "::", "::ffff:127.0.0.2", "fd00::1", "fe80::1"}) {
        names.say("corp.org", {{address}});
        for (const auto chosen : {chosen_by::correspondent, chosen_by::administrator}) {
            https_client client({}); // one that remembers nothing
            const auto heard = get(client, "https://corp.org" + port + "/key", chosen);
            BOOST_TEST(heard.status == https_status::forbidden_peer,
                       address << ": " << heard.detail);
        }
    }
    BOOST_TEST(caught.visitors() == 0);
}

BOOST_AUTO_TEST_CASE(name_servers_that_change_their_answer_lead_nowhere) {
    const test::tls_server server("corp.org");
    test::scripted_resolver names;
    trap caught(server.port()); // where the second answer leads
    const auto url = "https://corp.org:" + std::to_string(server.port()) + "/key";
    names.say("corp.org", {{outside}, {inside}});
    https_client before(settings_for(server, {outside}));
    BOOST_TEST(get(before, url).body == "a key");

    https_client after(settings_for(server, {outside})); // one that remembers nothing
    const auto heard = get(after, url);
    BOOST_TEST(heard.status == https_status::forbidden_peer, heard.detail);
    BOOST_TEST(names.times_asked("corp.org") == 2);

    // Both in one answer: the one is reached, the other is not even tried.
    names.say("corp.org", {{inside, outside}});
    https_client both(settings_for(server, {outside}));
    BOOST_TEST(get(both, url).body == "a key");
    BOOST_TEST(caught.visitors() == 0);
}

BOOST_AUTO_TEST_CASE(name_servers_that_fail_are_told_from_a_name_that_does_not_exist) {
    test::scripted_resolver names;
    https_client client({});
    names.fail("corp.org");
    BOOST_TEST(get(client, "https://corp.org/").status == https_status::resolver_failed);
    names.say("corp.org", {{}});
    BOOST_TEST(get(client, "https://corp.org/").status == https_status::no_such_host);
}

BOOST_AUTO_TEST_CASE(a_name_is_asked_for_once) {
    // What the name servers say the second time could be something else.
    test::scripted_resolver names;
    https_client client({});
    names.say("corp.org", {{}, {inside}});
    BOOST_TEST(get(client, "https://corp.org/").status == https_status::no_such_host);
    names.say("corp.net", {{inside}});
    BOOST_TEST(get(client, "https://corp.net/").status == https_status::forbidden_peer);
    BOOST_TEST(names.times_asked("corp.org") == 1);
    BOOST_TEST(names.times_asked("corp.net") == 1);
}

BOOST_AUTO_TEST_CASE(name_servers_that_never_answer_are_no_evidence) {
    test::scripted_resolver names;
    names.hang("corp.org");
    https_client client({});
    https_request request;
    request.url = "https://corp.org/";
    request.timeout = 200ms;
    const auto heard = awaited(client.get(request));
    BOOST_TEST(heard.status == https_status::resolver_failed, heard.detail);
    // Whoever asks may be gone before they answer; so may the client.
}

BOOST_AUTO_TEST_SUITE_END()
