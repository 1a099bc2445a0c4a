// SPDX-License-Identifier: Apache-2.0
#include "config/source.hpp"

#include "config/error.hpp"

#include <boost/test/unit_test.hpp>

#include <string>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(sources)

BOOST_AUTO_TEST_CASE(the_caret_stands_below_the_mistake) {
    const source from{"f.yaml", "a: 1\n\tn\xc3\xa4me: x\n" + std::string(300, 'y') + "z\n\x1b[31m"};
    const auto shown = [&](position at) {
        try {
            from.fail(at, "wrong");
        } catch (const error& mistake) {
            return std::string{mistake.what()};
        }
    };
    BOOST_TEST(shown({1, 4}) == "f.yaml:1:4: wrong\n    a: 1\n       ^");
    BOOST_TEST(shown({2, 9}) == "f.yaml:2:9: wrong\n    \tn\xc3\xa4me: x\n    \t      ^");
    const auto wide = shown({3, 301});
    BOOST_TEST(wide == "f.yaml:3:301: wrong\n    " + std::string(50, 'y') + "z\n    " +
                           std::string(50, ' ') + "^");
    BOOST_TEST(shown({4, 1}).find('\x1b') == std::string::npos);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
