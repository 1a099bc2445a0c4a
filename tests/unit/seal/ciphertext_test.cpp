// SPDX-License-Identifier: Apache-2.0
// What a sealer that has been taken over does with the file that it still holds.
#include "seal/ciphertext.hpp"

#include "pool_fixture.hpp"
#include "seal/error.hpp"

#include <boost/test/unit_test.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

namespace postseal::seal::test {

namespace {

constexpr std::uint64_t key = 0xA1A2A3A4A5A6A7A8;

// One session key and data, in the format that GnuPG writes: with an old header of 10 octets' body.
std::string message(std::size_t data) {
    return std::string("\x84\x0c\x03\xa1\xa2\xa3\xa4\xa5\xa6\xa7\xa8\x12zz", 14) + "\xd2" +
           static_cast<char>(data + 1) + "\x01" + std::string(data, 'x');
}

std::vector<keys::certificate> recipients() {
    keys::certificate one;
    one.fingerprint = "A";
    one.encryption_keys = {key};
    return {one};
}

descriptor output_with(std::string_view content) {
    auto file = make_room_in_memory();
    BOOST_REQUIRE(file);
    BOOST_REQUIRE(::write(file->get(), content.data(), content.size()) ==
                  static_cast<ssize_t>(content.size()));
    return std::move(*file);
}

descriptor another(const descriptor& file) { return descriptor(::dup(file.get())); }

} // namespace

BOOST_AUTO_TEST_SUITE(ciphertexts)

BOOST_AUTO_TEST_CASE(what_was_accepted_cannot_be_changed) {
    auto output = output_with(message(60));
    const auto kept = another(output);
    const auto for_whom = recipients();
    const auto accepted = accept_ciphertext(std::move(output), {10, for_whom});
    BOOST_REQUIRE(accepted);
    const auto before = read_all(*accepted);
    BOOST_TEST(before.substr(0, 1) == "\xc1");
    BOOST_TEST(::pwrite(kept.get(), "plain", 5, 0) < 0);
    BOOST_TEST(::pwrite(kept.get(), "plain", 5, 76) < 0);
    BOOST_TEST(::ftruncate(kept.get(), 0) != 0);
    BOOST_TEST((::mmap(nullptr, 1, PROT_WRITE, MAP_SHARED, kept.get(), 0) == MAP_FAILED));
    BOOST_TEST((read_all(*accepted) == before));
}

BOOST_AUTO_TEST_CASE(what_cannot_be_fixed_is_not_accepted) {
    const auto for_whom = recipients();
    {
        // With this seal first, there can be no others.
        auto output = output_with(message(60));
        BOOST_REQUIRE(::fcntl(output.get(), F_ADD_SEALS, F_SEAL_SEAL) == 0);
        const auto refused = accept_ciphertext(std::move(output), {10, for_whom});
        BOOST_REQUIRE(!refused);
        BOOST_TEST(refused.error() == errc::incomplete_output);
    }
    auto output = output_with(message(60));
    void* const held = ::mmap(nullptr, 76, PROT_READ | PROT_WRITE, MAP_SHARED, output.get(), 0);
    BOOST_REQUIRE(held != MAP_FAILED);
    const auto refused = accept_ciphertext(std::move(output), {10, for_whom});
    ::munmap(held, 76);
    BOOST_REQUIRE(!refused);
    BOOST_TEST(refused.error() == errc::incomplete_output);
}

BOOST_AUTO_TEST_CASE(room_in_memory_never_gets_smaller) {
    const auto output = output_with(message(60));
    BOOST_TEST(::ftruncate(output.get(), 1) != 0);
    const auto name = "/proc/self/fd/" + std::to_string(output.get());
    const descriptor opened(::open(name.c_str(), O_RDWR | O_TRUNC | O_CLOEXEC));
    BOOST_TEST(!opened);
    BOOST_TEST(::pwrite(output.get(), "more", 4, 76) == 4);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
