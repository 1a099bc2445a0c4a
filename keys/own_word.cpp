// SPDX-License-Identifier: Apache-2.0
#include "keys/own_word.hpp"

#include "keys/finder_memory.hpp"
#include "keys/user_id.hpp"
#include "smtp/subaddress.hpp"

#include <algorithm>
#include <utility>

namespace postseal::keys {
namespace {

namespace asio = boost::asio;

bool has_pin(const finder_settings& settings, const smtp::mailbox& name) {
    return settings.pins.contains(lookup_key(name));
}

// Under this name alone.
asio::awaitable<own_word> word_under(std::shared_ptr<inquiry_parts> with, smtp::mailbox name) {
    auto recalling = with->remembered->recall(name);
    const auto told = co_await std::move(recalling);
    own_word said;
    said.out = told.known.opted_out;
    said.pinned = has_pin(with->settings, name) ||
                  std::ranges::any_of(told.known.given, &given_certificate::pinned);
    said.is_whole = told.is_whole;
    co_return said;
}

} // namespace

std::optional<smtp::mailbox> base_of(const smtp::mailbox& address,
                                     const std::vector<std::string>& domains) {
    const auto key = lookup_key(address);
    if (std::ranges::find(domains, domain_of_key(key)) == domains.end()) return std::nullopt;
    return smtp::without_detail(address);
}

bool is_pinned(const finder_settings& settings, const smtp::mailbox& address) {
    const auto base = base_of(address, settings.subaddressing);
    return has_pin(settings, address) || (base && has_pin(settings, *base));
}

asio::awaitable<own_word> word_on(std::shared_ptr<inquiry_parts> with, smtp::mailbox address) {
    const auto base = base_of(address, with->settings.subaddressing);
    auto asking = word_under(with, std::move(address));
    auto said = co_await std::move(asking);
    if (!base) co_return said;
    auto asking_more = word_under(with, *base);
    const auto more = co_await std::move(asking_more);
    if (!said.out) said.out = more.out;
    said.pinned = said.pinned || more.pinned;
    said.is_whole = said.is_whole && more.is_whole;
    co_return said;
}

asio::awaitable<bool> goes_by_base(std::shared_ptr<inquiry_parts> with, smtp::mailbox address,
                                   smtp::mailbox base) {
    auto asking = word_under(with, std::move(address));
    const auto own = co_await std::move(asking);
    if (own.out || own.pinned) co_return false;
    auto asking_more = word_under(with, std::move(base));
    const auto more = co_await std::move(asking_more);
    co_return more.pinned;
}

} // namespace postseal::keys
