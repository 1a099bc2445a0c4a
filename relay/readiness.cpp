// SPDX-License-Identifier: Apache-2.0
#include "relay/readiness.hpp"

#include "seal/descriptor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <charconv>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

namespace postseal::relay {

void notify_manager(std::string_view state) {
    const char* const where = std::getenv("NOTIFY_SOCKET");
    if (where == nullptr) return;
    const std::string_view path(where);
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() < 2 || path.size() >= sizeof address.sun_path) return;
    std::memcpy(address.sun_path, path.data(), path.size());
    if (address.sun_path[0] == '@') address.sun_path[0] = '\0'; // abstract name space
    const seal::descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    if (!socket) return;
    const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    // The manager being gone is no reason to stop relaying.
    (void)::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                   reinterpret_cast<const sockaddr*>(&address), size);
}

void notify_reloading() {
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    const auto microseconds = static_cast<long long>(now.tv_sec) * 1'000'000 + now.tv_nsec / 1000;
    notify_manager("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

std::optional<std::chrono::microseconds> watchdog_interval() {
    const auto number = [](const char* name) -> std::optional<long long> {
        const char* const text = std::getenv(name);
        if (text == nullptr) return std::nullopt;
        long long value = 0;
        const auto read = std::from_chars(text, text + std::strlen(text), value);
        if (read.ec != std::errc() || value <= 0) return std::nullopt;
        return value;
    };
    const auto for_process = number("WATCHDOG_PID");
    if (for_process && *for_process != ::getpid()) return std::nullopt;
    const auto microseconds = number("WATCHDOG_USEC");
    if (!microseconds) return std::nullopt;
    return std::chrono::microseconds(*microseconds);
}

} // namespace postseal::relay
