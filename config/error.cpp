// SPDX-License-Identifier: Apache-2.0
#include "config/error.hpp"

namespace postseal::config {

namespace {

std::string shown(const std::filesystem::path& file, int line, int column,
                  const std::string& mistake, const std::string& excerpt) {
    auto text = file.string();
    if (line > 0) text += ":" + std::to_string(line) + ":" + std::to_string(column);
    text += ": " + mistake;
    if (!excerpt.empty()) text += "\n" + excerpt;
    return text;
}

} // namespace

error::error(std::filesystem::path file, int line, int column, std::string what,
             const std::string& excerpt)
    : std::runtime_error(shown(file, line, column, what, excerpt)),
      file_(std::move(file)),
      line_(line),
      column_(column),
      mistake_(std::move(what)) {}

} // namespace postseal::config
