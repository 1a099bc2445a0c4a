// SPDX-License-Identifier: Apache-2.0
#include "keys/packet_body.hpp"

#include "keys/packets.hpp"
#include "keys/sha1.hpp"

#include <algorithm>

namespace postseal::keys {
namespace {

/// Takes octets from the front. After one failed take every further one fails, so that a reader
/// asks once, at its end, whether all went well.
class octet_reader {
  public:
    explicit octet_reader(std::string_view octets) : rest_(octets) {}

    std::string_view take(std::size_t count) {
        if (!ok_ || count > rest_.size()) {
            ok_ = false;
            return {};
        }
        const auto taken = rest_.substr(0, count);
        rest_.remove_prefix(count);
        return taken;
    }

    std::uint32_t number(std::size_t octets) {
        std::uint32_t value = 0;
        for (const char c : take(octets))
            value = (value << 8) | static_cast<unsigned char>(c);
        return value;
    }

    /// A multiprecision integer (RFC 4880 §3.2).
    void skip_mpi(std::size_t max_bits = max_mpi_bits) {
        const std::uint32_t bits = number(2);
        if (bits > max_bits) ok_ = false;
        take((bits + 7) / 8);
    }

    void skip_mpis(int count) {
        for (; count > 0; --count)
            skip_mpi();
    }

    /// An octet count, then that many octets. 0 and 255 are reserved where a curve is named.
    void skip_counted() {
        const std::uint32_t count = number(1);
        if (count == 0 || count == 255) ok_ = false;
        take(count);
    }

    [[nodiscard]] bool ok() const { return ok_; }
    [[nodiscard]] bool at_end() const { return ok_ && rest_.empty(); }

  private:
    std::string_view rest_;
    bool ok_ = true;
};

/// Reads past the algorithm's numbers; false for an algorithm that is not allowed.
bool skip_key_numbers(octet_reader& in, std::uint32_t algorithm) {
    switch (algorithm) {
    case 1: // RSA; 2 and 3 are its deprecated single-purpose forms
    case 2:
    case 3:
        in.skip_mpi();
        in.skip_mpi(max_exponent_bits);
        return true;
    case 16: in.skip_mpis(3); return true; // ElGamal
    case 17: in.skip_mpis(4); return true; // DSA
    case 18:                               // ECDH: curve, point, KDF parameters
        in.skip_counted();
        in.skip_mpi();
        in.skip_counted();
        return true;
    case 19: // ECDSA
    case 22: // EdDSA
        in.skip_counted();
        in.skip_mpi();
        return true;
    }
    return false;
}

bool skip_signature_numbers(octet_reader& in, std::uint32_t algorithm) {
    switch (algorithm) {
    case 1:
    case 3: in.skip_mpi(); return true;
    case 17:
    case 19:
    case 22: in.skip_mpis(2); return true;
    }
    return false;
}

signs signature_kind(std::uint32_t type) {
    switch (type) {
    case 0x10:
    case 0x11:
    case 0x12:
    case 0x13:
    case 0x30: return signs::user_id;
    case 0x1f: return signs::direct_key;
    case 0x20: return signs::key_revocation;
    case 0x18:
    case 0x28: return signs::subkey;
    }
    return signs::something_else;
}

signature signature_of(std::uint32_t type) {
    return {signature_kind(type), {}, type == 0x20 || type == 0x28 || type == 0x30};
}

std::uint32_t subpacket_length(octet_reader& in) {
    const std::uint32_t first = in.number(1);
    if (first < 192) return first;
    if (first < 255) return ((first - 192) << 8) + in.number(1) + 192;
    return in.number(4);
}

/// Issuer (16) and issuer fingerprint (33), RFC 4880 §5.2.3.5 and its successor's §5.2.3.35. False
/// where the area is malformed.
bool read_issuers(std::string_view area, std::vector<std::string>& issuers) {
    octet_reader in(area);
    while (in.ok() && !in.at_end()) {
        const auto subpacket = in.take(subpacket_length(in));
        if (!in.ok() || subpacket.empty()) return false;
        const int type = static_cast<unsigned char>(subpacket.front()) & 0x7f;
        if (type == 16) issuers.emplace_back(subpacket.substr(1));
        // The octet before a fingerprint is the version of the key.
        if (type == 33)
            issuers.emplace_back(subpacket.substr(std::min<std::size_t>(2, subpacket.size())));
    }
    return in.ok();
}

std::optional<signature> read_version_3(octet_reader& in) {
    if (in.number(1) != 5) return std::nullopt; // octets that are hashed
    auto read = signature_of(in.number(1));
    in.take(4); // created
    read.issuers.emplace_back(in.take(8));
    const std::uint32_t algorithm = in.number(1);
    in.take(1 + 2); // hash algorithm, the first octets of the hash
    if (!skip_signature_numbers(in, algorithm) || !in.at_end()) return std::nullopt;
    return read;
}

std::optional<signature> read_version_4(octet_reader& in) {
    auto read = signature_of(in.number(1));
    const std::uint32_t algorithm = in.number(1);
    in.take(1); // hash algorithm
    const auto hashed = in.take(in.number(2));
    const auto unhashed = in.take(in.number(2));
    in.take(2); // the first octets of the hash
    if (!skip_signature_numbers(in, algorithm) || !in.at_end()) return std::nullopt;
    if (!read_issuers(hashed, read.issuers) || !read_issuers(unhashed, read.issuers))
        return std::nullopt;
    return read;
}

} // namespace

boost::system::result<public_key, key_fault> read_public_key(std::string_view body) {
    octet_reader in(body);
    if (in.number(1) != 4) return key_fault::version;
    in.take(4); // created
    if (!skip_key_numbers(in, in.number(1))) return key_fault::algorithm;
    // A fingerprint covers at most 65535 octets (RFC 4880 §12.2).
    if (!in.at_end() || body.size() > 0xffff) return key_fault::malformed;

    std::string hashed{'\x99', static_cast<char>(body.size() >> 8),
                       static_cast<char>(body.size() & 0xff)};
    hashed += body;
    const auto digest = sha1(hashed);
    return public_key{std::string(digest.begin(), digest.end())};
}

std::optional<signature> read_signature(std::string_view body) {
    octet_reader in(body);
    switch (in.number(1)) {
    case 3: return read_version_3(in);
    case 4: return read_version_4(in);
    }
    return std::nullopt;
}

bool claims_issuer(const signature& claim, const public_key& key) {
    const std::string_view fingerprint = key.fingerprint;
    const auto key_id = fingerprint.substr(fingerprint.size() - 8);
    return !claim.issuers.empty() &&
           std::all_of(claim.issuers.begin(), claim.issuers.end(), [&](std::string_view issuer) {
               return issuer == fingerprint || issuer == key_id;
           });
}

std::string hex_upper(std::string_view octets) {
    constexpr char digits[] = "0123456789ABCDEF";
    std::string text;
    text.reserve(octets.size() * 2);
    for (const char c : octets) {
        const auto octet = static_cast<unsigned char>(c);
        text += digits[octet >> 4];
        text += digits[octet & 15];
    }
    return text;
}

} // namespace postseal::keys
