// SPDX-License-Identifier: Apache-2.0
#include "keys/asked_later.hpp"

#include "keys/user_id.hpp"

#include <algorithm>

namespace postseal::keys {

std::optional<std::size_t> asked_later::put(const smtp::mailbox& address) {
    auto key = lookup_key(address);
    std::size_t place = 1;
    for (const auto& one : waiting_) {
        if (one.key == key) return place;
        ++place;
    }
    if (waiting_.size() >= max_waiting) return std::nullopt;
    waiting_.push_back({std::move(key), address, 0});
    return place;
}

void asked_later::answered(const smtp::mailbox& address, answer said, time now) {
    const auto key = lookup_key(address);
    waiting_.remove_if([&](const waiter& one) { return one.key == key; });
    if (said.result == outcome::temporary) return;
    static_cast<void>(take(address, now)); // the new one replaces it
    octets_ += said.material.size();
    kept_.push_back({key, std::move(said), now + lifetime});
    drop_old(now);
}

void asked_later::put_off(const smtp::mailbox& address) {
    const auto key = lookup_key(address);
    waiting_.remove_if(
        [&](waiter& one) { return one.key == key && ++one.attempts >= max_attempts; });
}

std::optional<answer> asked_later::take(const smtp::mailbox& address, time now) {
    drop_old(now);
    const auto key = lookup_key(address);
    const auto known =
        std::find_if(kept_.begin(), kept_.end(), [&](const kept& one) { return one.key == key; });
    if (known == kept_.end()) return std::nullopt;
    auto said = std::move(known->said);
    octets_ -= said.material.size();
    kept_.erase(known);
    return said;
}

void asked_later::drop_old(time now) {
    while (!kept_.empty() &&
           (kept_.front().until <= now || kept_.size() > max_answers || octets_ > max_octets)) {
        octets_ -= kept_.front().said.material.size();
        kept_.pop_front();
    }
}

} // namespace postseal::keys
