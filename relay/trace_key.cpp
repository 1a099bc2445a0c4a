// SPDX-License-Identifier: Apache-2.0
#include "relay/trace_key.hpp"

#include "relay/message_buffer.hpp"
#include "relay/randomness.hpp"
#include "seal/descriptor.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

constexpr std::size_t key_octets = 32;
constexpr std::string_view hex = "0123456789abcdef";

[[noreturn]] void fail(const std::filesystem::path& file, const std::string& what) {
    throw std::runtime_error(file.string() + ": " + what);
}

[[noreturn]] void fail_by_errno(const std::filesystem::path& file, const char* what) {
    fail(file, what + std::generic_category().message(errno));
}

std::string to_hex(std::string_view octets) {
    std::string text;
    for (const char octet : octets) {
        text += hex[static_cast<unsigned char>(octet) >> 4U];
        text += hex[static_cast<unsigned char>(octet) & 0xfU];
    }
    return text;
}

// Nothing for anything but a key, with or without the line end that an editor may have taken.
std::optional<std::string> from_hex(std::string_view text) {
    if (text.ends_with('\n')) text.remove_suffix(1);
    if (text.size() != 2 * key_octets) return std::nullopt;
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
    std::array<char, 2 * key_octets + 2> room{}; // one more than a key: it shows what is too long
    const auto got = ::pread(open.get(), room.data(), room.size(), 0);
    if (got < 0) fail_by_errno(file, "cannot be read: ");
    return {room.data(), static_cast<std::size_t>(got)};
}

// Whole or not at all, and never in place of another: written under a name of its own, then linked.
void make(const std::filesystem::path& folder, const std::filesystem::path& file) {
    auto draft = file.string() + ".XXXXXX";
    const seal::descriptor open(::mkostemp(draft.data(), O_CLOEXEC)); // mode 0600
    if (!open) fail_by_errno(file, "cannot be made: ");
    const auto give_up = [&](const char* what) {
        const int error = errno;
        ::unlink(draft.c_str());
        errno = error;
        fail_by_errno(file, what);
    };
    try {
        write_all(open.get(), to_hex(random_bytes(key_octets)) + "\n");
    } catch (const std::system_error& e) {
        errno = e.code().value();
        give_up("cannot be written: ");
    }
    if (::fsync(open.get()) != 0) give_up("cannot be written: ");
    if (::link(draft.c_str(), file.c_str()) != 0 && errno != EEXIST) give_up("cannot be made: ");
    ::unlink(draft.c_str());
    const seal::descriptor directory(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (directory) (void)::fsync(directory.get());
}

} // namespace

trace_key::trace_key(std::string_view octets) {
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

trace_key trace_key::open(const std::filesystem::path& folder) {
    if (auto there = read(folder)) return std::move(*there);
    const auto file = folder / file_name;
    make(folder, file);
    auto made = read(folder);
    if (!made) fail(file, "was removed while it was made");
    return std::move(*made);
}

std::optional<trace_key> trace_key::read(const std::filesystem::path& folder) {
    const auto file = folder / file_name;
    // Not through a link, and without waiting for what is no file.
    const seal::descriptor open(
        ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
    if (!open && errno == ENOENT) return std::nullopt;
    if (!open) fail_by_errno(file, "cannot be read: ");
    struct stat about {};
    if (::fstat(open.get(), &about) != 0) fail_by_errno(file, "cannot be read: ");
    if (!S_ISREG(about.st_mode)) fail(file, "is no regular file");
    if ((about.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        fail(file, "others than its owner may use it; chmod 0600 it, and make a new one if they "
                   "should not have seen it");
    auto octets = from_hex(content_of(open, file));
    if (!octets)
        fail(file,
             "is no key (64 hexadecimal digits); copy it again from the other relay, or remove "
             "it, and a new one is made at the next start");
    return trace_key(*octets);
}

// OpenSSL looks the algorithm up, and prepares the key, once; each text begins with a copy of that.
std::string trace_key::hash(std::string_view text) const {
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
