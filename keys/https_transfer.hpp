// SPDX-License-Identifier: Apache-2.0
// One HTTPS GET as libcurl runs it: what it may do, where it may connect, how much it may read, and
// what its end means. Used by the thread of https_client alone.
#pragma once

#include "keys/address_filter.hpp"
#include "keys/fixed_address.hpp"
#include "keys/https.hpp"

#include <curl/curl.h>
#include <openssl/types.h>

#include <memory>
#include <string>
#include <vector>

namespace postseal::keys {

/// What all transfers of a client share.
struct https_rules {
    address_filter filter;
    std::vector<fixed_address> resolve;
    std::shared_ptr<X509_STORE> trusted; ///< null: libcurl's own choice, the system's
    std::chrono::milliseconds connect_timeout{3000};
};

/// Scheme, host and port of a URL.
struct https_origin {
    std::string host; ///< in lower case
    std::uint16_t port = 0;
};

/// Nothing where the URL is no https URL, nor an http one that the administrator has chosen, or
/// carries a user name.
[[nodiscard]] std::optional<https_origin> read_origin(const https_request& request);

class https_transfer {
  public:
    /// `patience` is what the queue has left of the request's timeout. `rules` outlive this.
    https_transfer(const https_request& request, const https_origin& origin,
                   std::chrono::milliseconds patience, const https_rules& rules);
    https_transfer(const https_transfer&) = delete; // libcurl holds pointers to this
    https_transfer& operator=(const https_transfer&) = delete;

    [[nodiscard]] CURL* handle() const { return handle_.get(); }

    /// What the end of the transfer means.
    [[nodiscard]] https_answer finish(CURLcode ended);

  private:
    static CURLcode set_trusted(CURL*, void* context, void* store);
    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* peer);
    static std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* self);
    static std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* self);

    void set_options(const https_request& request, std::chrono::milliseconds patience);
    void set_destination(const https_origin& origin);
    [[nodiscard]] bool permits(const curl_sockaddr& peer);
    [[nodiscard]] https_status status_of(CURLcode ended) const;
    [[nodiscard]] https_status status_behind_proxy(CURLcode ended) const;
    [[nodiscard]] int response_code() const;

    struct easy_cleanup {
        void operator()(CURL* one) const { curl_easy_cleanup(one); }
    };
    struct list_cleanup {
        void operator()(curl_slist* one) const { curl_slist_free_all(one); }
    };

    const https_rules& rules_;
    chosen_by chosen_;
    bool proxied_;
    std::size_t max_body_;
    std::string body_;
    std::size_t header_octets_ = 0;
    bool too_large_ = false;
    bool body_unwanted_ = false; ///< the answer was complete with its header
    bool forbidden_ = false;     ///< the filter refused an address
    std::string forbidden_address_;
    char error_[CURL_ERROR_SIZE] = {};
    std::unique_ptr<curl_slist, list_cleanup> connect_to_;
    std::unique_ptr<CURL, easy_cleanup> handle_; // last: ends before what it points to
};

} // namespace postseal::keys
