// SPDX-License-Identifier: Apache-2.0
#include "keys/known_inspections.hpp"

#include <openssl/evp.h>

#include <iterator>
#include <list>
#include <memory>
#include <stdexcept>
#include <unordered_map>
#include <utility>

namespace postseal::keys {

namespace {

namespace asio = boost::asio;

struct known {
    std::string digest; // SHA-256 of the certificate
    inspection seen;
    std::chrono::sys_seconds when;
};

struct memory_of_inspections {
    inspector real;
    clock now;
    std::list<known> entries{};                                       // the oldest first
    std::unordered_map<std::string, std::list<known>::iterator> by{}; // digest
};

// The bytes come from strangers: two certificates that share a digest would share a judgement.
std::string digest_of(const std::string& certificate) {
    std::string digest(EVP_MAX_MD_SIZE, '\0');
    unsigned size = 0;
    auto* const out = reinterpret_cast<unsigned char*>(digest.data());
    if (EVP_Digest(certificate.data(), certificate.size(), out, &size, EVP_sha256(), nullptr) !=
        1) {
        throw std::runtime_error("OpenSSL cannot compute SHA-256");
    }
    digest.resize(size);
    return digest;
}

bool is_current(const known& entry, std::chrono::sys_seconds now) {
    return entry.when <= now && now < entry.when + inspection_lifetime;
}

/// Who has a thousand keys inspected costs the others their oldest ones, never all at once.
void keep(memory_of_inspections& in, known entry) {
    if (const auto same = in.by.find(entry.digest); same != in.by.end()) {
        in.entries.erase(same->second);
        in.by.erase(same);
    }
    if (in.entries.size() >= max_known_inspections) {
        in.by.erase(in.entries.front().digest);
        in.entries.pop_front();
    }
    in.entries.push_back(std::move(entry));
    in.by.emplace(in.entries.back().digest, std::prev(in.entries.end()));
}

asio::awaitable<boost::system::result<inspection>>
inspect(std::shared_ptr<memory_of_inspections> in, std::string certificate) {
    const auto digest = digest_of(certificate);
    const auto found = in->by.find(digest);
    if (found != in->by.end() && is_current(*found->second, in->now()))
        co_return found->second->seen;
    const auto asked_at = in->now();
    auto asking = in->real(std::move(certificate));
    auto seen = co_await std::move(asking);
    if (!seen) co_return seen;
    // Of a key that is from the future now, GnuPG says something else once it is not.
    if (seen->created > asked_at) co_return seen;
    known entry{digest, *seen, in->now()};
    keep(*in, std::move(entry));
    co_return seen;
}

} // namespace

inspector knowing_inspector(inspector real, clock now) {
    auto shared = std::make_shared<memory_of_inspections>();
    shared->real = std::move(real);
    shared->now = std::move(now);
    return [shared](std::string certificate) { return inspect(shared, std::move(certificate)); };
}

} // namespace postseal::keys
