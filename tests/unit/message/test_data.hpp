// SPDX-License-Identifier: Apache-2.0
// Files that GnuPG 2.2 wrote, in tests/data/openpgp.
#pragma once

#include <boost/test/unit_test.hpp>

#include <fstream>
#include <iterator>
#include <string>

inline std::string test_data(const std::string& name) {
    std::ifstream file(std::string(POSTSEAL_TEST_DATA) + "/openpgp/" + name, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(file, "cannot read " + name);
    return {std::istreambuf_iterator<char>(file), {}};
}
