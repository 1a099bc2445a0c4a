// SPDX-License-Identifier: Apache-2.0
#include "config/next_hop.hpp"

#include "config/mapping.hpp"
#include "config/values.hpp"

#include <algorithm>
#include <stdexcept>

namespace postseal::config {

namespace {

constexpr std::size_t sha256_digits = 64;

// As `openssl x509 -fingerprint -sha256` writes it, or without colons.
std::string read_fingerprint(const source& from, const node& value) {
    std::string digits;
    for (const char c : read_text(from, value)) {
        if (c == ':') continue;
        const bool upper = c >= 'A' && c <= 'F';
        digits += upper ? static_cast<char>(c - 'A' + 'a') : c;
    }
    if (digits.size() != sha256_digits ||
        digits.find_first_not_of("0123456789abcdef") != std::string::npos) {
        from.fail(value.at, "is no SHA-256 fingerprint: 64 hexadecimal digits, as 'openssl x509 "
                            "-noout -fingerprint -sha256' prints them");
    }
    return digits;
}

std::string read_peer_name(const source& from, const node& value) {
    auto name = read_text(from, value);
    if (!is_host_name(name) && !is_ip_address(name)) {
        from.fail(value.at, "'" + name + "' is neither a host name nor an address");
    }
    return name;
}

// How the next hop proves itself: by a pinned certificate, or one by an authority for its name.
relay::peer_proof read_proof(const source& from, const mapping& block,
                             const relay::next_hop_settings& hop) {
    using by = relay::peer_proof::by;
    relay::peer_proof proof;
    proof.name = hop.address.host;
    if (hop.tls == relay::hop_tls::verified) proof.shown_by = by::authority;
    for (const std::string key : {"ca_file", "name", "fingerprint"}) {
        const auto* value = block.find(key);
        if (value == nullptr || hop.tls == relay::hop_tls::verified) continue;
        from.fail(value->at, "'" + key + "' is for 'tls: verified'; nothing is verified here");
    }
    block.take("ca_file", proof.authorities, read_path);
    block.take("name", proof.name, read_peer_name);
    if (const auto* pinned = block.find("fingerprint")) {
        if (const auto* ca = block.find("ca_file")) {
            from.fail(ca->at, "'ca_file' has no say where a 'fingerprint' is pinned; keep one");
        }
        proof.fingerprint = read_fingerprint(from, *pinned);
        proof.shown_by = by::fingerprint;
    }
    return proof;
}

} // namespace

relay::next_hop_settings read_next_hop(const source& from, const node& value) {
    const mapping block(from, value, "'next_hop'",
                        {"address", "tls", "ca_file", "name", "fingerprint", "client", "keep"});
    relay::next_hop_settings hop;
    hop.address =
        read_endpoint(from, block.need("address", "where the mail goes, such as 127.0.0.1:10026"));
    block.take("tls", hop.tls,
               word_of<relay::hop_tls>({{"none", relay::hop_tls::none},
                                        {"opportunistic", relay::hop_tls::opportunistic},
                                        {"verified", relay::hop_tls::verified}}));
    block.take("client", hop.introduction,
               word_of<relay::introduction>({{"none", relay::introduction::none},
                                             {"proxy", relay::introduction::proxy},
                                             {"xclient", relay::introduction::xclient}}));
    block.take("keep", hop.keep, read_switch);
    if (const auto* keep = block.find("keep");
        keep && hop.introduction != relay::introduction::none) {
        from.fail(keep->at, "'keep' has no say here: a connection that has been told who the " +
                                std::string("client is serves no other"));
    }
    hop.proof = read_proof(from, block, hop);
    if (hop.tls == relay::hop_tls::none) return hop;
    try {
        hop.context = relay::make_client_context(hop.proof);
    } catch (const std::runtime_error& e) {
        from.fail(value.at, e.what());
    }
    return hop;
}

} // namespace postseal::config
