// SPDX-License-Identifier: Apache-2.0
#include "keys/name_lookup.hpp"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <exception>
#include <memory>
#include <thread>

namespace postseal::keys {

namespace {

constexpr std::size_t max_addresses = 16;
std::atomic<int> running = 0;

std::vector<std::string> read_addresses(const addrinfo* first) {
    std::vector<std::string> read;
    for (const auto* one = first; one && read.size() < max_addresses; one = one->ai_next) {
        std::array<char, INET6_ADDRSTRLEN> text{};
        const int failed = getnameinfo(one->ai_addr, one->ai_addrlen, text.data(), text.size(),
                                       nullptr, 0, NI_NUMERICHOST);
        // A link-local address with a scope does not fit, and is none to be reached.
        if (failed == 0) read.emplace_back(text.data());
    }
    return read;
}

} // namespace

name_lookup::verdict name_lookup::ask_resolver(const std::string& host,
                                               std::vector<std::string>& addresses) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    const int failed = getaddrinfo(host.c_str(), nullptr, &hints, &found);
    const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
    if (failed == 0) {
        addresses = read_addresses(found);
        return addresses.empty() ? verdict::no_address : verdict::found;
    }
    // NXDOMAIN, or a name with other records only. The rest (EAI_AGAIN, EAI_FAIL, EAI_SYSTEM) says
    // nothing about the name.
    if (failed == EAI_NONAME || failed == EAI_NODATA) return verdict::no_address;
    return verdict::no_answer;
}

bool name_lookup::has_room() { return running.load() < most_at_once; }

name_lookup::name_lookup(std::string host, std::function<void()> done)
    : shared_(std::make_shared<shared>()) {
    ++running;
    try {
        std::thread([on = shared_, host = std::move(host), done = std::move(done)] {
            auto said = verdict::no_answer;
            try {
                said = ask_resolver(host, on->addresses);
            } catch (const std::exception&) { // no memory
            }
            on->result = said;
            --running;
            done();
        }).detach();
    } catch (const std::exception&) { // no more threads, or no memory
        --running;
        shared_->result = verdict::no_answer;
    }
}

} // namespace postseal::keys
