// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/keys/tls_server.hpp"

#include <boost/asio.hpp>
#include <boost/asio/ssl.hpp>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fstream>
#include <mutex>
#include <stdexcept>
#include <thread>

namespace postseal::keys::test {

namespace asio = boost::asio;
using asio::ip::tcp;
using stream = asio::ssl::stream<tcp::socket>;

namespace {

struct key_and_certificate {
    std::string key; // PEM
    std::string certificate;
};

void add_extension(X509* certificate, int kind, const std::string& value) {
    X509V3_CTX context;
    X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
    auto* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
    if (!extension) throw std::runtime_error("extension");
    X509_add_ext(certificate, extension, -1);
    X509_EXTENSION_free(extension);
}

template<class Write>
std::string to_pem(Write write) {
    BIO* memory = BIO_new(BIO_s_mem());
    write(memory);
    char* bytes = nullptr;
    const auto size = BIO_get_mem_data(memory, &bytes);
    std::string pem(bytes, static_cast<std::size_t>(size));
    BIO_free(memory);
    return pem;
}

/// A certificate for `host` that signs itself, so that it is its own authority.
key_and_certificate make_certificate(const std::string& host, tls_server::certificate shows) {
    constexpr long hour = 3600;
    constexpr long day = 24 * hour;
    const long from = shows == tls_server::certificate::from_tomorrow ? day : -2 * day;
    const long until = shows == tls_server::certificate::expired ? -hour : 3 * day;

    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_set_version(certificate, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), from);
    X509_gmtime_adj(X509_getm_notAfter(certificate), until);
    X509_set_pubkey(certificate, key);
    auto* name = X509_get_subject_name(certificate);
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
    X509_set_issuer_name(certificate, name);
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
    add_extension(certificate, NID_subject_alt_name, "DNS:" + host);
    X509_sign(certificate, key, EVP_sha256());

    key_and_certificate made;
    made.key = to_pem([&](BIO* out) {
        PEM_write_bio_PrivateKey(out, key, nullptr, nullptr, 0, nullptr, nullptr);
    });
    made.certificate = to_pem([&](BIO* out) { PEM_write_bio_X509(out, certificate); });
    X509_free(certificate);
    EVP_PKEY_free(key);
    return made;
}

std::string with_length(const std::string& status, const std::string& type, std::size_t size) {
    return "HTTP/1.1 " + status + "\r\nContent-Type: " + type +
           "\r\nContent-Length: " + std::to_string(size) + "\r\n\r\n";
}

/// 4000 zeros, as gzip writes them.
const std::string& compressed_zeros() {
    static const std::string bytes(
        "\x1f\x8b\x08\x00\x00\x00\x00\x00\x02\x03\xed\xc1\x31\x01\x00\x00\x00\xc2\xa0\xf5\x4f\x6d"
        "\x0c\x1f\xa0\x00\x00\x00\x80\xb7\x01\xbe\x93\x8b\x3a\xa0\x0f\x00\x00",
        39);
    return bytes;
}

/// The whole answer, but for the paths that go on without an end.
std::string beginning_of_answer(const std::string& path, const std::string& request) {
    const std::string page(1 << 20, 'x');
    if (path == "/key") return with_length("200 OK", "application/octet-stream", 5) + "a key";
    if (path == "/echo") return with_length("200 OK", "text/plain", request.size()) + request;
    if (path == "/html") return with_length("200 OK", "text/html", 6) + "<html>";
    if (path == "/missing") return with_length("404 Not Found", "text/html", page.size()) + page;
    if (path == "/redirect")
        return "HTTP/1.1 302 Found\r\nLocation: /key\r\nContent-Length: 0\r\n\r\n";
    if (path == "/busy")
        return "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n";
    if (path == "/huge") return "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
    if (path == "/chunks") return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    if (path == "/headers" || path == "/fields") return "HTTP/1.1 200 OK\r\n";
    if (path == "/field") return "HTTP/1.1 200 OK\r\nX-Flood: ";
    if (path == "/gzip")
        return "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: " +
               std::to_string(compressed_zeros().size()) + "\r\n\r\n" + compressed_zeros();
    if (path == "/drip") return with_length("200 OK", "text/plain", 100'000);
    return {};
}

} // namespace

struct tls_server::state {
    asio::io_context context;
    asio::ssl::context tls{asio::ssl::context::tls_server};
    tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
    std::filesystem::path ca_file;
    std::atomic<std::uint64_t> octets_sent = 0;
    std::atomic<int> open = 0;
    std::atomic<int> most_open = 0;
    std::atomic<int> requests = 0;
    std::mutex guard; // of what a test sets while this runs
    std::string redirect_to;
    std::thread thread;

    [[nodiscard]] std::string redirection();
    asio::awaitable<void> accept_all();
    asio::awaitable<void> serve(tcp::socket socket);
    asio::awaitable<void> answer(stream& peer, std::string request);
    asio::awaitable<void> send(stream& peer, std::string bytes);
    asio::awaitable<void> repeat(stream& peer, std::string piece, int times,
                                 std::chrono::milliseconds pause);
};

asio::awaitable<void> tls_server::state::accept_all() {
    for (;;) {
        auto socket = co_await acceptor.async_accept(asio::use_awaitable);
        asio::co_spawn(context, serve(std::move(socket)), asio::detached);
    }
}

asio::awaitable<void> tls_server::state::serve(tcp::socket socket) {
    most_open = std::max(most_open.load(), ++open);
    try {
        stream peer(std::move(socket), tls);
        co_await peer.async_handshake(stream::server, asio::use_awaitable);
        std::string request;
        for (;;) { // until the client closes
            const auto size = co_await asio::async_read_until(
                peer, asio::dynamic_buffer(request, 16384), "\r\n\r\n", asio::use_awaitable);
            co_await answer(peer, request.substr(0, size));
            request.erase(0, size);
        }
    } catch (const boost::system::system_error&) { // the client has gone
    }
    --open;
}

asio::awaitable<void> tls_server::state::send(stream& peer, std::string bytes) {
    co_await asio::async_write(peer, asio::buffer(bytes), asio::use_awaitable);
    octets_sent += bytes.size();
}

asio::awaitable<void> tls_server::state::repeat(stream& peer, std::string piece, int times,
                                                std::chrono::milliseconds pause) {
    asio::steady_timer timer(context);
    for (int sent = 0; sent < times; ++sent) {
        if (pause.count() > 0) {
            timer.expires_after(pause);
            co_await timer.async_wait(asio::use_awaitable);
        }
        co_await send(peer, piece);
    }
}

std::string tls_server::state::redirection() {
    const std::lock_guard lock(guard);
    if (redirect_to.empty()) return {};
    return "HTTP/1.1 302 Found\r\nLocation: " + redirect_to + "\r\nContent-Length: 0\r\n\r\n";
}

asio::awaitable<void> tls_server::state::answer(stream& peer, std::string request) {
    const auto path = request.substr(4, request.find(' ', 4) - 4);
    ++requests;
    auto beginning = redirection();
    if (beginning.empty()) beginning = beginning_of_answer(path, request);
    co_await send(peer, beginning);
    if (path == "/huge") {
        co_await repeat(peer, std::string(1 << 16, 'x'), 3200, std::chrono::milliseconds(0));
    } else if (path == "/headers") {
        const auto field = "X-Flood: " + std::string(1000, 'x') + "\r\n";
        co_await repeat(peer, field, 100'000, std::chrono::milliseconds(0));
    } else if (path == "/drip") {
        co_await repeat(peer, "x", 100'000, std::chrono::milliseconds(20));
    } else if (path == "/chunks") {
        const auto chunk = "10000\r\n" + std::string(0x10000, 'x') + "\r\n";
        co_await repeat(peer, chunk, 3200, std::chrono::milliseconds(0));
    } else if (path == "/continue") {
        const std::string one = "HTTP/1.1 100 Continue\r\n\r\n";
        co_await repeat(peer, one, 1'000'000, std::chrono::milliseconds(0));
    } else if (path == "/field") {
        co_await repeat(peer, std::string(1000, 'x'), 100'000, std::chrono::milliseconds(0));
    } else if (path == "/fields") {
        co_await repeat(peer, "X: y\r\n", 100'000, std::chrono::milliseconds(20));
    } else if (path == "/hangup") {
        peer.lowest_layer().close();
    }
}

tls_server::tls_server(const std::string& host, certificate shows)
    : state_(std::make_unique<state>()) {
    const auto made = make_certificate(host, shows);
    state_->tls.use_private_key(asio::buffer(made.key), asio::ssl::context::pem);
    state_->tls.use_certificate(asio::buffer(made.certificate), asio::ssl::context::pem);
    state_->ca_file =
        std::filesystem::temp_directory_path() /
        ("postseal-test-ca-" + std::to_string(getpid()) + "-" + std::to_string(port()) + ".pem");
    std::ofstream(state_->ca_file) << made.certificate;
    asio::co_spawn(state_->context, state_->accept_all(), asio::detached);
    state_->thread = std::thread([this] { state_->context.run(); });
}

tls_server::~tls_server() {
    state_->context.stop();
    state_->thread.join();
    std::filesystem::remove(state_->ca_file);
}

std::uint16_t tls_server::port() const { return state_->acceptor.local_endpoint().port(); }
std::filesystem::path tls_server::ca_file() const { return state_->ca_file; }
std::uint64_t tls_server::octets_sent() const { return state_->octets_sent; }
int tls_server::most_connections_at_once() const { return state_->most_open; }
int tls_server::connections() const { return state_->open; }
int tls_server::requests() const { return state_->requests; }

void tls_server::redirect_everything_to(std::string location) {
    const std::lock_guard lock(state_->guard);
    state_->redirect_to = std::move(location);
}

} // namespace postseal::keys::test
