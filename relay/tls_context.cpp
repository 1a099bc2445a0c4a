// SPDX-License-Identifier: Apache-2.0
#include "relay/tls_context.hpp"

#include "smtp/ip_address.hpp"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <system_error>

namespace postseal::relay {

namespace {

// TLS 1.3 has only good ones; of TLS 1.2 those that are as good.
constexpr auto tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

// RFC 7301; registered for SMTP is "smtp" alone (no RFC: IANA's list of protocol names).
constexpr std::string_view our_protocol = "smtp";

// The oldest error is the cause; what was built on it only says that something failed.
[[noreturn]] void fail(const std::string& what) {
    const auto cause = ERR_peek_error();
    const auto* const reason = ERR_reason_error_string(cause);
    ERR_clear_error();
    if (ERR_SYSTEM_ERROR(cause)) {
        throw std::runtime_error(what + ": " +
                                 std::generic_category().message(ERR_GET_REASON(cause)));
    }
    throw std::runtime_error(reason == nullptr ? what : what + ": " + reason);
}

void free_context(SSL_CTX* context) { SSL_CTX_free(context); }

std::unique_ptr<SSL_CTX, decltype(&free_context)> make_context(const SSL_METHOD* method) {
    ERR_clear_error();
    std::unique_ptr<SSL_CTX, decltype(&free_context)> made(SSL_CTX_new(method), free_context);
    if (!made) fail("cannot prepare TLS");
    SSL_CTX_set_min_proto_version(made.get(), TLS1_2_VERSION);
    if (SSL_CTX_set_cipher_list(made.get(), tls12_ciphers) != 1) fail("cannot prepare TLS");
    SSL_CTX_set_options(made.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    // Thousands of sessions wait for their client: their record buffers are given back meanwhile.
    SSL_CTX_set_mode(made.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                     SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_session_cache_mode(made.get(), SSL_SESS_CACHE_OFF); // tickets need none
    return made;
}

// A client that means another protocol has been led here by somebody (ALPACA). One that says
// nothing is served: few mail programs use ALPN.
int choose_protocol(SSL*, const unsigned char** chosen, unsigned char* length,
                    const unsigned char* offered, unsigned offered_length, void*) {
    static const std::array<unsigned char, 5> ours{4, 's', 'm', 't', 'p'};
    static_assert(our_protocol.size() == 4);
    unsigned char* found = nullptr;
    if (SSL_select_next_proto(&found, length, ours.data(), ours.size(), offered, offered_length) !=
        OPENSSL_NPN_NEGOTIATED) {
        return SSL_TLSEXT_ERR_ALERT_FATAL;
    }
    *chosen = found;
    return SSL_TLSEXT_ERR_OK;
}

using contexts = std::vector<tls_context>;

int choose_certificate(SSL* connection, int*, void* all) {
    const auto* const name = SSL_get_servername(connection, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    for (const auto& one : *static_cast<const contexts*>(all)) {
        auto* const shown = SSL_CTX_get0_certificate(one.get());
        if (X509_check_host(shown, name, 0, 0, nullptr) != 1) continue;
        SSL_set_SSL_CTX(connection, one.get());
        return SSL_TLSEXT_ERR_OK;
    }
    return SSL_TLSEXT_ERR_NOACK;
}

tls_context make_one(const certificate_files& files) {
    auto made = make_context(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(made.get(), files.chain.c_str()) != 1) {
        fail("cannot use the certificate " + files.chain.string());
    }
    if (SSL_CTX_use_PrivateKey_file(made.get(), files.key.c_str(), SSL_FILETYPE_PEM) != 1) {
        fail("cannot use the key " + files.key.string());
    }
    if (SSL_CTX_check_private_key(made.get()) != 1) {
        fail("the key " + files.key.string() + " does not belong to the certificate " +
             files.chain.string());
    }
    SSL_CTX_set_alpn_select_cb(made.get(), choose_protocol, nullptr);
    return made;
}

std::string fingerprint_of(const X509* certificate) {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned length = 0;
    if (X509_digest(certificate, EVP_sha256(), digest.data(), &length) != 1) return {};
    constexpr std::string_view digits = "0123456789abcdef";
    std::string text;
    for (unsigned i = 0; i < length; ++i) {
        text += digits[digest[i] >> 4];
        text += digits[digest[i] & 15];
    }
    return text;
}

} // namespace

tls_context make_server_context(const std::vector<certificate_files>& pairs) {
    auto all = std::make_unique<contexts>();
    for (const auto& pair : pairs)
        all->push_back(make_one(pair));
    if (all->empty()) throw std::runtime_error("TLS needs a certificate");
    auto* const first = all->front().get();
    SSL_CTX_set_tlsext_servername_callback(first, choose_certificate);
    SSL_CTX_set_tlsext_servername_arg(first, all.get());
    // All of them live as long as the first is used.
    return {first, [owned = std::shared_ptr<contexts>(std::move(all))](SSL_CTX*) {}};
}

tls_context make_client_context(const peer_proof& wanted) {
    auto made = make_context(TLS_client_method());
    if (wanted.shown_by == peer_proof::by::authority) {
        const bool loaded = wanted.authorities.empty()
                                ? SSL_CTX_set_default_verify_paths(made.get()) == 1
                                : SSL_CTX_load_verify_locations(
                                      made.get(), wanted.authorities.c_str(), nullptr) == 1;
        if (!loaded) {
            fail("cannot read certificate authorities from " + (wanted.authorities.empty()
                                                                    ? "the system's folder"
                                                                    : wanted.authorities.string()));
        }
        SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    }
    return made;
}

void expect_peer(SSL* connection, const peer_proof& wanted) {
    const auto address = smtp::parse_ip_address(wanted.name);
    if (!address && !wanted.name.empty()) {
        SSL_set_tlsext_host_name(connection, wanted.name.c_str());
    }
    if (wanted.shown_by != peer_proof::by::authority) return;
    SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    const bool set =
        address
            ? X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), wanted.name.c_str()) == 1
            : !wanted.name.empty() && SSL_set1_host(connection, wanted.name.c_str()) == 1;
    if (!set) throw std::runtime_error("'" + wanted.name + "' is no name to verify");
}

bool is_expected_peer(SSL* connection, const peer_proof& wanted) {
    if (wanted.shown_by != peer_proof::by::fingerprint) return true;
    const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(connection),
                                                            X509_free);
    return shown && fingerprint_of(shown.get()) == wanted.fingerprint;
}

} // namespace postseal::relay
