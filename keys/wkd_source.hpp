// SPDX-License-Identifier: Apache-2.0
// The Web Key Directory as a source (draft-koch-openpgp-webkey-service-22): the recipient's domain
// publishes its users' keys on its own web server.
// Fails: never. Limits: 256 KiB an answer, three redirects a host, `timeout` a request; what was
// learnt of 10,000 domains.
#pragma once

#include "keys/fixed_address.hpp"
#include "keys/https.hpp"
#include "keys/source.hpp"
#include "keys/wkd_reply.hpp"

#include <chrono>
#include <string>
#include <unordered_set>
#include <vector>

namespace postseal::keys {

struct wkd_settings {
    std::chrono::milliseconds timeout{5000}; ///< of one request
    std::vector<fixed_address> resolve;      ///< domains named here are asked though reserved
    std::string proxy;                       ///< as https_request has it
};

class wkd_source final : public source {
  public:
    wkd_source(https_get get, wkd_settings settings);

    [[nodiscard]] std::string_view name() const override { return "wkd"; }
    [[nodiscard]] origin from() const override { return origin::domain; }
    boost::asio::awaitable<answer> ask(smtp::mailbox address) override;

  private:
    struct attempt {
        wkd_reading reading;
        std::string host;
        std::string body;
        bool by_proxy = false; ///< the last one could not be reached by the proxy
    };

    boost::asio::awaitable<answer> ask_direct(wkd_urls urls, special_use_names reserved,
                                              std::string advanced_failed);
    boost::asio::awaitable<attempt> fetch(wkd_urls urls, std::string url,
                                          special_use_names reserved);
    boost::asio::awaitable<https_answer> get(std::string url);
    boost::asio::awaitable<bool> every_name_resolves(std::string domain);

    [[nodiscard]] std::optional<answer> settle(attempt& done, const std::string& domain);
    [[nodiscard]] bool is_configured(const std::string& host) const;
    void note_directory(const std::string& domain);

    https_get get_;
    wkd_settings settings_;
    std::unordered_set<std::string> seen_; // domains that have served a key
};

} // namespace postseal::keys
