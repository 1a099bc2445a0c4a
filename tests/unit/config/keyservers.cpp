// SPDX-License-Identifier: Apache-2.0
// `keys.keyservers` in whole files. Its mistakes are in tests/data/config/bad, as all others.
#include "config/settings.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>

namespace postseal::config {

using namespace std::chrono_literals;

BOOST_AUTO_TEST_SUITE(keyservers_)

BOOST_AUTO_TEST_CASE(every_key_of_a_keyserver_reaches_its_setting) {
    const std::filesystem::path data = std::filesystem::path{POSTSEAL_TEST_DATA} / "config";
    const auto read = load(data / "good/everything/postseal.yaml");
    BOOST_TEST(read.keys.wkd.proxy == "http://10.1.2.4:3128");
    const auto& servers = read.keys.keyservers;
    BOOST_REQUIRE_EQUAL(servers.size(), 4U);
    BOOST_TEST(servers[0].server.origin == "http://10.1.2.3:11371");
    BOOST_CHECK(servers[0].limit == keys::rate{});
    BOOST_CHECK(servers[0].timeout == 5s);
    BOOST_TEST(servers[0].proxy.empty());
    BOOST_TEST(servers[1].server.origin == "https://keys.openpgp.org");
    BOOST_CHECK(servers[1].limit == (keys::rate{5, 1h, 2}));
    BOOST_CHECK(servers[1].timeout == 7s);
    BOOST_TEST(servers[1].proxy == "socks5h://localhost:9050");
    BOOST_CHECK(servers[2].limit == (keys::rate{1, 1min, 3}));
    BOOST_CHECK(servers[3].server.speaks == keys::keyserver::protocol::hkp);
    BOOST_CHECK(servers[3].limit == keys::rate{});
    for (std::size_t i = 0; i < servers.size(); ++i) {
        BOOST_TEST(servers[i].for_keys == (i != 3));
        BOOST_TEST(servers[i].for_revocations == (i != 2));
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
