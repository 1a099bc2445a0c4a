// SPDX-License-Identifier: Apache-2.0
#include "relay/readiness.hpp"
#include "seal/descriptor.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

using namespace postseal;

namespace {

// A service manager's socket in the abstract name space, and what arrives there.
class manager {
  public:
    manager() : socket_(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
        name_ = "@postseal-test-" + std::to_string(::getpid());
        sockaddr_un address{};
        address.sun_family = AF_UNIX;
        std::memcpy(address.sun_path, name_.data(), name_.size());
        address.sun_path[0] = '\0';
        const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + name_.size());
        BOOST_REQUIRE(::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), size) == 0);
        ::setenv("NOTIFY_SOCKET", name_.c_str(), 1);
    }
    ~manager() { ::unsetenv("NOTIFY_SOCKET"); }

    std::string heard() {
        char bytes[512];
        const auto size = ::recv(socket_.get(), bytes, sizeof bytes, MSG_DONTWAIT);
        return size < 0 ? std::string() : std::string(bytes, static_cast<std::size_t>(size));
    }

  private:
    seal::descriptor socket_;
    std::string name_;
};

} // namespace

BOOST_AUTO_TEST_SUITE(readiness)

BOOST_AUTO_TEST_CASE(the_manager_hears_what_it_is_told) {
    manager listening;
    relay::notify_manager("READY=1");
    BOOST_TEST(listening.heard() == "READY=1");
    relay::notify_reloading();
    BOOST_TEST(listening.heard().starts_with("RELOADING=1\nMONOTONIC_USEC="));
}

BOOST_AUTO_TEST_CASE(without_a_manager_nothing_happens) {
    relay::notify_manager("READY=1");
    BOOST_TEST(!relay::watchdog_interval());
}

BOOST_AUTO_TEST_CASE(the_watchdog_is_for_the_process_that_it_names) {
    ::setenv("WATCHDOG_USEC", "60000000", 1);
    BOOST_REQUIRE(relay::watchdog_interval());
    BOOST_TEST(relay::watchdog_interval()->count() == 60'000'000);
    ::setenv("WATCHDOG_PID", "1", 1);
    BOOST_TEST(!relay::watchdog_interval());
    ::unsetenv("WATCHDOG_PID");
    ::setenv("WATCHDOG_USEC", "soon", 1);
    BOOST_TEST(!relay::watchdog_interval());
    ::unsetenv("WATCHDOG_USEC");
}

BOOST_AUTO_TEST_SUITE_END()
