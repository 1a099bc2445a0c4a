// SPDX-License-Identifier: Apache-2.0
// The program's own getaddrinfo() comes before the C library's for everything that it is linked
// with.
#include "tests/unit/keys/scripted_resolver.hpp"

#include <dlfcn.h>
#include <netdb.h>

#include <algorithm>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <set>

namespace postseal::keys::test {

namespace {

struct script {
    std::vector<scripted_resolver::addresses> answers;
    bool fails = false;
    std::size_t asked = 0;
};

// Threads that resolve may outlive a test.
std::mutex guard;
std::condition_variable released;
std::map<std::string, script> scripts;
std::set<std::string> hanging;

bool hangs(const std::string& host) {
    return std::any_of(hanging.begin(), hanging.end(), [&](const std::string& domain) {
        return host == domain || host.ends_with('.' + domain);
    });
}

using resolve = int(const char*, const char*, const addrinfo*, addrinfo**);

int resolve_all(resolve* real, const scripted_resolver::addresses& all, const char* service,
                const addrinfo* hints, addrinfo** found) {
    addrinfo numeric = hints ? *hints : addrinfo{};
    numeric.ai_flags |= AI_NUMERICHOST;
    *found = nullptr;
    auto** end = found;
    for (const auto& address : all) {
        // freeaddrinfo() takes such a list for one that was made at once.
        if (real(address.c_str(), service, &numeric, end) != 0) continue; // of another family
        while (*end)
            end = &(*end)->ai_next;
    }
    return *found ? 0 : EAI_NONAME;
}

int answer(resolve* real, const char* host, const char* service, const addrinfo* hints,
           addrinfo** found) {
    std::unique_lock lock(guard);
    if (hangs(host)) {
        released.wait(lock, [&] { return !hangs(host); });
        return EAI_AGAIN;
    }
    const auto known = scripts.find(host);
    if (known == scripts.end()) {
        lock.unlock();
        return real(host, service, hints, found);
    }
    auto& [answers, fails, asked] = known->second;
    const auto turn = asked++;
    if (fails) return EAI_AGAIN;
    return resolve_all(real, answers[std::min(turn, answers.size() - 1)], service, hints, found);
}

} // namespace

scripted_resolver::~scripted_resolver() {
    const std::lock_guard lock(guard);
    scripts.clear();
    hanging.clear();
    released.notify_all();
}

void scripted_resolver::say(const std::string& host, std::vector<addresses> answers) {
    const std::lock_guard lock(guard);
    scripts[host] = script{std::move(answers)};
}

void scripted_resolver::hang(const std::string& domain) {
    const std::lock_guard lock(guard);
    hanging.insert(domain);
}

void scripted_resolver::fail(const std::string& host) {
    const std::lock_guard lock(guard);
    scripts[host] = script{{}, true};
}

int scripted_resolver::times_asked(const std::string& host) const {
    const std::lock_guard lock(guard);
    const auto known = scripts.find(host);
    return known == scripts.end() ? 0 : static_cast<int>(known->second.asked);
}

} // namespace postseal::keys::test

extern "C" int getaddrinfo(const char* host, const char* service, const addrinfo* hints,
                           addrinfo** found) {
    static auto* const real =
        reinterpret_cast<postseal::keys::test::resolve*>(dlsym(RTLD_NEXT, "getaddrinfo"));
    if (!host) return real(host, service, hints, found);
    return postseal::keys::test::answer(real, host, service, hints, found);
}
