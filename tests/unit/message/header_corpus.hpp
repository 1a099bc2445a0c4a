// SPDX-License-Identifier: Apache-2.0
// The corpus of header sections in tests/data/headers: a folder a mail.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace test {

inline std::vector<std::filesystem::path> folders() {
    std::vector<std::filesystem::path> found;
    for (const auto& entry :
         std::filesystem::directory_iterator(std::filesystem::path(POSTSEAL_TEST_DATA) / "headers"))
        found.push_back(entry.path());
    std::sort(found.begin(), found.end());
    return found;
}

inline std::string read(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(file, "cannot read " << path);
    return {std::istreambuf_iterator<char>(file), {}};
}

// The files have LF, the wire has CRLF.
inline std::string read_crlf(const std::filesystem::path& path) {
    std::string made;
    for (const char c : read(path))
        made += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return made;
}

// The whole section is compared, so the line end before the body is its last.
inline std::string header_of(const std::string& mail) {
    return mail.substr(0, mail.find("\r\n\r\n") + 2);
}

// ASCII only.
inline std::string lower(std::string text) {
    for (char& c : text)
        if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
    return text;
}

} // namespace test
