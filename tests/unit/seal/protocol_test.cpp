// SPDX-License-Identifier: Apache-2.0
#include "seal/packet_socket.hpp"
#include "seal/protocol.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/mman.h>
#include <sys/socket.h>

#include <array>
#include <random>

namespace postseal::seal::test {

namespace {

answer full_answer() {
    answer given;
    given.failed = errc::engine_failed;
    given.seen.fingerprint = std::string(40, 'F');
    given.seen.addresses = {"a@example.org", "b@example.org"};
    given.seen.encryption_keys = {1, UINT64_MAX};
    given.seen.created = std::chrono::sys_seconds(std::chrono::seconds(1704067200));
    given.seen.expires = std::chrono::sys_seconds(std::chrono::seconds(4070952000));
    given.seen.unusable_because = "revoked";
    given.seen.algorithm = "brainpoolP256r1";
    return given;
}

std::pair<descriptor, descriptor> connected() {
    std::array<int, 2> ends{};
    BOOST_REQUIRE(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) == 0);
    return {descriptor(ends[0]), descriptor(ends[1])};
}

} // namespace

BOOST_AUTO_TEST_SUITE(protocol)

BOOST_AUTO_TEST_CASE(requests_arrive_as_they_were_sent) {
    request asked;
    asked.wanted = task::encrypt;
    asked.cpu = std::chrono::seconds(60);
    asked.packing = compression::if_all_can;
    asked.certificate_sizes.assign(max_recipients, 1234);
    const auto packet = to_packet(asked);
    BOOST_TEST(packet.size() <= max_packet);
    const auto read = read_request(packet);
    BOOST_REQUIRE(read);
    BOOST_TEST((read->wanted == task::encrypt));
    BOOST_TEST((read->cpu == asked.cpu));
    BOOST_TEST((read->packing == asked.packing));
    BOOST_TEST(read->certificate_sizes == asked.certificate_sizes);
}

BOOST_AUTO_TEST_CASE(answers_arrive_as_they_were_sent) {
    const auto given = full_answer();
    const auto read = read_answer(to_packet(given));
    BOOST_REQUIRE(read);
    BOOST_TEST((read->failed == given.failed));
    BOOST_TEST(read->seen.fingerprint == given.seen.fingerprint);
    BOOST_TEST(read->seen.addresses == given.seen.addresses);
    BOOST_TEST(read->seen.encryption_keys == given.seen.encryption_keys);
    BOOST_TEST((read->seen.created == given.seen.created));
    BOOST_TEST((read->seen.expires == given.seen.expires));
    BOOST_TEST(read->seen.unusable_because == given.seen.unusable_because);
    BOOST_TEST(read->seen.algorithm == given.seen.algorithm);
    BOOST_TEST(!read_answer(to_packet(answer()))->failed);
}

BOOST_AUTO_TEST_CASE(the_largest_answer_fits_one_packet) {
    answer given;
    given.seen.addresses.assign(max_addresses, std::string(max_address, 'a'));
    given.seen.encryption_keys.assign(max_encryption_keys, 1);
    const auto packet = to_packet(given);
    BOOST_TEST(packet.size() <= max_packet);
    BOOST_TEST(read_answer(packet).has_value());
}

BOOST_AUTO_TEST_CASE(cut_and_prolonged_answers_are_refused) {
    const auto packet = to_packet(full_answer());
    for (std::size_t size = 0; size < packet.size(); ++size) {
        BOOST_TEST(!read_answer(packet.substr(0, size)), "after " << size);
    }
    BOOST_TEST(!read_answer(packet + '\0'));
}

BOOST_AUTO_TEST_CASE(answers_beyond_the_limits_are_refused) {
    auto too_many = full_answer();
    too_many.seen.addresses.assign(max_addresses + 1, "a");
    BOOST_TEST(!read_answer(to_packet(too_many)));
    auto too_long = full_answer();
    too_long.seen.addresses = {std::string(max_address + 1, 'a')};
    BOOST_TEST(!read_answer(to_packet(too_long)));
    auto too_many_keys = full_answer();
    too_many_keys.seen.encryption_keys.assign(max_encryption_keys + 1, 1);
    BOOST_TEST(!read_answer(to_packet(too_many_keys)));
    for (const auto& text : {std::string(39, 'F'), std::string(40, 'f'), std::string(41, 'F'),
                             std::string(39, 'F') + '\n', std::string("../keys")}) {
        auto no_fingerprint = full_answer();
        no_fingerprint.seen.fingerprint = text;
        BOOST_TEST(!read_answer(to_packet(no_fingerprint)), text);
    }
    for (const auto& text : {std::string(max_algorithm + 1, 'a'), std::string("rsa 2048"),
                             std::string("rsa2048\n"), std::string("\xc3\xa4")}) {
        auto no_name = full_answer();
        no_name.seen.algorithm = text;
        BOOST_TEST(!read_answer(to_packet(no_name)), text);
    }
    auto unknown = full_answer();
    unknown.failed = static_cast<errc>(static_cast<int>(errc::no_space) + 1);
    BOOST_TEST(!read_answer(to_packet(unknown)));
}

BOOST_AUTO_TEST_CASE(hostile_answers_are_read_without_harm) {
    std::mt19937 generator(9580);
    const auto good = to_packet(full_answer());
    for (int round = 0; round < 20'000; ++round) {
        auto packet = good;
        for (int changes = 0; changes < 3; ++changes) {
            packet[generator() % packet.size()] = static_cast<char>(generator());
        }
        const auto read = read_answer(packet);
        if (read) BOOST_REQUIRE(read->seen.addresses.size() <= max_addresses);
    }
}

BOOST_AUTO_TEST_CASE(descriptors_travel_with_their_packet) {
    const auto [ours, theirs] = connected();
    const descriptor file(::memfd_create("test", MFD_CLOEXEC));
    BOOST_REQUIRE(::write(file.get(), "hello", 5) == 5);
    const std::array<int, 2> sent{file.get(), file.get()};
    BOOST_TEST(!send_packet(ours.get(), "packet", sent));
    const auto got = receive_packet(theirs.get());
    BOOST_REQUIRE(got);
    BOOST_TEST(got->packet == "packet");
    BOOST_REQUIRE(got->descriptors.size() == 2u);
    char text[5]{};
    BOOST_TEST(::pread(got->descriptors[1].get(), text, 5, 0) == 5);
    BOOST_TEST(std::string(text, 5) == "hello");
}

BOOST_AUTO_TEST_CASE(a_closed_socket_reads_as_an_empty_packet) {
    auto [ours, theirs] = connected();
    ours = descriptor();
    { const descriptor closing = std::move(ours); }
    const auto got = receive_packet(theirs.get());
    BOOST_TEST((!got || got->packet.empty()));
}

BOOST_AUTO_TEST_CASE(a_packet_that_is_too_large_is_refused_and_leaks_nothing) {
    const auto [ours, theirs] = connected();
    const std::array<int, 1> sent{ours.get()};
    BOOST_TEST(!send_packet(ours.get(), std::string(max_packet + 1, 'x'), sent));
    BOOST_TEST(!receive_packet(theirs.get()));
    BOOST_TEST(!send_packet(ours.get(), "next", {}));
    BOOST_TEST(receive_packet(theirs.get())->packet == "next");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::seal::test
