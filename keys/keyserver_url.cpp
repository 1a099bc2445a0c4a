// SPDX-License-Identifier: Apache-2.0
#include "keys/keyserver_url.hpp"

#include "keys/domain.hpp"

#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <array>

namespace postseal::keys {
namespace {

struct scheme {
    std::string_view prefix;
    keyserver::protocol speaks;
    std::string_view transport;
    std::string_view usual_port; ///< written only where the transport has another one
};

constexpr std::array schemes{
    scheme{"vks://", keyserver::protocol::vks, "https://", ""},
    scheme{"hkps://", keyserver::protocol::hkp, "https://", ""},
    scheme{"https://", keyserver::protocol::hkp, "https://", ""},
    scheme{"hkp://", keyserver::protocol::hkp, "http://", ":11371"},
    scheme{"http://", keyserver::protocol::hkp, "http://", ""},
};

bool is_port(std::string_view text) {
    if (text.empty() || text.size() > 5) return false;
    unsigned value = 0;
    for (const char c : text) {
        if (c < '0' || c > '9') return false;
        value = value * 10 + static_cast<unsigned>(c - '0');
    }
    return value > 0 && value <= 65535 && text.front() != '0';
}

/// A host name as an A-label, or an address; IPv6 in brackets.
std::optional<std::string> read_host(std::string_view text) {
    boost::system::error_code failed;
    if (text.starts_with('[') && text.ends_with(']')) {
        const auto inside = text.substr(1, text.size() - 2);
        const auto v6 = boost::asio::ip::make_address_v6(inside, failed);
        if (failed || v6.scope_id() != 0) return std::nullopt;
        return '[' + v6.to_string() + ']';
    }
    const auto v4 = boost::asio::ip::make_address_v4(text, failed);
    if (!failed) return v4.to_string();
    return to_a_label(text);
}

} // namespace

std::string_view keyserver::name() const {
    const std::string_view whole = origin;
    return whole.substr(whole.find("//") + 2);
}

std::optional<keyserver> parse_keyserver(std::string_view url) {
    const auto is_ours = [&](const scheme& one) {
        return smtp::equal_ignoring_case(url.substr(0, one.prefix.size()), one.prefix);
    };
    const auto* const found = std::find_if(schemes.begin(), schemes.end(), is_ours);
    if (found == schemes.end()) return std::nullopt;

    auto authority = url.substr(found->prefix.size());
    if (authority.ends_with('/')) authority.remove_suffix(1);
    auto port = std::string(found->usual_port);
    const auto colon = authority.rfind(':');
    if (colon != authority.npos && !authority.ends_with(']')) {
        if (!is_port(authority.substr(colon + 1))) return std::nullopt;
        port = authority.substr(colon);
        authority = authority.substr(0, colon);
    }
    const auto host = read_host(authority);
    if (!host) return std::nullopt;
    return keyserver{found->speaks, std::string(found->transport) + *host + port};
}

boost::system::result<std::string, wkd_refusal> make_keyserver_url(const keyserver& server,
                                                                   const smtp::mailbox& address) {
    auto domain = to_a_label(address.domain);
    if (!domain) return wkd_refusal::not_a_domain;
    if (is_single_label(*domain)) return wkd_refusal::single_label;
    if (is_special_use(*domain)) return wkd_refusal::special_use;

    // As mail is addressed: a local part that needs quotes is quoted, so that its own '@' is none.
    const auto wanted =
        percent_escape(smtp::to_string(smtp::mailbox{address.local_part, std::move(*domain)}));
    switch (server.speaks) {
    case keyserver::protocol::vks: return server.origin + "/vks/v1/by-email/" + wanted;
    case keyserver::protocol::hkp: break;
    }
    return server.origin + "/pks/lookup?op=get&options=mr&exact=on&search=" + wanted;
}

std::string make_keyserver_url(const keyserver& server, std::string_view fingerprint) {
    switch (server.speaks) {
    case keyserver::protocol::vks:
        return server.origin + "/vks/v1/by-fingerprint/" + std::string(fingerprint);
    case keyserver::protocol::hkp: break;
    }
    return server.origin + "/pks/lookup?op=get&options=mr&search=0x" + std::string(fingerprint);
}

} // namespace postseal::keys
