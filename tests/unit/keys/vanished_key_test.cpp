// SPDX-License-Identifier: Apache-2.0
// A key that was found is not lost because somebody says nothing, or lets nobody ask.
#include "keys/finder.hpp"

#include "tests/unit/keys/packet_samples.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

namespace asio = boost::asio;
using namespace postseal;
using namespace postseal::keys;

namespace {

class scripted_source final : public source {
  public:
    answer says;

    [[nodiscard]] std::string_view name() const override { return "wkd"; }
    [[nodiscard]] origin from() const override { return origin::domain; }
    asio::awaitable<answer> ask(smtp::mailbox) override { co_return says; }
};

asio::awaitable<boost::system::result<inspection>> usable(std::string) {
    inspection seen;
    seen.fingerprint = samples::alice_fingerprint;
    seen.addresses = {"alice@example.org"};
    seen.encryption_keys = {1};
    co_return seen;
}

// A finder that asks one source, on a day of the test's choice.
struct scene {
    asio::io_context context;
    scripted_source* wkd = nullptr;
    std::chrono::sys_seconds now{std::chrono::hours(500'000)};
    std::unique_ptr<finder> asked;

    scene() {
        auto owned = std::make_unique<scripted_source>();
        wkd = owned.get();
        finder_sources all;
        all.after_store.push_back(std::move(owned));
        const finder_settings settings;
        const keys::clock clock = [this] { return now; };
        asked = std::make_unique<finder>(context.get_executor(), std::move(all), nullptr, usable,
                                         settings, clock);
    }

    finding find() {
        auto lookup = asked->find(samples::address("alice@example.org"));
        auto found = asio::co_spawn(context, std::move(lookup), asio::use_future);
        context.restart();
        context.run();
        return found.get();
    }
};

answer served() {
    answer made;
    made.result = outcome::found;
    made.material = samples::read("alice.asc");
    return made;
}

} // namespace

BOOST_AUTO_TEST_SUITE(vanished_keys)

BOOST_AUTO_TEST_CASE(a_key_does_not_vanish_without_the_domains_own_word) {
    scene on;
    on.wkd->says = served();
    BOOST_REQUIRE(on.find().result == outcome::found);

    on.now += std::chrono::hours(25);
    on.wkd->says = {};
    on.wkd->says.reason = "nobody could be reached";
    BOOST_TEST((on.find().result == outcome::found));

    on.now += std::chrono::hours(2);
    on.wkd->says.authoritative = true;
    BOOST_TEST((on.find().result == outcome::found));
    on.now += std::chrono::hours(24);
    BOOST_TEST((on.find().result == outcome::absent));
}

BOOST_AUTO_TEST_CASE(an_old_key_is_neither_used_nor_given_up_without_the_domains_own_word) {
    scene on;
    on.wkd->says = served();
    BOOST_REQUIRE(on.find().result == outcome::found);

    on.wkd->says = {};
    on.now += std::chrono::hours(24 * 31);
    BOOST_TEST((on.find().result == outcome::temporary));
}

BOOST_AUTO_TEST_SUITE_END()
