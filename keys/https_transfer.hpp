// SPDX-License-Identifier: Apache-2.0
// One HTTPS GET as libcurl runs it: what it may do, where it may connect, how much it may read, and
// what its end means. Used by the thread of https_client alone.
#pragma once

#include "keys/address_filter.hpp"
#include "keys/fixed_address.hpp"
#include "keys/https.hpp"
#include "keys/https_origin.hpp"

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

/// False where the host is an address, or the configuration says where it is, or a proxy will ask.
[[nodiscard]] bool needs_name_servers(const https_request& request, const https_origin& origin,
                                      const https_rules& rules);

class https_transfer {
  public:
    /// `rules` outlive this.
    https_transfer(const https_request& request, const https_origin& origin,
                   const https_rules& rules);
    https_transfer(const https_transfer&) = delete; // libcurl holds pointers to this
    https_transfer& operator=(const https_transfer&) = delete;

    [[nodiscard]] CURL* handle() const { return handle_.get(); }

    /// Before libcurl gets it. `patience` is what is left of the request's timeout, `addresses`
    /// what the name servers have said of the host; none where they are not needed.
    void set_out(std::chrono::milliseconds patience, const std::vector<std::string>& addresses);

    /// What the end of the transfer means.
    [[nodiscard]] https_answer finish(CURLcode ended);

  private:
    static CURLcode set_trusted(CURL*, void* context, void* store);
    static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* peer);
    static std::size_t take_header(char* bytes, std::size_t, std::size_t count, void* self);
    static std::size_t take_body(char* bytes, std::size_t, std::size_t count, void* self);

    void set_options(const https_request& request);
    void set_destination(const https_origin& origin);
    template<class Value>
    void set(CURLoption option, Value value);
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
    https_origin origin_;
    chosen_by chosen_;
    bool proxied_;
    std::size_t max_body_;
    std::string body_;
    std::size_t header_octets_ = 0;
    bool body_too_large_ = false;
    bool too_large_ = false;
    bool body_unwanted_ = false; ///< the answer was complete with its header
    bool forbidden_ = false;     ///< the filter refused an address
    std::string forbidden_address_;
    char error_[CURL_ERROR_SIZE] = {};
    std::unique_ptr<curl_slist, list_cleanup> connect_to_;
    std::unique_ptr<curl_slist, list_cleanup> addresses_;
    std::unique_ptr<CURL, easy_cleanup> handle_; // last: ends before what it points to
};

} // namespace postseal::keys
