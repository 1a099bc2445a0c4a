// SPDX-License-Identifier: Apache-2.0
#include "relay/message_buffer.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <string>
#include <system_error>

using postseal::relay::message_buffer;

namespace {

std::filesystem::path folder() { return std::filesystem::temp_directory_path(); }

// Descriptors of this process that lead to files without a name.
std::size_t unlinked_files() {
    std::size_t count = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        struct stat about {};
        if (::stat(entry.path().c_str(), &about) != 0) continue;
        if (S_ISREG(about.st_mode) && about.st_nlink == 0) ++count;
    }
    return count;
}

} // namespace

BOOST_AUTO_TEST_SUITE(message_buffers)

BOOST_AUTO_TEST_CASE(a_small_message_makes_no_file) {
    message_buffer buffer(folder(), 100);
    buffer.append(std::string(100, 'x'));
    BOOST_TEST(buffer.view() == std::string(100, 'x'));
    BOOST_TEST(unlinked_files() == 0U);
}

BOOST_AUTO_TEST_CASE(a_large_message_is_one_unlinked_file) {
    message_buffer buffer(folder(), 100);
    buffer.append(std::string(60, 'x'));
    buffer.append(std::string(60, 'y'));
    BOOST_TEST(buffer.view() == std::string(60, 'x') + std::string(60, 'y'));
    BOOST_TEST(unlinked_files() == 1U);
    buffer.discard();
    BOOST_TEST(unlinked_files() == 0U);
}

BOOST_AUTO_TEST_CASE(the_view_grows_with_what_is_appended_later) {
    message_buffer buffer(folder(), 10);
    std::string expected;
    for (int piece = 0; piece < 50; ++piece) {
        const std::string bytes(static_cast<std::size_t>(piece) * 997,
                                static_cast<char>('a' + piece % 26));
        buffer.append(bytes);
        expected += bytes;
        BOOST_REQUIRE(buffer.view() == expected);
        BOOST_REQUIRE(buffer.size() == expected.size());
    }
}

BOOST_AUTO_TEST_CASE(a_moved_buffer_keeps_its_bytes) {
    message_buffer buffer(folder(), 10);
    buffer.append("a message that does not fit");
    message_buffer other(std::move(buffer));
    BOOST_TEST(other.view() == "a message that does not fit");
}

BOOST_AUTO_TEST_CASE(a_folder_that_is_not_there_is_an_error) {
    message_buffer buffer("/does/not/exist", 10);
    BOOST_CHECK_THROW(buffer.append("more than ten octets"), std::system_error);
}

BOOST_AUTO_TEST_SUITE_END()
