// SPDX-License-Identifier: Apache-2.0
#include "relay/trace_key.hpp"

#include "relay/message_buffer.hpp"
#include "relay/randomness.hpp"
#include "seal/descriptor.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <stdexcept>
#include <system_error>
#include <utility>

namespace postseal::relay {

namespace {

constexpr std::size_t key_octets = hash_key::digits / 2;
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

hash_key trace_key::open(const std::filesystem::path& folder) {
    if (auto there = read(folder)) return std::move(*there);
    const auto file = folder / file_name;
    make(folder, file);
    auto made = read(folder);
    if (!made) fail(file, "was removed while it was made");
    return std::move(*made);
}

std::optional<hash_key> trace_key::read(const std::filesystem::path& folder) {
    return hash_key::read(folder / file_name, hash_key::keeper::relay);
}

} // namespace postseal::relay
