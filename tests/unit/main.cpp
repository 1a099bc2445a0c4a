// SPDX-License-Identifier: Apache-2.0
// Every unit test program starts here. Boost.Test would write it for us, but not behind a
// precompiled header of its own.
#include <boost/test/unit_test.hpp>

int main(int count, char** arguments) {
    return boost::unit_test::unit_test_main([] { return true; }, count, arguments);
}
