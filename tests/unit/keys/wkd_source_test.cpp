// SPDX-License-Identifier: Apache-2.0
#include "keys/wkd_source.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include <map>

namespace asio = boost::asio;
using namespace postseal;
using namespace postseal::keys;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, outcome what) { return out << to_string(what); }
} // namespace postseal::keys

namespace {

https_answer code(int number, std::string body = {}, std::string type = {}) {
    https_answer made;
    made.status = https_status::answered;
    made.code = number;
    made.body = std::move(body);
    made.content_type = std::move(type);
    return made;
}

https_answer failed(https_status status) {
    https_answer made;
    made.status = status;
    return made;
}

https_answer redirect(std::string location, int number = 302) {
    auto made = code(number);
    made.location = std::move(location);
    return made;
}

const std::string a_key = "\x99 packets";
const https_answer key = code(200, a_key);
const https_answer page = code(200, "<!doctype html>", "text/html; charset=utf-8");
const https_answer no_host = failed(https_status::no_such_host);

/// The web of a test: answers by host, or by whole URL where two differ.
struct web {
    std::map<std::string, https_answer> hosts;
    std::vector<std::string> asked;

    https_answer operator()(const https_request& request) {
        asked.push_back(request.url);
        const auto host = request.url.substr(8, request.url.find('/', 8) - 8);
        if (const auto exact = hosts.find(request.url); exact != hosts.end()) return exact->second;
        const auto known = hosts.find(host);
        return known == hosts.end() ? no_host : known->second;
    }
};

asio::awaitable<https_answer> answer_from(web& known, https_request request) {
    co_return known(request);
}

https_get get_of(web& known) {
    return [&known](https_request request) { return answer_from(known, std::move(request)); };
}

answer ask(wkd_source& source, const smtp::mailbox& address = {"Joe.Doe", "Corp.org"}) {
    asio::io_context context;
    auto said = asio::co_spawn(context, source.ask(address), asio::use_future);
    context.run();
    return said.get();
}

answer ask(web& known) {
    wkd_source source(get_of(known), {});
    return ask(source);
}

const std::string advanced_url = "https://openpgpkey.corp.org/.well-known/openpgpkey/corp.org/hu/"
                                 "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe";
const std::string direct_url = "https://corp.org/.well-known/openpgpkey/hu/"
                               "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe";

} // namespace

BOOST_AUTO_TEST_SUITE(wkd_source_test)

BOOST_AUTO_TEST_CASE(the_advanced_host_is_asked_first_and_decides) {
    web known{{{"openpgpkey.corp.org", key}, {"corp.org", code(500)}}, {}};
    const auto said = ask(known);
    BOOST_TEST(said.result == outcome::found, said.reason);
    BOOST_TEST(said.material == a_key);
    BOOST_TEST(known.asked == std::vector{advanced_url}, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(the_direct_host_is_asked_where_the_advanced_one_has_no_address) {
    web known{{{"corp.org", key}}, {}};
    BOOST_TEST(ask(known).result == outcome::found);
    const std::vector expected{advanced_url, direct_url};
    BOOST_TEST(known.asked == expected, boost::test_tools::per_element());
}

/// The table at the head of wkd_source.cpp, row by row. `advanced` is tried in front of a direct
/// host with a key: found means that it was asked.
BOOST_AUTO_TEST_CASE(every_reply_has_its_meaning_on_each_host) {
    struct row {
        const char* name;
        https_answer reply;
        outcome advanced;
        outcome direct;
        outcome direct_seen;
        bool final;
    };
    using enum outcome;
    using enum https_status;
    const row table[] = {
        {"key", key, found, found, found, false},
        {"armored key", code(200, "Hi!\n-----BEGIN PGP PUBLIC KEY BLOCK-----\n"), found, found,
         found, false},
        {"404", code(404), absent, absent, absent, true},
        {"410", code(410), absent, absent, absent, true},
        {"401", code(401), absent, absent, absent, false},
        {"403", code(403), absent, absent, absent, false},
        {"408", code(408), temporary, temporary, temporary, false},
        {"429", code(429), temporary, temporary, temporary, false},
        {"500", code(500), temporary, temporary, temporary, false},
        {"503", code(503), temporary, temporary, temporary, false},
        {"resolver failed", failed(resolver_failed), temporary, temporary, temporary, false},
        {"not asked", failed(not_asked), temporary, temporary, temporary, false},
        {"too large", failed(body_too_large), unusable, unusable, unusable, false},
        {"too large a header", failed(too_large), temporary, temporary, temporary, false},
        {"proxy failed", failed(proxy_failed), found, absent, temporary, false},
        {"no such host", no_host, found, absent, temporary, false},
        {"private address", failed(forbidden_peer), found, absent, temporary, false},
        {"certificate of another", failed(tls_wrong_name), found, absent, temporary, false},
        {"refused", failed(unreachable), temporary, absent, temporary, false},
        {"silent", failed(timed_out), temporary, absent, temporary, false},
        {"bad TLS", failed(tls_failed), temporary, absent, temporary, false},
        {"HTML", page, temporary, absent, temporary, false},
        {"text", code(200, "welcome"), temporary, absent, temporary, false},
        {"nothing", code(200), temporary, absent, temporary, false},
        {"204", code(204), temporary, absent, temporary, false},
        {"304", code(304), temporary, absent, temporary, false},
        {"to http", redirect("http://corp.org/"), temporary, absent, temporary, false},
    };
    for (const auto& row : table) {
        BOOST_TEST_CONTEXT(row.name) {
            web first{{{"openpgpkey.corp.org", row.reply}, {"corp.org", key}}, {}};
            const auto advanced = ask(first);
            BOOST_TEST(advanced.result == row.advanced, advanced.reason);
            BOOST_TEST(advanced.authoritative == row.final);

            web second{{{"corp.org", row.reply}}, {}};
            const auto direct = ask(second);
            BOOST_TEST(direct.result == row.direct, direct.reason);
            BOOST_TEST(direct.authoritative == row.final);

            web third{{{"corp.org", key}}, {}};
            wkd_source source(get_of(third), {});
            BOOST_TEST(ask(source).result == found);
            third.hosts["corp.org"] = row.reply;
            const auto seen = ask(source);
            BOOST_TEST(seen.result == row.direct_seen, seen.reason);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_huge_page_is_still_a_page) {
    auto huge = failed(https_status::body_too_large);
    huge.content_type = "Text/HTML";
    web known{{{"corp.org", huge}}, {}};
    BOOST_TEST(ask(known).result == outcome::absent);
}

BOOST_AUTO_TEST_CASE(what_a_proxy_may_have_failed_at_is_believed_for_minutes) {
    const auto by_proxy = failed(https_status::proxy_failed);
    const struct {
        https_answer advanced, direct;
        bool brief;
    } table[] = {
        {by_proxy, by_proxy, true},
        {by_proxy, no_host, true},
        {by_proxy, code(404), true},
        {by_proxy, code(403), true},
        {no_host, by_proxy, true},
        {no_host, code(404), false},
        {no_host, failed(https_status::unreachable), false},
    };
    for (const auto& row : table) {
        web known{{{"openpgpkey.corp.org", row.advanced}, {"corp.org", row.direct}}, {}};
        const auto said = ask(known);
        BOOST_TEST(said.result == outcome::absent, said.reason);
        BOOST_TEST(said.brief == row.brief, said.reason);
    }
    // It proves no wildcard, so the advanced host may be there.
    web known{{{"openpgpkey.corp.org", failed(https_status::timed_out)},
               {"no-such-host-fzq4x7.corp.org", by_proxy},
               {"corp.org", by_proxy}},
              {}};
    BOOST_TEST(ask(known).result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(wildcard_names_do_not_make_an_advanced_host) {
    const auto probe = "no-such-host-fzq4x7.corp.org";
    for (const auto& everywhere : {failed(https_status::unreachable), page}) {
        web known{{{"openpgpkey.corp.org", everywhere}, {probe, everywhere}, {"corp.org", key}},
                  {}};
        BOOST_TEST(ask(known).result == outcome::found);
        known.hosts["corp.org"] = everywhere;
        BOOST_TEST(ask(known).result == outcome::absent);
        for (const auto nobody_knows : {https_status::resolver_failed, https_status::not_asked}) {
            known.hosts[probe] = failed(nobody_knows); // no proof
            BOOST_TEST(ask(known).result == outcome::temporary);
        }
    }
}

BOOST_AUTO_TEST_CASE(redirects_are_followed_three_times) {
    web known{{{"openpgpkey.corp.org", redirect("https://a.example.co/elsewhere", 301)},
               {"a.example.co", redirect("https://b.example.co/", 307)},
               {"b.example.co", redirect("https://c.example.co:443/", 308)},
               {"c.example.co", key}},
              {}};
    // .co stands for any public domain; each host is asked for the path that we wanted.
    BOOST_TEST(ask(known).result == outcome::found);
    BOOST_TEST(known.asked.back() == "https://c.example.co/.well-known/openpgpkey/corp.org/hu/"
                                     "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe");
    known.hosts["c.example.co"] = redirect("https://d.example.co/");
    known.hosts["d.example.co"] = key;
    BOOST_TEST(ask(known).result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(a_redirect_keeps_our_path_unless_the_domain_redirects_to_itself) {
    struct row {
        const char* location;
        const char* next; // empty: not followed
    };
    const row table[] = {
        {"https://openpgpkey.corp.org/other?x=1", "https://openpgpkey.corp.org/other?x=1"},
        {"https://CORP.org/other#part", "https://corp.org/other"},
        {"https://keys.provider.net/admin?delete=all",
         "https://keys.provider.net/.well-known/openpgpkey/corp.org/hu/"
         "iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe"},
        {"https://keys.provider.net", "https://keys.provider.net/.well-known/openpgpkey/corp.org/"
                                      "hu/iy9q119eutrkn8s1mk4r39qejnbu3n5q?l=Joe.Doe"},
        {"http://keys.provider.net/", ""},
        {"https://keys.provider.net:8443/", ""},
        {"https://user@keys.provider.net/", ""},
        {"https://corp.org@127.0.0.1/", ""},
        {"https://127.0.0.1/", ""},
        {"https://[::1]/", ""},
        {"https://2130706433/", ""},
        {"https://localhost/", ""},
        {"https://intranet/", ""},
        {"https://hidden.onion/", ""},
        {"https://evil\\.corp.org/", ""},
        {"https://corp.org\\@keys.provider.net/", ""}, // of whom? libcurl says the latter
        {"https://corp.org/a\\b", ""},
        {"https://keys.provider.net\r\nX: y/", ""},
        {"file:///etc/passwd", ""},
        {"/relative", ""},
        {"", ""},
    };
    const auto urls = *make_wkd_urls({"Joe.Doe", "corp.org"});
    for (const auto& [location, next] : table) {
        const auto followed =
            follow_redirect(urls, urls.advanced, location, special_use_names::refuse);
        BOOST_TEST_CONTEXT(location) { BOOST_TEST(followed.value_or("") == next); }
    }
}

BOOST_AUTO_TEST_CASE(a_redirect_to_nowhere_does_not_open_the_direct_host) {
    web known{{{"openpgpkey.corp.org", redirect("https://gone.example.co/")}, {"corp.org", key}},
              {}};
    BOOST_TEST(ask(known).result == outcome::temporary);
}

BOOST_AUTO_TEST_CASE(names_that_nobody_can_publish_for_are_not_looked_up) {
    for (const auto* domain : {"[192.0.2.1]", "192.0.2.1", "localhost", "intranet", "x.onion",
                               "corp.test", "corp.example", "corp.invalid", ""}) {
        web known;
        wkd_source source(get_of(known), {});
        const auto said = ask(source, {"joe", domain});
        BOOST_TEST(said.result == outcome::absent, domain << ": " << said.reason);
        BOOST_TEST(!said.authoritative);
        BOOST_TEST(said.asked_nobody);
        BOOST_TEST(known.asked.empty(), domain);
    }
}

BOOST_AUTO_TEST_CASE(a_reserved_name_is_asked_where_the_administrator_says_where_it_is) {
    web known{{{"openpgpkey.corp.test", key}}, {}};
    wkd_settings settings;
    settings.resolve = {*parse_fixed_address("openpgpkey.corp.test:443:10.0.0.1")};
    wkd_source source(get_of(known), settings);
    BOOST_TEST(ask(source, {"joe", "corp.test"}).result == outcome::found);
    BOOST_TEST(ask(source, {"joe", "other.test"}).result == outcome::absent);
    BOOST_TEST(known.asked.size() == 1u);

    // A host that was put there by hand is no accident of DNS: no probe, no fallback.
    known.hosts["openpgpkey.corp.test"] = failed(https_status::unreachable);
    BOOST_TEST(ask(source, {"joe", "corp.test"}).result == outcome::temporary);
    BOOST_TEST(known.asked.size() == 2u);
}

BOOST_AUTO_TEST_CASE(reasons_name_hosts_and_never_the_local_part) {
    web known{{{"corp.org", code(503)}}, {}};
    const auto reason = ask(known).reason;
    BOOST_TEST(reason == "openpgpkey.corp.org has no public address; corp.org answered 503");
}

BOOST_AUTO_TEST_SUITE_END()
