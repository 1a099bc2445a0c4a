// SPDX-License-Identifier: Apache-2.0
// Made text, line by line.
#pragma once

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace test {

/// The lines without their CRLF; complains of a CR or LF that is no part of one.
inline std::vector<std::string> lines_of(std::string_view text) {
    std::vector<std::string> lines;
    BOOST_TEST(text.ends_with("\r\n"));
    while (!text.empty()) {
        const auto line = text.substr(0, text.find("\r\n"));
        if (line.find_first_of("\r\n") != line.npos) BOOST_ERROR("a bare CR or LF in: " << line);
        lines.emplace_back(line);
        text.remove_prefix(std::min(line.size() + 2, text.size()));
    }
    return lines;
}

} // namespace test
