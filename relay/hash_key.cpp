// SPDX-License-Identifier: Apache-2.0
#include "relay/hash_key.hpp"

#include "seal/descriptor.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace postseal::relay {

namespace {

constexpr std::string_view hex = "0123456789abcdef";

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw std::runtime_error(file.string() + ": " + what);
}

[[noreturn]] void fail_to_read(const std::filesystem::path& file) {
    fail(file, "cannot be read: " + std::generic_category().message(errno));
}

// Nothing for anything but a key, with or without the line end that an editor may have taken.
std::optional<std::string> from_hex(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.size() != hash_key::digits) return std::nullopt;
    std::string octets;
    for (std::size_t i = 0; i < text.size(); i += 2) {
        const auto high = hex.find(text[i]);
        const auto low = hex.find(text[i + 1]);
        if (high == std::string_view::npos || low == std::string_view::npos) return std::nullopt;
        octets += static_cast<char>(high << 4U | low);
    }
    return octets;
}

std::string content_of(const seal::descriptor& open, const std::filesystem::path& file) {
    std::array<char, hash_key::digits + 2> room{}; // one more than a key: it shows what is too long
    const auto got = ::pread(open.get(), room.data(), room.size(), 0);
    if (got < 0) fail_to_read(file);
    return {room.data(), static_cast<std::size_t>(got)};
}

void refuse_readers(const std::filesystem::path& file, mode_t mode, hash_key::keeper whose) {
    switch (whose) {
    case hash_key::keeper::relay:
        if ((mode & (S_IRWXG | S_IRWXO)) == 0) return;
        fail(file, "others than its owner may use it; chmod 0600 it, and make a new one if they "
                   "should not have seen it");
    case hash_key::keeper::administrator:
        if ((mode & (S_IWGRP | S_IXGRP | S_IRWXO)) == 0) return;
        fail(file, "others may use it; chmod 0640 it, and make a new one if they should not have "
                   "seen it");
    }
}

std::string_view what_to_do(hash_key::keeper whose) {
    switch (whose) {
    case hash_key::keeper::relay:
        return "copy it again from the other relay, or remove it, and a new one is made at the "
               "next start";
    case hash_key::keeper::administrator: return "'openssl rand -hex 32' prints one";
    }
    return {};
}

} // namespace

hash_key::hash_key(std::string_view octets) {
    const std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> hmac(
        EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free);
    keyed_ = {hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr, EVP_MAC_CTX_free};
    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 2> which{
        OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
        OSSL_PARAM_construct_end()};
    const auto* const key = reinterpret_cast<const unsigned char*>(octets.data());
    if (!keyed_ || EVP_MAC_init(keyed_.get(), key, octets.size(), which.data()) != 1)
        throw std::runtime_error("OpenSSL has no HMAC-SHA256");
}

std::optional<hash_key> hash_key::read(const std::filesystem::path& file, keeper whose) {
    // Without waiting for what is no file.
    const int links = whose == keeper::relay ? O_NOFOLLOW : 0;
    const seal::descriptor open(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | links));
    if (!open && errno == ENOENT) return std::nullopt;
    if (!open) fail_to_read(file);
    struct stat about {};
    if (::fstat(open.get(), &about) != 0) fail_to_read(file);
    if (!S_ISREG(about.st_mode)) fail(file, "is no regular file");
    refuse_readers(file, about.st_mode, whose);
    const auto octets = from_hex(content_of(open, file));
    if (!octets) fail(file, "is no key (64 hexadecimal digits); " + std::string(what_to_do(whose)));
    return hash_key(*octets);
}

// OpenSSL looks the algorithm up, and prepares the key, once; each text begins with a copy of that.
std::string hash_key::hash(std::string_view text) const {
    const std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> mac(
        EVP_MAC_CTX_dup(keyed_.get()), EVP_MAC_CTX_free);
    std::string result(EVP_MAX_MD_SIZE, '\0');
    std::size_t size = 0;
    const bool made = mac &&
                      EVP_MAC_update(mac.get(), reinterpret_cast<const unsigned char*>(text.data()),
                                     text.size()) == 1 &&
                      EVP_MAC_final(mac.get(), reinterpret_cast<unsigned char*>(result.data()),
                                    &size, result.size()) == 1;
    if (!made) throw std::runtime_error("OpenSSL cannot make an HMAC-SHA256");
    result.resize(size);
    return result;
}

} // namespace postseal::relay
