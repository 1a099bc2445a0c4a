// SPDX-License-Identifier: Apache-2.0
// What TLS needs to know before a handshake: certificates that we show, certificates that we ask
// for. Made when the configuration is read, shared by every connection, replaced by a reload.
// TLS 1.2 and up, forward secrecy and authenticated encryption only, no renegotiation.
// Fails: std::runtime_error with a sentence that names the file.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

struct ssl_ctx_st;
struct ssl_st;

namespace postseal::relay {

using tls_context = std::shared_ptr<ssl_ctx_st>;

struct certificate_files {
    std::filesystem::path chain; ///< PEM, our own certificate first
    std::filesystem::path key;   ///< PEM
};

/// For listeners. The first pair is shown to clients that name no host (SNI, RFC 6066 §3), or one
/// that no certificate is for.
[[nodiscard]] tls_context make_server_context(const std::vector<certificate_files>& pairs);

/// How the next hop has to prove itself.
struct peer_proof {
    enum class by {
        nothing,     ///< opportunistic: keeps out those who only listen (RFC 7435)
        authority,   ///< a certificate for `name` by an authority of `authorities`, or the system's
        fingerprint, ///< this very certificate, whoever has signed it
    };
    by shown_by = by::nothing;
    std::filesystem::path authorities; ///< PEM; empty: the system's
    std::string name;                  ///< host name or IP address
    std::string fingerprint;           ///< SHA-256 of the certificate (DER), 64 lower-case hex
    bool operator==(const peer_proof&) const = default;
};

[[nodiscard]] tls_context make_client_context(const peer_proof& wanted);

/// Sets the name that is asked for, and has to be proved.
void expect_peer(ssl_st* connection, const peer_proof& wanted);

/// After the handshake: is the certificate the pinned one? True where none is pinned.
[[nodiscard]] bool is_expected_peer(ssl_st* connection, const peer_proof& wanted);

} // namespace postseal::relay
