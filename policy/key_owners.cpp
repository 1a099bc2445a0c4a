// SPDX-License-Identifier: Apache-2.0
#include "policy/key_owners.hpp"

#include <algorithm>
#include <utility>

namespace postseal::policy {

void key_owners::add(std::string written, std::vector<addresses> whom, smtp::mailbox owner) {
    rule one;
    one.name = std::move(written);
    one.match = {to_is{std::move(whom)}};
    entries_.push_back(std::move(one));
    owners_.push_back(std::move(owner));
}

std::optional<std::size_t> key_owners::first_for(const std::vector<folded_address>& names) const {
    if (entries_.empty()) return std::nullopt;
    const origin from_anywhere;
    const circumstances around(from_anywhere, {}, nullptr);
    auto first = owners_.size();
    for (const auto& name : names) {
        const addressee whom{name, {}};
        for (const auto* candidate : entries_.candidates(around, whom)) {
            if (holds(candidate->match, around, whom) != truth::yes) continue;
            first = std::min(first, static_cast<std::size_t>(candidate - &entries_[0]));
            break;
        }
    }
    if (first == owners_.size()) return std::nullopt;
    return first;
}

} // namespace postseal::policy
