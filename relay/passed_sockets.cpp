// SPDX-License-Identifier: Apache-2.0
#include "relay/passed_sockets.hpp"

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace postseal::relay {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr int first_descriptor = 3; // SD_LISTEN_FDS_START

[[noreturn]] void refuse(const std::string& which, const std::string& why) {
    throw std::runtime_error("the service manager has passed " + which + ", which " + why);
}

std::string to_string(const tcp::endpoint& address) {
    const auto host = address.address().to_string();
    return (address.address().is_v6() ? "[" + host + "]" : host) + ":" +
           std::to_string(address.port());
}

std::string describe(const passed_socket& one) {
    return "the socket '" + one.name + "' on " + to_string(one.address);
}

bool is_at(const listener_settings& one, const tcp::endpoint& address) {
    boost::system::error_code failed;
    const auto host = asio::ip::make_address(one.address.host, failed);
    return !failed && tcp::endpoint(host, one.address.port) == address;
}

bool is_for_this_machine(const listener_settings& one) {
    boost::system::error_code failed;
    const auto host = asio::ip::make_address(one.address.host, failed);
    return !failed && host.is_loopback();
}

// What one variable says; taken away, so that nobody who is started believes it is meant.
std::optional<std::string> take_variable(const char* name) {
    const char* const text = std::getenv(name);
    if (text == nullptr) return std::nullopt;
    std::string value(text);
    ::unsetenv(name);
    return value;
}

std::optional<long> to_number(const std::optional<std::string>& text) {
    if (!text) return std::nullopt;
    long value = 0;
    const auto* const end = text->data() + text->size();
    const auto read = std::from_chars(text->data(), end, value);
    if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
    return value;
}

std::vector<std::string> split_names(std::string_view text) {
    std::vector<std::string> names;
    while (!text.empty()) {
        const auto end = std::min(text.find(':'), text.size());
        names.emplace_back(text.substr(0, end));
        text.remove_prefix(std::min(end + 1, text.size()));
    }
    return names;
}

int option(int socket, int name) {
    int value = 0;
    socklen_t size = sizeof value;
    return ::getsockopt(socket, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

tcp::endpoint address_of(int socket, const std::string& which) {
    const int family = option(socket, SO_DOMAIN);
    if (family != AF_INET && family != AF_INET6) refuse(which, "is no TCP socket");
    if (option(socket, SO_TYPE) != SOCK_STREAM || option(socket, SO_PROTOCOL) != IPPROTO_TCP)
        refuse(which, "is no TCP socket");
    if (option(socket, SO_ACCEPTCONN) != 1) {
        refuse(which, "does not listen: its unit has to say ListenStream= and Accept=no");
    }
    tcp::endpoint address;
    auto size = static_cast<socklen_t>(address.capacity());
    if (::getsockname(socket, address.data(), &size) != 0)
        throw std::system_error(errno, std::generic_category(), "getsockname");
    address.resize(size);
    return address;
}

} // namespace

std::vector<std::optional<std::size_t>> assign(const std::vector<passed_socket>& passed,
                                               const std::vector<listener_settings>& to) {
    std::vector<std::optional<std::size_t>> sockets(to.size());
    std::vector<std::size_t> left;
    for (std::size_t number = 0; number < passed.size(); ++number) {
        const auto same = std::ranges::find_if(
            to, [&](const auto& one) { return is_at(one, passed[number].address); });
        const auto listener = static_cast<std::size_t>(same - to.begin());
        if (same == to.end()) {
            left.push_back(number);
        } else if (sockets[listener]) {
            refuse(describe(passed[number]),
                   "is a second one for the listener '" + same->name + "'");
        } else {
            sockets[listener] = number;
        }
    }
    for (const auto number : left) {
        const auto& socket = passed[number];
        const auto same = std::ranges::find(to, socket.name, &listener_settings::name);
        const auto listener = static_cast<std::size_t>(same - to.begin());
        if (same == to.end()) {
            refuse(describe(socket), "belongs to no listener: one has to have its address, or its "
                                     "FileDescriptorName= has to be the name of one");
        }
        if (sockets[listener])
            refuse(describe(socket), "is a second one for the listener '" + same->name + "'");
        // The configuration was judged by the address that stands in it.
        if (is_for_this_machine(*same) && !socket.address.address().is_loopback()) {
            refuse(describe(socket), "other machines can reach, while the listener '" + same->name +
                                         "' is for this one alone (" + same->address.host + ")");
        }
        sockets[listener] = number;
    }
    return sockets;
}

passed_sockets passed_sockets::take() {
    const auto process = to_number(take_variable("LISTEN_PID"));
    const auto count_text = take_variable("LISTEN_FDS");
    const auto names = split_names(take_variable("LISTEN_FDNAMES").value_or(""));
    passed_sockets taken;
    if (process != static_cast<long>(::getpid())) return taken; // another's, or nobody's
    constexpr long most = 1000;
    const auto count = to_number(count_text);
    if (!count || *count < 0 || *count > most)
        throw std::runtime_error("LISTEN_FDS of the service manager makes no sense");
    for (long i = 0; i < *count; ++i) {
        const int socket = first_descriptor + static_cast<int>(i);
        const auto at = static_cast<std::size_t>(i);
        passed_socket one{at < names.size() ? names[at] : std::string(), {}};
        const auto which = "the descriptor '" + one.name + "' (" + std::to_string(socket) + ")";
        if (::fcntl(socket, F_SETFD, FD_CLOEXEC) != 0) refuse(which, "is not open");
        taken.sockets_.emplace_back(socket);
        one.address = address_of(socket, which);
        taken.facts_.push_back(std::move(one));
    }
    return taken;
}

tcp::acceptor passed_sockets::open(const asio::any_io_executor& executor,
                                   std::size_t number) const {
    seal::descriptor copy(::fcntl(sockets_[number].get(), F_DUPFD_CLOEXEC, 0));
    if (!copy) {
        throw std::system_error(errno, std::generic_category(),
                                "cannot use " + describe(facts_[number]));
    }
    tcp::acceptor made(executor);
    made.assign(facts_[number].address.protocol(), copy.get());
    (void)copy.release(); // the acceptor's now
    return made;
}

} // namespace postseal::relay
