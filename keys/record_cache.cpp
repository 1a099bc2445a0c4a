// SPDX-License-Identifier: Apache-2.0
#include "keys/record_cache.hpp"

#include <iterator>

namespace postseal::keys {
namespace {

std::size_t octets_of(const std::optional<memory>& entry) {
    return entry && entry->what.found && entry->what.found->bytes ? entry->what.found->bytes->size()
                                                                  : 0;
}

template<class Certificates>
std::size_t octets_of(const Certificates& all) {
    std::size_t octets = 0;
    for (const auto& one : all)
        octets += one.bytes.size();
    return octets;
}

std::size_t octets_of(const record_cache::entry& held) {
    return octets_of(held.known.remembered) + octets_of(held.known.rejected) +
           octets_of(held.known.given) + octets_of(held.unwritten.rejected) +
           octets_of(held.unwritten.given);
}

} // namespace

const record_cache::entry* record_cache::find(const std::string& key) {
    const auto known = index_.find(key);
    if (known == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, known->second);
    return &known->second->held;
}

void record_cache::remember(const std::string& key, entry now) {
    if (const auto known = index_.find(key); known != index_.end()) remove(known->second);
    const auto octets = octets_of(now);
    octets_ += octets;
    entries_.push_front({key, std::move(now), octets});
    index_.emplace(key, entries_.begin());
    while (entries_.size() > max_addresses_ || (octets_ > max_octets_ && entries_.size() > 1))
        remove(std::prev(entries_.end()));
}

void record_cache::remove(place_list::iterator one) {
    octets_ -= one->octets;
    index_.erase(one->key);
    entries_.erase(one);
}

} // namespace postseal::keys
