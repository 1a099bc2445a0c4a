// SPDX-License-Identifier: Apache-2.0
#include "keys/stored_words.hpp"

#include <array>

namespace postseal::keys {
namespace {

template<class Word, std::size_t size>
std::optional<Word> one_of(const std::array<Word, size>& all, std::string_view text) {
    for (const auto one : all)
        if (text == to_string(one)) return one;
    return std::nullopt;
}

} // namespace

std::string to_octets(const std::vector<std::uint64_t>& key_ids) {
    std::string octets;
    for (const auto id : key_ids)
        for (int shift = 56; shift >= 0; shift -= 8)
            octets += static_cast<char>(id >> shift);
    return octets;
}

std::vector<std::uint64_t> to_key_ids(std::string_view octets) {
    std::vector<std::uint64_t> key_ids;
    for (; octets.size() >= 8; octets.remove_prefix(8)) {
        std::uint64_t id = 0;
        for (const char c : octets.substr(0, 8))
            id = (id << 8) | static_cast<unsigned char>(c);
        key_ids.push_back(id);
    }
    return key_ids;
}

std::optional<outcome> to_outcome(std::string_view word) {
    return one_of(std::array{outcome::found, outcome::absent, outcome::unusable}, word);
}

std::optional<origin> to_origin(std::string_view word) {
    return one_of(std::array{origin::administrator, origin::domain, origin::third_party}, word);
}

std::optional<wkd_host> to_wkd_host(std::string_view word) {
    return one_of(std::array{wkd_host::none, wkd_host::advanced, wkd_host::direct}, word);
}

} // namespace postseal::keys
