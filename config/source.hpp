// SPDX-License-Identifier: Apache-2.0
// One configuration file's text, and errors that show the line in which the mistake is.
// Limits: max_file_size.
#pragma once

#include "config/error.hpp"

#include <cstddef>
#include <filesystem>
#include <string>

namespace postseal::config {

/// Octets of a configuration or policy file. Ten thousand rules fit.
inline constexpr std::size_t max_file_size = 4U << 20;

/// A place in a file, both counted from 1, the column in octets. 0:0 is the file as a whole.
struct position {
    int line = 0;
    int column = 0;
};

class source {
  public:
    source(std::filesystem::path file, std::string text);

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    [[nodiscard]] const std::string& text() const { return text_; }

    /// Relative paths are relative to the folder of the file.
    [[nodiscard]] std::filesystem::path resolve(const std::filesystem::path& written) const;

    /// As an error tells it: with its place, and the line with a caret below it.
    [[nodiscard]] error at(position at, std::string what) const;
    [[noreturn]] void fail(position at, std::string what) const;

  private:
    std::filesystem::path file_;
    std::string text_;
};

/// Throws config::error where the file cannot be read or is too large.
[[nodiscard]] source read_source(const std::filesystem::path& file,
                                 std::size_t max_octets = max_file_size);

} // namespace postseal::config
