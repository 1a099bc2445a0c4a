// SPDX-License-Identifier: Apache-2.0
#include "keys/domain.hpp"

#include "smtp/mailbox.hpp"

#include <idn2.h>

#include <algorithm>
#include <memory>

namespace postseal::keys {
namespace {

constexpr std::size_t max_name = 253; // octets without a trailing dot (RFC 1035 §2.3.4)
constexpr std::size_t max_label = 63;

/// The registry "Special-Use Domain Names" of IANA (RFC 6761), as of 2024, without those of its
/// entries below arpa: nothing there has mailboxes. `internal` was reserved by ICANN in 2024.
constexpr std::string_view special_use[] = {
    "alt",         // RFC 9476
    "arpa",        // RFC 3172, with home.arpa (RFC 8375), in-addr.arpa, ip6.arpa, ipv4only.arpa
    "example",     // RFC 6761
    "example.com", // RFC 6761
    "example.net", // RFC 6761
    "example.org", // RFC 6761
    "internal",    // ICANN Board resolution 2024.07.29.06
    "invalid",     // RFC 6761
    "local",       // RFC 6762
    "localhost",   // RFC 6761
    "onion",       // RFC 7686: would need Tor
    "test",        // RFC 6761
};

bool is_ascii(std::string_view text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

std::optional<std::string> encode(std::string_view domain) {
    if (is_ascii(domain)) return smtp::ascii_lower(domain);
    const std::string input(domain);
    char* encoded = nullptr;
    const int status =
        idn2_to_ascii_8z(input.c_str(), &encoded, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    const std::unique_ptr<char, void (*)(void*)> owner(encoded, idn2_free);
    if (status != IDN2_OK) return std::nullopt;
    return smtp::ascii_lower(encoded);
}

/// Letters, digits and hyphens, no hyphen at either end (RFC 1123 §2.1).
bool is_ldh_label(std::string_view label) {
    if (label.empty() || label.size() > max_label) return false;
    if (label.front() == '-' || label.back() == '-') return false;
    return std::all_of(label.begin(), label.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
    });
}

bool is_host_name(std::string_view name) {
    if (name.empty() || name.size() > max_name) return false;
    for (std::size_t begin = 0;;) {
        const auto end = name.find('.', begin);
        if (!is_ldh_label(name.substr(begin, end - begin))) return false;
        if (end == std::string_view::npos) break;
        begin = end + 1;
    }
    // A resolver takes "127.1" and "0x7f.1" for addresses; no top-level domain begins with a digit.
    const auto last = name.substr(name.rfind('.') + 1);
    return last.front() < '0' || last.front() > '9';
}

} // namespace

std::optional<std::string> to_a_label(std::string_view domain) {
    // No name is longer in UTF-8 than this, and IDNA work grows with the length.
    if (domain.size() > smtp::max_domain) return std::nullopt;
    if (domain.find('\0') != std::string_view::npos) return std::nullopt;
    auto name = encode(domain);
    if (!name || !is_host_name(*name)) return std::nullopt;
    return name;
}

bool is_single_label(std::string_view a_label) {
    return a_label.find('.') == std::string_view::npos;
}

bool is_special_use(std::string_view a_label) {
    return std::any_of(std::begin(special_use), std::end(special_use), [&](std::string_view name) {
        if (!a_label.ends_with(name)) return false;
        return a_label.size() == name.size() || a_label[a_label.size() - name.size() - 1] == '.';
    });
}

} // namespace postseal::keys
