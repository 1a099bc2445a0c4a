// SPDX-License-Identifier: Apache-2.0
// HTTPS GET by libcurl, on one thread of its own: a name server or key server that stalls never
// stalls the relay's I/O thread.
// Fails: never; every failure is an https_status.
// Plain HTTP only to servers that the configuration names with it.
// Limits: the request's timeout, from the call to the last octet and with the wait for a place;
// 8 transfers to one host at once, 1,000 requests that wait; 64 KiB of response header.
//
// Places: 64 to 512 transfers run at once, as many as the limit of open files has room for. Each
// has its place for a quarter of its timeout. After that it keeps it only until somebody who waits
// needs it: however many servers never answer, they do not keep others from being asked.
#pragma once

#include "keys/address_filter.hpp"
#include "keys/fixed_address.hpp"
#include "keys/https.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace postseal::keys {

struct https_client_settings {
    std::vector<smtp::ip_network> allow_networks; ///< may be reached though they are not public
    std::vector<fixed_address> resolve;           ///< hosts that the name servers are not asked for
    std::filesystem::path ca_file; ///< PEM certificates to trust besides the system's
    std::chrono::milliseconds connect_timeout{3000};
};

class https_client {
  public:
    /// Throws std::runtime_error when `ca_file` cannot be read or libcurl cannot start.
    explicit https_client(https_client_settings settings);

    /// Ends the thread; whoever still waits hears `not_asked`.
    ~https_client();

    /// Resumes on the caller's executor, which has to run on one thread. A caller that is destroyed
    /// or cancelled while it waits takes its transfer with it.
    boost::asio::awaitable<https_answer> get(https_request request);

    /// get(), for a source; it may outlive this object.
    [[nodiscard]] https_get as_function();

  private:
    class worker;
    static boost::asio::awaitable<https_answer> get_from(std::shared_ptr<worker> asked,
                                                         https_request request);

    std::shared_ptr<worker> worker_;
};

} // namespace postseal::keys
