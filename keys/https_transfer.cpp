// SPDX-License-Identifier: Apache-2.0
#include "keys/https_transfer.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <ifaddrs.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstring>
#include <new>

namespace postseal::keys {

namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t max_header = 64 * 1024; // octets, all responses of the transfer together
constexpr long low_speed_octets = 200;        // a second, over
constexpr long low_speed_seconds = 3;         // this long, is nobody who wants to answer

struct peer_address {
    ip::address address;
    std::uint16_t port = 0;
};

/// Nothing for other families than IPv4 and IPv6.
std::optional<peer_address> read_peer(const sockaddr* raw) {
    if (raw->sa_family == AF_INET) {
        sockaddr_in v4{};
        std::memcpy(&v4, raw, sizeof v4);
        return peer_address{ip::address_v4(ntohl(v4.sin_addr.s_addr)), ntohs(v4.sin_port)};
    }
    if (raw->sa_family == AF_INET6) {
        sockaddr_in6 v6{};
        std::memcpy(&v6, raw, sizeof v6);
        ip::address_v6::bytes_type octets;
        std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
        return peer_address{ip::address_v6(octets), ntohs(v6.sin6_port)};
    }
    return std::nullopt;
}

/// Read anew for each connection: addresses come and go while the relay runs.
std::vector<ip::address> own_addresses() {
    std::vector<ip::address> own;
    ifaddrs* first = nullptr;
    if (getifaddrs(&first) != 0) return own;
    for (const auto* one = first; one; one = one->ifa_next)
        if (one->ifa_addr)
            if (const auto read = read_peer(one->ifa_addr)) own.push_back(read->address);
    freeifaddrs(first);
    return own;
}

std::string text_of(CURL* handle, CURLINFO which) {
    const char* text = nullptr;
    curl_easy_getinfo(handle, which, &text);
    return text ? text : "";
}

bool is_tls_failure(CURLcode ended) {
    return ended == CURLE_SSL_CONNECT_ERROR || ended == CURLE_SSL_CERTPROBLEM ||
           ended == CURLE_SSL_CIPHER || ended == CURLE_SSL_CACERT_BADFILE ||
           ended == CURLE_SSL_ISSUER_ERROR || ended == CURLE_SSL_INVALIDCERTSTATUS;
}

} // namespace

bool needs_name_servers(const https_request& request, const https_origin& origin,
                        const https_rules& rules) {
    if (!request.proxy.empty() || origin.host.starts_with('[')) return false;
    if (find_fixed_address(rules.resolve, origin.host, origin.port)) return false;
    boost::system::error_code no_address;
    ip::make_address(origin.host, no_address);
    return no_address.failed();
}

https_transfer::https_transfer(const https_request& request, const https_origin& origin,
                               const https_rules& rules)
    : rules_(rules),
      origin_(origin),
      chosen_(request.chosen),
      proxied_(!request.proxy.empty()),
      max_body_(request.max_body),
      handle_(curl_easy_init()) {
    if (!handle_) throw std::bad_alloc();
    set_options(request);
    set_destination(origin);
}

void https_transfer::set_out(std::chrono::milliseconds patience,
                             const std::vector<std::string>& addresses) {
    set(CURLOPT_TIMEOUT_MS, static_cast<long>(patience.count()));
    const auto connect = proxied_ ? patience : rules_.connect_timeout; // Tor needs its time
    set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(connect.count()));
    if (addresses.empty()) return;

    // With '+' libcurl forgets it again; the next transfer to the host brings what it was told.
    auto told = '+' + origin_.host + ':' + std::to_string(origin_.port);
    for (const auto& one : addresses)
        told += (&one == &addresses.front() ? ':' : ',') + ('[' + one + ']');
    addresses_.reset(curl_slist_append(nullptr, told.c_str()));
    if (!addresses_) throw std::bad_alloc();
    set(CURLOPT_RESOLVE, addresses_.get());
}

template<class Value>
void https_transfer::set(CURLoption option, Value value) {
    if (curl_easy_setopt(handle_.get(), option, value) != CURLE_OK)
        throw std::runtime_error("libcurl does not know an option that we need");
}

void https_transfer::set_options(const https_request& request) {
    set(CURLOPT_URL, request.url.c_str());
    set(CURLOPT_PROTOCOLS_STR, chosen_ == chosen_by::administrator ? "https,http" : "https");
    set(CURLOPT_REDIR_PROTOCOLS_STR, "https");
    set(CURLOPT_FOLLOWLOCATION, 0L); // a source decides where a redirect may lead
    set(CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
    set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
    // Never the environment's proxy: the filter would see the proxy's address, not the peer's. Nor
    // its exceptions from a configured one: whoever asks through Tor means always.
    set(CURLOPT_PROXY, request.proxy.c_str());
    set(CURLOPT_NOPROXY, "");
    set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);

    set(CURLOPT_LOW_SPEED_LIMIT, low_speed_octets);
    set(CURLOPT_LOW_SPEED_TIME, low_speed_seconds);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_QUICK_EXIT, 1L); // where libcurl resolves the name of a proxy

    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, 1L);
    set(CURLOPT_SSL_VERIFYHOST, 2L);
    if (rules_.trusted) {
        curl_easy_setopt(handle_.get(), CURLOPT_CAINFO, nullptr);
        curl_easy_setopt(handle_.get(), CURLOPT_CAPATH, nullptr);
        set(CURLOPT_SSL_CTX_FUNCTION, &https_transfer::set_trusted);
        set(CURLOPT_SSL_CTX_DATA, static_cast<void*>(rules_.trusted.get()));
    } else if (curl_version_info(CURLVERSION_NOW)->cainfo) {
        // libcurl keeps the parsed certificates only when they come from one file alone.
        curl_easy_setopt(handle_.get(), CURLOPT_CAPATH, nullptr);
    }

    // No Accept-Encoding is sent and none is undone: a few octets cannot become many.
    set(CURLOPT_HTTP_CONTENT_DECODING, 0L);
    set(CURLOPT_OPENSOCKETFUNCTION, &https_transfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, static_cast<void*>(this));
    set(CURLOPT_HEADERFUNCTION, &https_transfer::take_header);
    set(CURLOPT_HEADERDATA, static_cast<void*>(this));
    set(CURLOPT_WRITEFUNCTION, &https_transfer::take_body);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    set(CURLOPT_ERRORBUFFER, error_);
}

void https_transfer::set_destination(const https_origin& origin) {
    const auto* fixed = find_fixed_address(rules_.resolve, origin.host, origin.port);
    if (!fixed) return;
    // Connects elsewhere; SNI, the Host field and the certificate's name stay the URL's.
    const auto address = fixed->address.to_string();
    const auto destination = "::" + (fixed->address.is_v6() ? '[' + address + ']' : address) + ':' +
                             std::to_string(fixed->connect_port);
    connect_to_.reset(curl_slist_append(nullptr, destination.c_str()));
    if (!connect_to_) throw std::bad_alloc();
    curl_easy_setopt(handle_.get(), CURLOPT_CONNECT_TO, connect_to_.get());
}

CURLcode https_transfer::set_trusted(CURL*, void* context, void* store) {
    SSL_CTX_set1_cert_store(static_cast<SSL_CTX*>(context), static_cast<X509_STORE*>(store));
    return CURLE_OK;
}

// After the name was resolved and before anything is sent: what was written in the URL ("127.1",
// "2130706433") and what a name server says the second time no longer matter.
curl_socket_t https_transfer::open_socket(void* self, curlsocktype, curl_sockaddr* peer) {
    auto& transfer = *static_cast<https_transfer*>(self);
    if (!transfer.permits(*peer)) return CURL_SOCKET_BAD;
    return ::socket(peer->family, peer->socktype | SOCK_CLOEXEC, peer->protocol);
}

bool https_transfer::permits(const curl_sockaddr& peer) {
    if (proxied_) return true; // this is the proxy, which the administrator has named
    const auto read = read_peer(&peer.addr);
    const bool permitted =
        read && (chosen_ == chosen_by::administrator
                     ? rules_.filter.permits(read->address, own_addresses())
                     : rules_.filter.permits(read->address, read->port, own_addresses()));
    if (permitted) return true;
    forbidden_ = true;
    if (read) forbidden_address_ = read->address.to_string();
    return false;
}

std::size_t https_transfer::take_header(char*, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<https_transfer*>(self);
    transfer.header_octets_ += count;
    if (transfer.header_octets_ <= max_header) return count;
    transfer.too_large_ = true;
    return 0; // ends the transfer
}

std::size_t https_transfer::take_body(char* bytes, std::size_t, std::size_t count, void* self) {
    auto& transfer = *static_cast<https_transfer*>(self);
    if (transfer.response_code() != 200) {
        transfer.body_unwanted_ = true;
        return 0;
    }
    if (count > transfer.max_body_ - transfer.body_.size()) {
        transfer.body_too_large_ = true;
        return 0;
    }
    transfer.body_.append(bytes, count);
    return count;
}

https_answer https_transfer::finish(CURLcode ended) {
    https_answer answer;
    answer.status = status_of(ended);
    answer.code = response_code();
    answer.content_type = text_of(handle(), CURLINFO_CONTENT_TYPE);
    answer.location = text_of(handle(), CURLINFO_REDIRECT_URL);
    curl_off_t retry_after = 0;
    curl_easy_getinfo(handle(), CURLINFO_RETRY_AFTER, &retry_after);
    answer.retry_after = std::chrono::seconds(retry_after);
    if (answer.status == https_status::answered)
        answer.body = std::move(body_);
    else if (answer.status == https_status::forbidden_peer)
        answer.detail = forbidden_address_ + " is not an address that lookups may reach";
    else if (answer.status == https_status::body_too_large)
        answer.detail = "more than " + std::to_string(max_body_) + " octets";
    else if (answer.status == https_status::too_large)
        answer.detail = "more than can be read";
    else
        answer.detail = *error_ ? error_ : curl_easy_strerror(ended);
    return answer;
}

https_status https_transfer::status_of(CURLcode ended) const {
    if (body_too_large_) return https_status::body_too_large;
    // libcurl's word for a header field without an end, too; and who has no memory knows nothing.
    if (too_large_ || ended == CURLE_OUT_OF_MEMORY) return https_status::too_large;
    if (ended == CURLE_OK || body_unwanted_) return https_status::answered;

    if (proxied_ && ended != CURLE_PEER_FAILED_VERIFICATION && !is_tls_failure(ended))
        return status_behind_proxy(ended);
    // Names are resolved before (keys/name_lookup): libcurl does not say why it could not.
    if (ended == CURLE_COULDNT_RESOLVE_HOST) return https_status::resolver_failed;
    if (ended == CURLE_OPERATION_TIMEDOUT) return https_status::timed_out;
    if (ended == CURLE_PEER_FAILED_VERIFICATION) {
        // libcurl compares the name after the handshake, that is when OpenSSL has found the chain
        // good, and leaves "unspecified" when that fails. A bad chain has a code of its own.
        long chain = X509_V_ERR_INVALID_CALL;
        curl_easy_getinfo(handle(), CURLINFO_SSL_VERIFYRESULT, &chain);
        const bool good = chain == X509_V_OK || chain == X509_V_ERR_UNSPECIFIED;
        return good ? https_status::tls_wrong_name : https_status::tls_failed;
    }
    if (is_tls_failure(ended)) return https_status::tls_failed;
    return forbidden_ ? https_status::forbidden_peer : https_status::unreachable;
}

/// A proxy that cannot be reached, or does not want to, says nothing about the host: that must
/// never look like "no key". What it says of the host counts, as far as it can be told apart.
https_status https_transfer::status_behind_proxy(CURLcode ended) const {
    if (ended == CURLE_PROXY) {
        long refused = 0;
        curl_easy_getinfo(handle(), CURLINFO_PROXY_ERROR, &refused);
        // Tor's word for a host that does not exist; others say it when their own way out is gone.
        if (refused == CURLPX_REPLY_HOST_UNREACHABLE) return https_status::proxy_failed;
        if (refused == CURLPX_REPLY_CONNECTION_REFUSED) return https_status::unreachable;
        return https_status::resolver_failed;
    }
    long connect_code = 0;
    curl_easy_getinfo(handle(), CURLINFO_HTTP_CONNECTCODE, &connect_code);
    // 502 to 504: the proxy has tried. Perhaps there is no such host, perhaps it has lost its own
    // way out: it does not say.
    if (connect_code >= 502 && connect_code <= 504) return https_status::proxy_failed;
    curl_off_t connected = 0; // to the host, with TLS
    curl_easy_getinfo(handle(), CURLINFO_APPCONNECT_TIME_T, &connected);
    if (connected == 0) return https_status::resolver_failed;
    return ended == CURLE_OPERATION_TIMEDOUT ? https_status::timed_out : https_status::unreachable;
}

int https_transfer::response_code() const {
    long code = 0;
    curl_easy_getinfo(handle(), CURLINFO_RESPONSE_CODE, &code);
    return static_cast<int>(code);
}

} // namespace postseal::keys
