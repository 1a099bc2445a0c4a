// SPDX-License-Identifier: Apache-2.0
// Who was sealed to, and which domains have served keys: what a finder needs to know before it
// believes that there is no key.
#include "keys/domain.hpp"
#include "keys/finder_memory.hpp"
#include "keys/user_id.hpp"

#include <exception>
#include <utility>

namespace postseal::keys {

namespace asio = boost::asio;

namespace {

constexpr std::size_t max_sealed = 10'000; // addresses; the store has the others

std::string domain_of(const smtp::mailbox& address) {
    return to_a_label(address.domain).value_or(address.domain);
}

} // namespace

bool finder_memory::is_known_as_sealed(const smtp::mailbox& address) const {
    const auto known = sealed_.find(lookup_key(address));
    return known != sealed_.end() && known->second.sealed_before;
}

asio::awaitable<sealing> finder_memory::recall_sealing(smtp::mailbox address) {
    return recall_sealing_in(shared_from_this(), std::move(address));
}

asio::awaitable<void> finder_memory::remember_sealing(smtp::mailbox address, sealing entry) {
    return remember_sealing_in(shared_from_this(), std::move(address), entry);
}

asio::awaitable<bool> finder_memory::recall_directory(smtp::mailbox address) {
    return recall_directory_in(shared_from_this(), std::move(address));
}

asio::awaitable<void> finder_memory::remember_directory(smtp::mailbox address) {
    return remember_directory_in(shared_from_this(), std::move(address));
}

asio::awaitable<sealing> finder_memory::recall_sealing_in(self in, smtp::mailbox address) {
    sealing entry;
    const auto key = lookup_key(address);
    if (const auto known = in->sealed_.find(key); known != in->sealed_.end()) entry = known->second;
    if (!in->shared_) co_return entry;
    try {
        auto asking = in->shared_->recall_sealing(std::move(address));
        const auto told = co_await std::move(asking);
        if (told) entry = *told;
    } catch (const std::exception&) {
        // Like an error: what this process remembers has to do.
    }
    co_return entry;
}

asio::awaitable<void> finder_memory::remember_sealing_in(self in, smtp::mailbox address,
                                                         sealing entry) {
    const auto key = lookup_key(address);
    const auto known = in->sealed_.find(key);
    const auto before = known == in->sealed_.end() ? sealing() : known->second;
    if (known != in->sealed_.end() && before == entry) co_return;
    bool written = in->shared_ == nullptr;
    if (in->shared_) {
        try {
            auto remembering = in->shared_->remember_sealing(std::move(address), entry);
            const auto done = co_await std::move(remembering);
            written = done.has_value();
        } catch (const std::exception&) {
            // The next mail tries again.
        }
    }
    if (!written) co_return;
    if (in->sealed_.size() >= max_sealed) in->sealed_.erase(in->sealed_.begin());
    in->sealed_.insert_or_assign(key, entry);
}

asio::awaitable<bool> finder_memory::recall_directory_in(self in, smtp::mailbox address) {
    if (!in->shared_) co_return false; // the source knows those of this process
    try {
        auto asking = in->shared_->recall_directory(domain_of(address));
        const auto told = co_await std::move(asking);
        if (told) co_return told->has_value();
    } catch (const std::exception&) {
    }
    co_return false;
}

asio::awaitable<void> finder_memory::remember_directory_in(self in, smtp::mailbox address) {
    if (!in->shared_) co_return;
    try {
        auto remembering = in->shared_->remember_directory(domain_of(address), in->now_());
        static_cast<void>(co_await std::move(remembering));
    } catch (const std::exception&) {
    }
}

} // namespace postseal::keys
