// SPDX-License-Identifier: Apache-2.0
// The corpus of mails in tests/data/mails.
#pragma once

#include <boost/test/unit_test.hpp>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <string_view>

namespace test {

inline std::filesystem::path mails() { return std::filesystem::path(POSTSEAL_TEST_DATA) / "mails"; }

inline std::string read_mail(std::string_view name) {
    std::ifstream file(mails() / (std::string(name) + ".eml"), std::ios::binary);
    BOOST_REQUIRE_MESSAGE(file, "no mail named " << name);
    return {std::istreambuf_iterator<char>(file), {}};
}

inline std::set<std::string> mail_names() {
    std::set<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(mails())) {
        if (entry.path().extension() == ".eml") names.insert(entry.path().stem().string());
    }
    return names;
}

} // namespace test
