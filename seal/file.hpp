// SPDX-License-Identifier: Apache-2.0
// Files without a name: how plaintext, certificates and ciphertext travel.
// Fails: by the system's error code.
#pragma once

#include "seal/descriptor.hpp"

#include <boost/system/error_code.hpp>
#include <boost/system/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string_view>

namespace postseal::seal {

/// In memory. Its size can be fixed later.
[[nodiscard]] boost::system::result<descriptor> make_memory_file();

/// An unlinked file in `folder`, which nobody can open a second time (but root).
[[nodiscard]] boost::system::result<descriptor>
make_unlinked_file(const std::filesystem::path& folder);

/// The same file for reading, with an offset of its own that starts at 0.
[[nodiscard]] boost::system::result<descriptor> reopen_for_reading(const descriptor& file);

[[nodiscard]] boost::system::result<std::uint64_t> size_of(const descriptor& file);

/// All of `bytes`, from `offset` on.
[[nodiscard]] boost::system::error_code write_at(const descriptor& file, std::uint64_t offset,
                                                 std::string_view bytes);

/// Appends what `from` holds in [offset, offset + size), inside the kernel where it can.
[[nodiscard]] boost::system::error_code append_range(const descriptor& to, const descriptor& from,
                                                     std::uint64_t offset, std::uint64_t size);

} // namespace postseal::seal
