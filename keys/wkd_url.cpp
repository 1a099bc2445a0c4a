// SPDX-License-Identifier: Apache-2.0
#include "keys/wkd_url.hpp"

#include "keys/domain.hpp"
#include "keys/sha1.hpp"

#include <cstdint>

namespace postseal::keys {

boost::system::result<wkd_urls, wkd_refusal> make_wkd_urls(const smtp::mailbox& address,
                                                           special_use_names reserved) {
    auto domain = to_a_label(address.domain);
    if (!domain) return wkd_refusal::not_a_domain;
    if (is_single_label(*domain)) return wkd_refusal::single_label;
    if (reserved == special_use_names::refuse && is_special_use(*domain))
        return wkd_refusal::special_use;

    // The hash is of the lowercased local part; `l` carries it unchanged, since only the server
    // knows whether case matters there.
    const std::string entry =
        "hu/" + wkd_hash(address.local_part) + "?l=" + percent_escape(address.local_part);
    const std::string directory = "/.well-known/openpgpkey/";

    wkd_urls urls;
    urls.advanced_host = "openpgpkey." + *domain;
    urls.advanced = "https://" + urls.advanced_host + directory + *domain + '/' + entry;
    urls.direct = "https://" + *domain + directory + entry;
    urls.domain = std::move(*domain);
    return urls;
}

std::string_view to_string(wkd_refusal why) {
    switch (why) {
    case wkd_refusal::not_a_domain: return "the address has no domain name";
    case wkd_refusal::single_label: return "the domain is a single label";
    case wkd_refusal::special_use: return "the domain is reserved and not public";
    }
    return "?";
}

// Only ASCII letters: -22 says so, although some clients lower Unicode too and so look elsewhere.
std::string wkd_hash(std::string_view local_part) {
    const auto digest = sha1(smtp::ascii_lower(local_part));
    return z_base_32({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

std::string z_base_32(std::string_view octets) {
    constexpr std::string_view alphabet = "ybndrfg8ejkmcpqxot1uwisza345h769";
    std::string text;
    text.reserve((octets.size() * 8 + 4) / 5);
    std::uint32_t window = 0;
    int bits = 0;
    for (const char c : octets) {
        window = (window << 8) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 5; bits -= 5)
            text += alphabet[(window >> (bits - 5)) & 31];
    }
    if (bits > 0) text += alphabet[(window << (5 - bits)) & 31];
    return text;
}

std::string percent_escape(std::string_view text) {
    constexpr std::string_view unreserved = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                            "0123456789-._~";
    constexpr char hex[] = "0123456789ABCDEF";
    std::string escaped;
    for (const char c : text) {
        if (unreserved.find(c) != std::string_view::npos) {
            escaped += c;
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        escaped += '%';
        escaped += hex[octet >> 4];
        escaped += hex[octet & 15];
    }
    return escaped;
}

} // namespace postseal::keys
