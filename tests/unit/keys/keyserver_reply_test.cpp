// SPDX-License-Identifier: Apache-2.0
#include "keys/keyserver_reply.hpp"

#include "tests/unit/keys/packet_samples.hpp"

#include <boost/test/unit_test.hpp>

#include <ostream>

using namespace postseal::keys;

namespace postseal::keys {
static std::ostream& operator<<(std::ostream& out, keyserver_reply what) {
    return out << "reply " << static_cast<int>(what);
}
} // namespace postseal::keys

namespace {

constexpr auto vks = keyserver::protocol::vks;
constexpr auto hkp = keyserver::protocol::hkp;

https_answer code(int number, std::string body = {}) {
    https_answer made;
    made.status = https_status::answered;
    made.code = number;
    made.body = std::move(body);
    return made;
}

https_answer failed(https_status status) {
    https_answer made;
    made.status = status;
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(keyserver_reply_test)

BOOST_AUTO_TEST_CASE(every_answer_has_its_meaning) {
    using enum keyserver_reply;
    using enum https_status;
    struct row {
        const char* name;
        https_answer answer;
        keyserver_reply meant;
    };
    const auto alice = samples::read("alice.asc");
    const row table[] = {
        {"armored key", code(200, alice), keys},
        {"key in a page", code(200, "<html>\n" + alice + "</html>"), keys},
        {"binary key", code(200, samples::read("bob.gpg")), keys},
        {"page", code(200, "<!doctype html><h1>Welcome</h1>"), useless},
        {"nothing", code(200), useless},
        {"too large", ::failed(body_too_large), useless},
        {"too large a header", ::failed(too_large), useless},
        {"proxy failed", ::failed(proxy_failed), keyserver_reply::failed},
        {"server error", code(500), useless},
        {"not found", code(404), no_key},
        {"gone", code(410), no_key},
        {"bad query", code(400), refused},
        {"too many", code(429), too_many},
        {"login", code(401), failed},
        {"forbidden", code(403), failed},
        {"not implemented", code(501), failed},
        {"bad gateway", code(502), failed},
        {"unavailable", code(503), failed},
        {"moved", code(301), failed},
        {"found elsewhere", code(302), failed},
        {"moved for good", code(308), failed},
        {"no content", code(204), failed},
        {"no host", ::failed(no_such_host), failed},
        {"no name server", ::failed(resolver_failed), failed},
        {"no place", ::failed(not_asked), failed},
        {"unreachable", ::failed(unreachable), failed},
        {"private address", ::failed(forbidden_peer), failed},
        {"bad certificate", ::failed(tls_failed), failed},
        {"other certificate", ::failed(tls_wrong_name), failed},
        {"silence", ::failed(timed_out), failed},
    };
    for (const auto& row : table)
        for (const auto speaks : {vks, hkp})
            BOOST_TEST(read_keyserver_reply(speaks, row.answer).what == row.meant, row.name);
}

BOOST_AUTO_TEST_CASE(vks_serves_one_certificate_at_most) {
    const auto alice = samples::read("alice.asc");
    for (const auto& several : {samples::read("three.pgp"), alice + alice}) {
        BOOST_TEST(read_keyserver_reply(vks, code(200, several)).what == keyserver_reply::useless);
        BOOST_TEST(read_keyserver_reply(hkp, code(200, several)).what == keyserver_reply::keys);
    }
}

BOOST_AUTO_TEST_SUITE_END()
