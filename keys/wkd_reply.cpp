// SPDX-License-Identifier: Apache-2.0
#include "keys/wkd_reply.hpp"

#include "keys/domain.hpp"

#include <algorithm>

namespace postseal::keys {

namespace {

constexpr std::size_t max_url = 2048;

/// Binary packets begin with a set bit (RFC 4880 §4.2). A directory should not serve armor, but
/// some do and GnuPG takes it. Whatever passes here, the packet cleaner reads properly.
bool could_be_keys(std::string_view body) {
    return (!body.empty() && (static_cast<unsigned char>(body.front()) & 0x80) != 0) ||
           body.find("-----BEGIN PGP PUBLIC KEY BLOCK-----") != body.npos;
}

bool is_html(std::string_view content_type) {
    return smtp::ascii_lower(content_type).starts_with("text/html");
}

wkd_reading read_code(const https_answer& answer) {
    const auto told = "answered " + std::to_string(answer.code);
    switch (answer.code) {
    case 200:
        if (could_be_keys(answer.body)) return {wkd_reply::keys, told};
        return {wkd_reply::no_directory, told + " with something that is no key"};
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: return {wkd_reply::moved, told};
    case 404:
    case 410: return {wkd_reply::no_key, told};
    case 408: // timeout
    case 425: // too early
    case 429: return {wkd_reply::try_later, told};
    default: break;
    }
    if (answer.code >= 400 && answer.code < 500) return {wkd_reply::refused, told};
    if (answer.code >= 500) return {wkd_reply::try_later, told};
    return {wkd_reply::no_directory, told};
}

/// An https URL in its two halves.
struct location_parts {
    std::string host; ///< A-label
    std::string_view path_and_query;
};

std::optional<location_parts> split_url(std::string_view url) {
    constexpr std::string_view scheme = "https://";
    // No URL has a backslash (RFC 3986); what ends the host there for one ends it later for
    // another.
    const auto is_allowed = [](char c) { return c > ' ' && c < 0x7f && c != '\\'; };
    if (url.size() > max_url || !std::all_of(url.begin(), url.end(), is_allowed))
        return std::nullopt;
    if (!smtp::equal_ignoring_case(url.substr(0, scheme.size()), scheme)) return std::nullopt;

    url.remove_prefix(scheme.size());
    url = url.substr(0, url.find('#'));
    const auto end = std::min(url.find_first_of("/?"), url.size());
    auto authority = url.substr(0, end);
    if (authority.ends_with(":443")) authority.remove_suffix(4);
    // Whatever is left beside a name (a port, a user, brackets) to_a_label refuses.
    auto host = to_a_label(authority);
    if (!host) return std::nullopt;
    return location_parts{std::move(*host), url.substr(end)};
}

} // namespace

wkd_reading read_wkd_reply(const https_answer& answer) {
    switch (answer.status) {
    case https_status::answered: return read_code(answer);
    // A name that leads to a private address only has no address for the public: mail-only domains
    // and blocklists of name servers look like that.
    case https_status::forbidden_peer:
    case https_status::no_such_host: return {wkd_reply::no_address, "has no public address"};
    case https_status::resolver_failed:
        return {wkd_reply::try_later, "could not be resolved: " + answer.detail};
    case https_status::not_asked:
        return {wkd_reply::try_later, "could not be asked: " + answer.detail};
    case https_status::tls_wrong_name:
        return {wkd_reply::wrong_name, "has a certificate for another name"};
    case https_status::unreachable:
        return {wkd_reply::no_directory, "could not be reached: " + answer.detail};
    case https_status::tls_failed:
        return {wkd_reply::no_directory, "has no trustworthy TLS: " + answer.detail};
    case https_status::timed_out: return {wkd_reply::no_directory, "did not answer in time"};
    case https_status::proxy_failed:
        return {wkd_reply::behind_proxy, "could not be reached by the proxy: " + answer.detail};
    case https_status::body_too_large:
        if (is_html(answer.content_type)) return {wkd_reply::no_directory, "answered with HTML"};
        return {wkd_reply::too_much, "answered with " + answer.detail + ", too much for a key"};
    case https_status::too_large: return {wkd_reply::try_later, "answered with " + answer.detail};
    }
    return {};
}

std::optional<std::string> follow_redirect(const wkd_urls& directory, std::string_view from,
                                           std::string_view location, special_use_names reserved) {
    const auto here = split_url(from);
    const auto there = split_url(location);
    if (!here || !there || is_single_label(there->host)) return std::nullopt;

    const auto is_ours = [&](const std::string& host) {
        return host == directory.domain || host == directory.advanced_host;
    };
    if (there->host == here->host || (is_ours(here->host) && is_ours(there->host)))
        return "https://" + there->host + std::string(there->path_and_query);
    if (reserved == special_use_names::refuse && is_special_use(there->host)) return std::nullopt;
    return "https://" + there->host + std::string(here->path_and_query);
}

} // namespace postseal::keys
