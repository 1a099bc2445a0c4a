// SPDX-License-Identifier: Apache-2.0
#include "keys/recent_findings.hpp"

namespace postseal::keys {
namespace {

std::size_t octets_of(const memory& entry) {
    const auto& found = entry.what.found;
    return found && found->bytes ? found->bytes->size() : 0;
}

} // namespace

std::optional<memory> recent_findings::recall(const std::string& key) {
    const auto known = index_.find(key);
    if (known == index_.end()) return std::nullopt;
    entries_.splice(entries_.begin(), entries_, known->second);
    return known->second->second;
}

void recent_findings::remember(const std::string& key, memory entry) {
    forget(key);
    octets_ += octets_of(entry);
    entries_.emplace_front(key, std::move(entry));
    index_.emplace(key, entries_.begin());
    while (entries_.size() > max_addresses_ || (octets_ > max_octets_ && entries_.size() > 1))
        remove(std::prev(entries_.end()));
}

void recent_findings::forget(const std::string& key) {
    if (const auto known = index_.find(key); known != index_.end()) remove(known->second);
}

void recent_findings::remove(entry_list::iterator entry) {
    octets_ -= octets_of(entry->second);
    index_.erase(entry->first);
    entries_.erase(entry);
}

} // namespace postseal::keys
