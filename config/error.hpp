// SPDX-License-Identifier: Apache-2.0
// A mistake in a configuration or policy file, told so that it can be mended at once.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>

namespace postseal::config {

class error : public std::runtime_error {
  public:
    /// `line` and `column` count from 1; 0 where the file as a whole is meant. `excerpt` is the
    /// line of the file with a caret below the column; it ends what().
    error(std::filesystem::path file, int line, int column, std::string what,
          const std::string& excerpt = {});

    [[nodiscard]] const std::filesystem::path& file() const { return file_; }
    [[nodiscard]] int line() const { return line_; }
    [[nodiscard]] int column() const { return column_; }
    /// what() without position and excerpt.
    [[nodiscard]] const std::string& mistake() const { return mistake_; }

  private:
    std::filesystem::path file_;
    int line_;
    int column_;
    std::string mistake_;
};

} // namespace postseal::config
