// SPDX-License-Identifier: Apache-2.0
#include "smtp/login_name.hpp"

#include "smtp/base64.hpp"
#include "smtp/octets.hpp"

#include <algorithm>
#include <array>

namespace postseal::smtp {

namespace {

using name = std::optional<std::string>;

constexpr char kept_apart = '\x01'; // of OAuth's fields (RFC 7628 §3.1)

std::string_view take_until(std::string_view& text, char separator) {
    const auto at = std::min(text.find(separator), text.size());
    const auto taken = text.substr(0, at);
    text.remove_prefix(std::min(text.size(), at + 1));
    return taken;
}

// Whoever names two may be either: Exim and OpenSMTPD let the second in and do not look at the
// first, Dovecot lets the first in where the second may act for it.
name one_of(std::string_view acts_as, std::string_view logs_in) {
    if (!acts_as.empty() && acts_as != logs_in) return std::nullopt;
    return std::string(logs_in);
}

// authzid NUL authcid NUL passwd (RFC 4616 §2).
name of_plain(std::string_view response) {
    if (std::count(response.begin(), response.end(), '\0') != 2) return std::nullopt;
    const auto acts_as = take_until(response, '\0');
    const auto logs_in = take_until(response, '\0');
    return one_of(acts_as, logs_in);
}

name of_login(std::string_view response) { return std::string(response); }

// user SPACE digest (RFC 2195 §2); the user may contain spaces.
name of_cram(std::string_view response) {
    const auto space = response.rfind(' ');
    if (space == std::string_view::npos) return std::nullopt;
    return std::string(response.substr(0, space));
}

// saslname of RFC 5801 §4: no comma, and no '=' but in =2C and =3D.
name decode_saslname(std::string_view text) {
    std::string decoded;
    while (!text.empty()) {
        const auto escape = text.substr(0, 3);
        if (escape == "=2C" || escape == "=3D") {
            decoded += escape == "=2C" ? ',' : '=';
            text.remove_prefix(3);
            continue;
        }
        if (text.front() == '=') return std::nullopt;
        decoded += text.front();
        text.remove_prefix(1);
    }
    return decoded;
}

// The header that SCRAM and OAUTHBEARER begin with (RFC 5801 §4): flag , [a=authzid] ,
// Returns the identity to act as, empty where none is given.
name take_gs2_header(std::string_view& response) {
    take_until(response, ',');
    const auto acts_as = take_until(response, ',');
    if (acts_as.empty()) return std::string();
    if (!acts_as.starts_with("a=")) return std::nullopt;
    return decode_saslname(acts_as.substr(2));
}

// gs2-header n=user,r=nonce (RFC 5802 §7)
name of_scram(std::string_view response) {
    const auto acts_as = take_gs2_header(response);
    const auto field = take_until(response, ',');
    if (!acts_as || !field.starts_with("n=")) return std::nullopt;
    const auto logs_in = decode_saslname(field.substr(2));
    if (!logs_in) return std::nullopt;
    return one_of(*acts_as, *logs_in);
}

name of_oauth_bearer(std::string_view response) { return take_gs2_header(response); }

// user=name ^A auth=Bearer token ^A ^A. Of two users Dovecot takes the last.
name of_xoauth2(std::string_view response) {
    constexpr std::string_view key = "user=";
    const auto field = take_until(response, kept_apart);
    if (!field.starts_with(key)) return std::nullopt;
    while (!response.empty())
        if (take_until(response, kept_apart).starts_with(key)) return std::nullopt;
    return std::string(field.substr(key.size()));
}

struct row {
    std::string_view mechanism;
    name (*read)(std::string_view response);
};

constexpr auto known = std::to_array<row>({
    {"PLAIN", of_plain},
    {"LOGIN", of_login},
    {"CRAM-MD5", of_cram},
    {"XOAUTH2", of_xoauth2},
    {"OAUTHBEARER", of_oauth_bearer},
});

} // namespace

std::optional<std::string> login_name(std::string_view mechanism, std::string_view response) {
    const auto octets = decode_base64(response);
    if (!octets) return std::nullopt;
    name read;
    if (mechanism.starts_with("SCRAM-")) read = of_scram(*octets);
    for (const auto& [one, reader] : known)
        if (one == mechanism) read = reader(*octets);
    if (!read || read->empty() || read->size() > max_login_name || !is_printable_utf8(*read))
        return std::nullopt;
    return read;
}

} // namespace postseal::smtp
