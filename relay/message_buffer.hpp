// SPDX-License-Identifier: Apache-2.0
// The bytes of one message: in memory up to a limit, beyond it in an unlinked file that no other
// process can name and that is gone with this one. Either way they are read through one view.
// Fails: std::system_error, when the file cannot be made or the disk is full.
#pragma once

#include "seal/descriptor.hpp"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace postseal::relay {

/// A file mapped for reading, and its one owner.
class mapping {
  public:
    mapping() = default;
    /// All `size` octets of `file`; the descriptor may be closed afterwards.
    mapping(int file, std::uint64_t size);
    mapping(mapping&& other) noexcept;
    mapping& operator=(mapping&& other) noexcept;
    ~mapping();

    [[nodiscard]] std::string_view view() const { return {address_, size_}; }

  private:
    const char* address_ = nullptr;
    std::size_t size_ = 0;
};

/// An unlinked file in `folder`.
[[nodiscard]] seal::descriptor make_unlinked_file(const std::filesystem::path& folder);

/// All of `bytes`, whatever write(2) takes at a time.
void write_all(int file, std::string_view bytes);

class message_buffer {
  public:
    /// Up to `in_memory` octets stay in memory; the rest goes to a file in `folder`.
    message_buffer(std::filesystem::path folder, std::uint64_t in_memory);

    void append(std::string_view bytes);

    /// Everything appended so far. The view ends with the next append().
    [[nodiscard]] std::string_view view();
    [[nodiscard]] std::uint64_t size() const { return size_; }

    /// Gives up the content, for a message that will be refused anyway.
    void discard();

  private:
    std::filesystem::path folder_;
    std::uint64_t in_memory_;
    std::uint64_t size_ = 0;
    std::string memory_;    // all of it, or what has not been written to the file yet
    seal::descriptor file_; // none while everything is in memory
    mapping mapped_;
};

} // namespace postseal::relay
