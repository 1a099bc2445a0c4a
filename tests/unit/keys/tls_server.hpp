// SPDX-License-Identifier: Apache-2.0
// A small HTTPS server on loopback that behaves as badly as a test asks it to, with a certificate
// authority of its own that is made when the test starts.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>

namespace postseal::keys::test {

/// Paths and what they do:
///   /key       200, "a key"             /echo      200, the request as it was received
///   /html      200, a page              /missing   404, with 1 MiB of body
///   /redirect  302 to /key              /huge      200, 200 MB
///   /headers   never ends its header    /drip      200, an octet every 20 ms
///   /silent    never answers            /hangup    closes the connection
///   /busy      429, Retry-After: 17     /gzip      200, 4000 zeros in 39 octets
///   /chunks    200, 200 MB in chunks    /continue  never ends to say 100 Continue
///   /field     never ends a field       /fields    a field every 20 ms
class tls_server {
  public:
    enum class certificate { valid, expired, from_tomorrow };

    /// The certificate is for `host`.
    explicit tls_server(const std::string& host, certificate shows = certificate::valid);
    ~tls_server();

    /// Whatever is asked for; as it will stand in the Location field.
    void redirect_everything_to(std::string location);

    [[nodiscard]] std::uint16_t port() const;
    [[nodiscard]] std::filesystem::path ca_file() const; ///< PEM
    [[nodiscard]] std::uint64_t octets_sent() const;
    [[nodiscard]] int most_connections_at_once() const;
    [[nodiscard]] int connections() const; ///< open now
    [[nodiscard]] int requests() const;

  private:
    struct state;
    std::unique_ptr<state> state_;
};

} // namespace postseal::keys::test
