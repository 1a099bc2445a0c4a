// SPDX-License-Identifier: Apache-2.0
// Base64 as ASCII armor has it (RFC 4648 §4): strict, and fast enough for attachments.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace postseal::message {

/// Writes the base64 of `octets`, padded where they are not a multiple of three, to `text`, which
/// has room for four characters for every three octets begun. Returns the characters written.
std::size_t encode_base64(std::string_view octets, char* text);

/// Reads base64 that comes in lines of any length. Strict: nothing but the alphabet, padding ends
/// the data, and the bits that it leaves over are zero, so that one binary has one spelling.
class base64_reader {
  public:
    /// One line without its end; false for what is not base64. After that, read no further.
    [[nodiscard]] bool take(std::string_view line);

    /// Nothing is left over: the data ended with a whole quad.
    [[nodiscard]] bool complete() const { return held_ == 0; }

    std::string binary;

  private:
    void put_quad();
    bool pad(std::string_view padding);

    std::uint32_t bits_ = 0; // of the quad under way
    std::uint32_t held_ = 0; // its digits so far
    bool padded_ = false;
};

} // namespace postseal::message
