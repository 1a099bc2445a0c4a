// SPDX-License-Identifier: Apache-2.0
// Which listener a passed socket belongs to, and that nobody else gets it.
#include "relay/passed_sockets.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <stdexcept>
#include <string>

namespace postseal::relay {

namespace {

namespace asio = boost::asio;

passed_socket at(const char* host, std::uint16_t port, std::string name = "postseal.socket") {
    return {std::move(name), {asio::ip::make_address(host), port}};
}

std::vector<listener_settings> listeners() {
    std::vector<listener_settings> made(3);
    made[0].name = "filter";
    made[0].address = {"127.0.0.1", 10025};
    made[1].name = "submission";
    made[1].address = {"::", 587};
    made[2].name = "local";
    made[2].address = {"::1", 10027};
    return made;
}

std::string refusal(const std::vector<passed_socket>& passed) {
    try {
        (void)assign(passed, listeners());
    } catch (const std::runtime_error& e) {
        return e.what();
    }
    return "none";
}

// In a process of its own, since descriptor 3 is what the protocol says.
int in_child(int (*body)()) {
    const auto child = ::fork();
    if (child == 0) ::_exit(body());
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void pass(int socket, const std::string& process, const char* count) {
    ::dup2(socket, 3);
    ::setenv("LISTEN_PID", process.c_str(), 1);
    ::setenv("LISTEN_FDS", count, 1);
    ::setenv("LISTEN_FDNAMES", "filter", 1);
}

bool is_named_to_children() {
    return ::getenv("LISTEN_PID") || ::getenv("LISTEN_FDS") || ::getenv("LISTEN_FDNAMES");
}

int take_ours() {
    asio::io_context context;
    const asio::ip::tcp::acceptor held(context, {asio::ip::make_address("127.0.0.1"), 0});
    pass(::dup(const_cast<asio::ip::tcp::acceptor&>(held).native_handle()),
         std::to_string(::getpid()), "1");
    const auto taken = passed_sockets::take();
    if (is_named_to_children()) return 1;
    if ((::fcntl(3, F_GETFD) & FD_CLOEXEC) == 0) return 2;
    auto on = listeners();
    on[0].address.port = held.local_endpoint().port();
    if (taken.assign_to(on) != std::vector<std::optional<std::size_t>>{0, {}, {}}) return 3;
    auto opened = taken.open(context.get_executor(), 0);
    if ((::fcntl(opened.native_handle(), F_GETFD) & FD_CLOEXEC) == 0) return 4;
    opened.close();
    return ::fcntl(3, F_GETFD) < 0 ? 5 : 0; // for a listener that comes back
}

int take_anothers() {
    asio::io_context context;
    asio::ip::tcp::acceptor held(context, {asio::ip::make_address("127.0.0.1"), 0});
    pass(::dup(held.native_handle()), std::to_string(::getppid()), "1");
    const auto taken = passed_sockets::take();
    if (is_named_to_children()) return 1;
    return taken.assign_to(listeners()) == std::vector<std::optional<std::size_t>>(3) ? 0 : 2;
}

int take_nonsense() {
    pass(0, std::to_string(::getpid()), "1 or 2");
    try {
        (void)passed_sockets::take();
    } catch (const std::runtime_error&) {
        return 0;
    }
    return 1;
}

} // namespace

BOOST_AUTO_TEST_SUITE(passed)

BOOST_AUTO_TEST_CASE(address_decides_before_the_name) {
    const auto found =
        assign({at("::", 587, "filter"), at("127.0.0.1", 10025, "submission")}, listeners());
    BOOST_REQUIRE(found[0] && found[1]);
    BOOST_TEST(*found[0] == 1U);
    BOOST_TEST(*found[1] == 0U);
    BOOST_TEST(!found[2]);
}

BOOST_AUTO_TEST_CASE(name_decides_where_no_address_is_the_same) {
    const auto found =
        assign({at("0.0.0.0", 2587, "submission"), at("127.0.0.2", 25, "local")}, listeners());
    BOOST_TEST(!found[0]);
    BOOST_REQUIRE(found[1] && found[2]);
    BOOST_TEST(*found[1] == 0U);
    BOOST_TEST(*found[2] == 1U);
}

BOOST_AUTO_TEST_CASE(socket_that_is_nobodys_or_open_to_more_is_refused) {
    BOOST_TEST(refusal({}) == "none");
    BOOST_TEST(refusal({at("127.0.0.1", 25)}) ==
               "the service manager has passed the socket 'postseal.socket' on 127.0.0.1:25, which "
               "belongs to no listener: one has to have its address, or its FileDescriptorName= "
               "has to be the name of one");
    BOOST_TEST(refusal({at("::", 25)}).find(" on [::]:25, ") != std::string::npos);
    BOOST_TEST(refusal({at("0.0.0.0", 25, "local")}).find("other machines can reach") !=
               std::string::npos);
    for (const auto& two : {std::vector{at("127.0.0.1", 10025), at("127.0.0.2", 25, "filter")},
                            std::vector{at("127.0.0.1", 10025), at("127.0.0.1", 10025)},
                            std::vector{at("::", 25, "submission"), at("::", 26, "submission")}}) {
        BOOST_TEST(refusal(two).find("is a second one") != std::string::npos);
    }
}

BOOST_AUTO_TEST_CASE(what_was_passed_is_for_this_process_alone) {
    BOOST_TEST(in_child(take_ours) == 0);
    BOOST_TEST(in_child(take_anothers) == 0);
    BOOST_TEST(in_child(take_nonsense) == 0);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::relay
