// SPDX-License-Identifier: Apache-2.0
#include "keys/postgresql_target.hpp"

#include "keys/postgresql_pool.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

using namespace postseal::keys;

BOOST_AUTO_TEST_SUITE(postgresql_target_)

BOOST_AUTO_TEST_CASE(pauses_grow_to_a_limit_and_are_not_the_same_for_all) {
    BOOST_TEST(pause_before_attempt(0, 1).count() == 100);
    BOOST_TEST(pause_before_attempt(0, 0).count() == 50);
    BOOST_TEST(pause_before_attempt(3, 1).count() == 800);
    BOOST_TEST(pause_before_attempt(6, 1).count() == 5000);
    BOOST_TEST(pause_before_attempt(1'000'000, 1).count() == 5000);
    BOOST_TEST(pause_before_attempt(1'000'000, 0.5).count() == 3750);
}

BOOST_AUTO_TEST_CASE(a_password_that_is_not_escaped_is_taken_for_nothing_else) {
    for (const auto* const written :
         {"postgresql://u:pa/ss@host/db", "postgresql://u:p@ss@host/db", "postgresql://u:p/a@b/db",
          "postgresql://u:p@ss@a,b/db", "postgresql://h:12x/db"})
        BOOST_TEST(!postgresql_target::parse(written).has_value(), written);
    BOOST_TEST(postgresql_target::parse("postgresql://u:p%40s%2Fs@host/db")->name() == "host");
    BOOST_TEST(postgresql_target::parse("host=@socket dbname=x").has_value());
}

BOOST_AUTO_TEST_CASE(each_server_of_a_connection_string_is_tried_by_itself) {
    const struct {
        const char* written;
        const char* name;
        std::vector<std::string> hosts, addresses, ports;
    } table[] = {
        {"postgresql:///db", "/var/run/postgresql", {"/var/run/postgresql"}, {""}, {""}},
        {"postgresql:///x?hostaddr=192.0.2.1", "192.0.2.1", {""}, {"192.0.2.1"}, {""}},
        {"postgresql:///db?host=/run/postgresql",
         "/run/postgresql",
         {"/run/postgresql"},
         {""},
         {""}},
        {"postgresql://u:secret@192.0.2.1,[2001:db8::1]:5433/db",
         "192.0.2.1, 2001:db8::1",
         {"192.0.2.1", "2001:db8::1"},
         {"192.0.2.1", "2001:db8::1"},
         {"", "5433"}},
        {"postgresql:///db?host=/a,/b&port=77", "/a, /b", {"/a", "/b"}, {"", ""}, {"77", "77"}},
        {"postgresql://db.example.org/x?hostaddr=192.0.2.9",
         "db.example.org",
         {"db.example.org"},
         {"192.0.2.9"},
         {""}},
        {"postgresql://two.example.org:1,db.example.org/x",
         "two.example.org, db.example.org",
         {"two.example.org", "two.example.org", "db.example.org"},
         {"192.0.2.1", "2001:db8::1", "192.0.2.1"},
         {"1", "1", ""}},
    };
    using texts = std::vector<std::string>;
    const auto resolve = [](const std::string& host) -> postgresql_answer<texts> {
        if (host.starts_with("two.")) return texts{"192.0.2.1", "2001:db8::1"};
        return texts{host.starts_with("db.") ? "192.0.2.1" : host};
    };
    for (const auto& row : table) {
        const auto target = postgresql_target::parse(row.written);
        BOOST_TEST_REQUIRE(target.has_value(), row.written);
        BOOST_TEST(target->name() == row.name);
        std::vector<std::string> hosts, addresses, ports;
        for (const auto& answer : target->attempts(resolve)) {
            BOOST_TEST_REQUIRE(answer.has_value());
            const auto& attempt = *answer;
            const auto value = [&](std::string_view name) {
                const auto found = std::ranges::find(
                    attempt, name, [](const auto& one) { return std::string_view(one.first); });
                return found == attempt.end() ? std::string() : found->second;
            };
            hosts.push_back(value("host"));
            addresses.push_back(value("hostaddr"));
            ports.push_back(value("port"));
            BOOST_TEST(value("target_session_attrs") == "read-write");
            BOOST_TEST(value("client_encoding") == "UTF8");
        }
        BOOST_TEST(hosts == row.hosts, boost::test_tools::per_element());
        BOOST_TEST(addresses == row.addresses, boost::test_tools::per_element());
        BOOST_TEST(ports == row.ports, boost::test_tools::per_element());
    }
}

BOOST_AUTO_TEST_CASE(another_machine_has_to_prove_who_it_is_unless_somebody_has_said_otherwise) {
    const auto system = "/etc/ssl/certs/ca-certificates.crt";
    const struct {
        const char* written;
        const char* mode;
        const char* trusted;
    } table[] = {
        {"postgresql://db/x", "verify-full", system},
        {"postgresql://192.0.2.1/x", "verify-full", system},
        {"postgresql:///x?hostaddr=192.0.2.1", "verify-full", system},
        {"postgresql:///x?host=/run/postgresql&hostaddr=192.0.2.1", "verify-full", system},
        {"postgresql://db/x?sslrootcert=/mine.pem", "verify-full", "/mine.pem"},
        {"postgresql://db/x?sslmode=require", "require", ""},
        {"postgresql://db/x?sslmode=disable", "disable", ""},
        {"postgresql://here/x", "", ""},
        {"postgresql://127.0.0.1/x", "", ""},
        {"postgresql://[::1]/x", "", ""},
        {"postgresql:///x", "", ""},
        {"postgresql:///x?host=/run/postgresql", "", ""},
    };
    const auto resolve =
        [](const std::string& host) -> postgresql_answer<std::vector<std::string>> {
        return std::vector<std::string>{host == "db"     ? "192.0.2.1"
                                        : host == "here" ? "127.0.0.2"
                                                         : host};
    };
    for (const auto& row : table) {
        const auto attempt = *postgresql_target::parse(row.written)->attempts(resolve).front();
        const auto value = [&](std::string_view name) {
            std::string all;
            for (const auto& [key, text] : attempt)
                if (key == name) all += text;
            return all;
        };
        BOOST_TEST(value("sslmode") == row.mode, row.written);
        BOOST_TEST(value("sslrootcert") == row.trusted, row.written);
    }
}

BOOST_AUTO_TEST_CASE(a_service_that_libpq_would_look_up_is_not_taken) {
    for (const auto* const written : {"postgresql:///?service=keys",
                                      "postgresql://db/x?service=keys", "service=keys dbname=x"}) {
        const auto target = postgresql_target::parse(written);
        BOOST_TEST_REQUIRE(target.has_error(), written);
        BOOST_TEST(target.error().reason.find("service=") != std::string::npos);
        BOOST_TEST(target.error().reason.find("keys") == std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(the_environment_has_no_say_in_where_a_connection_leads) {
    const std::pair<const char*, const char*> variables[] = {
        {"PGSERVICE", "keys"},
        {"PGSERVICEFILE", "/x"},
        {"PGSYSCONFDIR", "/x"},
        {"PGHOST", "db.example.org"},
        {"PGPORT", "1"},
        {"PGHOSTADDR", "192.0.2.1"},
        {"PGSSLMODE", "disable"},
        {"PGREQUIRESSL", "1"},
        {"PGSSLROOTCERT", "/x"},
        {"PGSSLCERT", "/x"},
        {"PGGSSENCMODE", "prefer"},
        {"PGCHANNELBINDING", "disable"},
        {"PGSSLMINPROTOCOLVERSION", "TLSv1"},
        {"PGUSER", "x"},
        {"PGDATABASE", "x"},
        {"PGOPTIONS", "-c role=x"},
        {"PGREQUIREPEER", "x"},
        {"PGTARGETSESSIONATTRS", "any"},
        {"PGCLIENTENCODING", "LATIN1"},
        {"PGTZ", "x"},
        {"PGDATESTYLE", "x"},
        {"PGGEQO", "x"},
    };
    for (const auto& [name, value] : variables)
        setenv(name, value, 1);
    // These may be how a service is given its password.
    setenv("PGPASSFILE", "/p", 1);
    setenv("PGPASSWORD", "p", 1);
    const auto target = postgresql_target::parse("postgresql:///x");
    for (const auto& [name, value] : variables) {
        BOOST_TEST(!std::getenv(name), name);
        unsetenv(name);
    }
    BOOST_TEST((std::getenv("PGPASSFILE") && std::getenv("PGPASSWORD")));
    unsetenv("PGPASSFILE");
    unsetenv("PGPASSWORD");
    BOOST_TEST(target->name() == "/var/run/postgresql");
}

BOOST_AUTO_TEST_CASE(a_host_without_an_address_costs_the_others_nothing) {
    using addresses = std::vector<std::string>;
    const auto resolve = [](const std::string& host) -> postgresql_answer<addresses> {
        if (host == "gone") return postgresql_trouble{postgresql_trouble::kind::unreachable, "why"};
        return addresses{"192.0.2.1"};
    };
    const auto all = postgresql_target::parse("postgresql://gone,there/x")->attempts(resolve);
    BOOST_TEST_REQUIRE(all.size() == 2U);
    BOOST_TEST_REQUIRE(all[0].has_error());
    BOOST_TEST(all[0].error().reason == "why");
    BOOST_TEST(all[1].has_value());
}

BOOST_AUTO_TEST_SUITE_END()
