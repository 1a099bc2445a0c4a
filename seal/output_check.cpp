// SPDX-License-Identifier: Apache-2.0
#include "seal/output_check.hpp"

#include "message/openpgp.hpp"

#include <algorithm>
#include <vector>

namespace postseal::seal {

namespace {

constexpr int protected_data = 18; // SEIPD: what every receiver reads, unlike the newer tag 20

// What a message is larger than its plaintext, at least: the packet's header of 2 octets, its
// version, 10 octets of random prefix, the header of the literal data in it with an empty name
// (2 + 6), and the modification detection code (RFC 4880 §5.9, §5.13, §5.14).
constexpr std::uint64_t least_overhead = 2 + 1 + 10 + 8 + 22;

using key_ids = std::vector<std::uint64_t>;

// Two certificates can hold one subkey: anyone may adopt another's encryption key. GnuPG then makes
// one session key for both, which only the key's owner can use. So this asks that each recipient
// has a session key, not that each has one of their own.
bool is_served(const keys::certificate& recipient, const key_ids& session_keys) {
    return std::any_of(session_keys.begin(), session_keys.end(), [&](std::uint64_t id) {
        const auto& own = recipient.encryption_keys;
        return std::find(own.begin(), own.end(), id) != own.end();
    });
}

// Key ID 0 is a hidden recipient, who could be anyone.
bool is_expected(std::uint64_t id, std::span<const keys::certificate> recipients) {
    if (id == 0) return false;
    return std::any_of(recipients.begin(), recipients.end(),
                       [&](const keys::certificate& each) { return is_served(each, key_ids{id}); });
}

bool has_room_for(std::uint64_t plaintext_size, std::uint64_t encrypted_data) {
    return encrypted_data >= least_overhead && encrypted_data - least_overhead >= plaintext_size;
}

bool has_duplicates(key_ids ids) {
    std::sort(ids.begin(), ids.end());
    return std::adjacent_find(ids.begin(), ids.end()) != ids.end();
}

} // namespace

bool is_sealed_to(std::string_view ciphertext, std::uint64_t plaintext_size,
                  std::span<const keys::certificate> recipients) {
    const auto seen = message::read_encrypted_message(ciphertext);
    if (!seen || seen->data_tag != protected_data || seen->symmetric_session_keys != 0)
        return false;
    if (!has_room_for(plaintext_size, ciphertext.size() - seen->session_key_octets)) return false;
    const auto& session_keys = seen->key_ids;
    if (session_keys.size() > recipients.size() || has_duplicates(session_keys)) return false;
    return std::all_of(session_keys.begin(), session_keys.end(),
                       [&](std::uint64_t id) { return is_expected(id, recipients); }) &&
           std::all_of(recipients.begin(), recipients.end(),
                       [&](const auto& each) { return is_served(each, session_keys); });
}

} // namespace postseal::seal
