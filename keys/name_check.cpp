// SPDX-License-Identifier: Apache-2.0
#include "keys/name_check.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <system_error>
#include <thread>

namespace postseal::keys {

namespace {

constexpr int max_checks = 64;
std::atomic<int> checks_running = 0;

name_check::verdict ask_resolver(const std::string& host) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (found) freeaddrinfo(found);
    if (failed == 0) return name_check::verdict::has_address;
    // NXDOMAIN, or a name with other records only. The rest (EAI_AGAIN, EAI_FAIL, EAI_SYSTEM) says
    // nothing about the name.
    if (failed == EAI_NONAME || failed == EAI_NODATA) return name_check::verdict::no_address;
    return name_check::verdict::no_answer;
}

} // namespace

name_check::name_check(std::string host)
    : result_(std::make_shared<std::atomic<verdict>>(verdict::pending)) {
    if (checks_running.fetch_add(1) >= max_checks) {
        --checks_running;
        *result_ = verdict::no_answer;
        return;
    }
    try {
        std::thread([result = result_, host = std::move(host)] {
            *result = ask_resolver(host);
            --checks_running;
        }).detach();
    } catch (const std::system_error&) { // no more threads
        --checks_running;
        *result_ = verdict::no_answer;
    }
}

} // namespace postseal::keys
