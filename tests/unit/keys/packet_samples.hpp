// SPDX-License-Identifier: Apache-2.0
// Key packets for tests: files that GnuPG made, and packets written by hand where it would refuse.
#pragma once

#include "keys/packet_body.hpp"
#include "keys/packets.hpp"
#include "message/openpgp.hpp"
#include "smtp/mailbox.hpp"

#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys::samples {

inline const std::string alice_fingerprint = "4DE8C992A2332B0F173D6364E7F06D5825EB5778";
inline const std::string bob_fingerprint = "533ECF099F65E8FEB0C2DABA58063CE85A8DBBD9";
inline const std::string dora_fingerprint = "244402F3CF29F5FF84C1F221AFB626DB62919049";

inline std::string read(const std::string& name) {
    std::ifstream in(std::string(POSTSEAL_TEST_DATA) + "/keys/" + name, std::ios::binary);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    if (!in) throw std::runtime_error("no test key " + name);
    return bytes.str();
}

inline smtp::mailbox address(std::string_view text) {
    const auto at = text.rfind('@');
    return {std::string(text.substr(0, at)), std::string(text.substr(at + 1))};
}

inline std::string be(std::size_t value, int octets) {
    std::string text;
    while (octets-- > 0)
        text += static_cast<char>(value >> (octets * 8));
    return text;
}

/// A packet with a new-format header and a four-octet length.
inline std::string packet(int tag, const std::string& body) {
    return static_cast<char>(0xc0 | tag) + ("\xff" + be(body.size(), 4)) + body;
}

inline std::string mpi(std::size_t bits) {
    return be(bits, 2) + std::string((bits + 7) / 8, '\x7f');
}

/// The body of an RSA key; `created` makes it another key.
inline std::string rsa_key(int version = 4, std::size_t created = 1, std::size_t bits = 2048) {
    return be(static_cast<std::size_t>(version), 1) + be(created, 4) + '\x01' + mpi(bits) + mpi(17);
}

/// The body of a version 4 RSA signature that names `issuer` (8 octets) as its issuer.
inline std::string rsa_signature(int type, const std::string& issuer,
                                 const std::string& hashed = {}) {
    const std::string unhashed = "\x09\x10" + issuer;
    return '\x04' + be(static_cast<std::size_t>(type), 1) + "\x01\x08" + be(hashed.size(), 2) +
           hashed + be(unhashed.size(), 2) + unhashed + "ab" + mpi(2048);
}

inline std::vector<int> tags(std::string_view binary) {
    std::vector<int> tags;
    const auto packets = message::split_packets(binary, 100'000);
    if (packets)
        for (const auto& one : *packets)
            tags.push_back(one.tag);
    return tags;
}

inline std::size_t count(const cleaning& done, removal why) {
    for (const auto& one : done.left_out)
        if (one.why == why) return one.count;
    return 0;
}

/// A certificate of hand-made packets; `behind` stands behind its user ID's signature.
struct made_certificate {
    std::string key = rsa_key();
    std::string issuer = read_public_key(key)->fingerprint.substr(12);
    std::string user_id = packet(13, "a@example.org");
    std::string certified = packet(2, rsa_signature(0x13, issuer));

    std::string with(const std::string& behind) const {
        return packet(6, key) + user_id + certified + behind;
    }
    std::string bound_subkey(std::size_t created) const {
        return packet(14, rsa_key(4, created)) + packet(2, rsa_signature(0x18, issuer));
    }
};

} // namespace postseal::keys::samples
