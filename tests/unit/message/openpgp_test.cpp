// SPDX-License-Identifier: Apache-2.0
#include "message/openpgp.hpp"
#include "tests/unit/message/test_data.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::message;

namespace {

using namespace std::string_literals;

struct shape {
    const char* file;
    std::vector<std::uint64_t> key_ids;
    std::size_t symmetric;
    std::size_t session_key_octets;
};

constexpr std::uint64_t annas = 0xB9B6A86E3F3917B9;
constexpr std::uint64_t rolfs = 0x81029CFAC07AFF53;

const shape messages_of_gnupg[] = {
    {"one_key.pgp", {annas}, 0, 96},         {"two_keys.pgp", {annas, rolfs}, 0, 367},
    {"hidden_recipient.pgp", {0}, 0, 96},    {"passphrase.pgp", {}, 1, 15},
    {"partial_lengths.pgp", {annas}, 0, 96},
};

// Smallest packets that are what they say, in the new format.
const std::string pkesk = "\xC1\x0C\x03"
                          "ABCDEFGH"s
                          "\x01\x00\x00"s;
const std::string skesk = "\xC3\x04\x04\x09\x00\x02"s;
const std::string seipd = "\xD2\x03\x01XY"s;
const std::string marker = "\xCA\x03PGP"s;
const std::string literal = "\xCB\x01x"s;

std::string partial(int power, char fill = 'x') {
    return static_cast<char>(0xE0 | power) + std::string(std::size_t{1} << power, fill);
}

} // namespace

BOOST_AUTO_TEST_SUITE(openpgp)

BOOST_AUTO_TEST_CASE(messages_of_gnupg_are_recognised) {
    for (const auto& expected : messages_of_gnupg) {
        BOOST_TEST_CONTEXT(expected.file) {
            const auto message = read_encrypted_message(test_data(expected.file));
            BOOST_REQUIRE(message);
            BOOST_TEST(message->key_ids == expected.key_ids, boost::test_tools::per_element());
            BOOST_TEST(message->symmetric_session_keys == expected.symmetric);
            BOOST_TEST(message->session_key_octets == expected.session_key_octets);
            BOOST_TEST(message->integrity_protected);
            BOOST_TEST(message->data_tag == 18);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_certificate_is_split_into_its_packets) {
    const auto certificate = test_data("public_key.pgp");
    const auto packets = split_packets(certificate);
    BOOST_REQUIRE(packets);
    std::vector<int> tags;
    std::string joined;
    for (const auto& one : *packets) {
        tags.push_back(one.tag);
        joined += one.whole;
        BOOST_TEST(one.old_format);
        BOOST_TEST(!one.partial);
        BOOST_TEST(one.whole.substr(one.header_size) == one.body);
    }
    const std::vector<int> expected{6, 13, 2, 14, 2};
    BOOST_TEST(tags == expected, boost::test_tools::per_element());
    BOOST_TEST(joined == certificate);
    BOOST_TEST((*packets)[1].body == "Anna <anna@example.org>");
}

BOOST_AUTO_TEST_CASE(every_length_form_is_read) {
    struct form {
        std::string header;
        std::size_t size;
    };
    const form forms[] = {
        {"\xC2\x00"s, 0},
        {"\xC2\xBF"s, 191},
        {"\xC2\xC0\x00"s, 192},
        {"\xC2\xDF\xFF"s, 8383},
        {"\xC2\xFF\x00\x00\x20\xC0"s, 8384},
        {"\xC2\xFF\x00\x00\x00\x01"s, 1}, // longer than need be, and allowed
        {"\x88\xFF"s, 255},
        {"\x89\x01\x00"s, 256},
        {"\x8A\x00\x01\x00\x00"s, 65536},
    };
    for (const auto& one : forms) {
        const auto stream = one.header + std::string(one.size, 'x');
        const auto packets = split_packets(stream);
        BOOST_REQUIRE(packets && packets->size() == 1);
        const auto& only = packets->front();
        BOOST_TEST(only.tag == 2);
        BOOST_TEST(only.header_size == one.header.size());
        BOOST_TEST(only.body.size() == one.size);
        BOOST_TEST(!split_packets(stream.substr(0, stream.size() - 1)));
    }
}

BOOST_AUTO_TEST_CASE(partial_lengths_end_with_a_definite_one) {
    const auto parts = "\xD2"s + partial(9) + partial(0) + partial(10);
    for (const auto& last : {"\x00"s, "\x02YZ"s, "\xFF\x00\x00\x00\x01Z"s}) {
        const auto stream = parts + last + literal;
        const auto packets = split_packets(stream);
        BOOST_REQUIRE(packets && packets->size() == 2);
        BOOST_TEST(packets->front().partial);
        BOOST_TEST(packets->front().body.empty());
        BOOST_TEST(packets->front().whole == parts + last);
    }
    BOOST_TEST(!split_packets(parts));
    BOOST_TEST(!split_packets(parts + "\x02Y"s));
}

BOOST_AUTO_TEST_CASE(only_data_packets_come_in_parts) {
    for (int tag = 1; tag < 64; ++tag) {
        const bool data = tag == 8 || tag == 9 || tag == 11 || tag == 18 || tag == 20;
        const auto stream = std::string(1, static_cast<char>(0xC0 | tag)) + partial(9) + "\x00"s;
        BOOST_TEST(split_packets(stream).has_value() == data);
    }
}

BOOST_AUTO_TEST_CASE(the_first_part_is_not_small) {
    for (int power = 0; power < 16; ++power) {
        BOOST_TEST(split_packets("\xD2"s + partial(power) + "\x00"s).has_value() == (power >= 9));
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_packet_is_refused) {
    const std::string streams[] = {
        "\x7F\x00"s,                              // the first bit is not set
        "\xC0\x00"s,                              // tag 0, new format
        "\x80\x00"s,                              // tag 0, old format
        "\xA3xyz"s,                               // indeterminate length
        "\xA3\x00\x00\x00\x00\x00\x00\x00\x01x"s, // not a wider one either
        "\xC2"s,                                  // no length
        "\xC2\xC0"s,                              // half a length
        "\xC2\xFF\xFF\xFF\xFF"s,                  // three quarters of one
        "\xC2\xFF\xFF\xFF\xFF\xFF"s,              // 4 GiB that are not there
        "\x8A\xFF\xFF\xFF\xFFxx"s,                // the same in the old format
        "\xD2\xFE"s + std::string(2000, 'x')      // a part of 1 GiB
    };
    for (const auto& one : streams) {
        BOOST_TEST(!split_packets(one));
        BOOST_TEST(!split_packets(literal + one));
        BOOST_TEST(!read_encrypted_message(one));
        BOOST_TEST(!read_encrypted_message(pkesk + one));
    }
    BOOST_TEST(split_packets("")->empty());
}

BOOST_AUTO_TEST_CASE(packets_are_counted) {
    BOOST_TEST(split_packets(literal + literal, 2).has_value());
    BOOST_TEST(!split_packets(literal + literal, 1));

    std::string many;
    for (int i = 0; i < 4096; ++i)
        many += pkesk;
    BOOST_TEST(read_encrypted_message(many + seipd).has_value());
    BOOST_TEST(!read_encrypted_message(many + pkesk + seipd));
}

BOOST_AUTO_TEST_CASE(an_encrypted_message_is_session_keys_and_one_data_packet) {
    const std::string good[] = {
        pkesk + seipd,
        skesk + seipd,
        pkesk + skesk + pkesk + seipd,
        marker + pkesk + marker + seipd,
        pkesk + "\xC1\x05\x06\x00\x19xx"s + seipd, // version 6, hidden
        pkesk + "\xD2\x02\x02x"s,                  // SEIPD version 2
        pkesk + "\xD4\x02\x01x"s,                  // OCB
        pkesk + "\xC9\x02xx"s,                     // no integrity protection
        pkesk + "\xA4\x02xx"s,                     // the same in the old format
    };
    for (const auto& one : good) {
        BOOST_TEST(read_encrypted_message(one).has_value());
    }
    const std::string bad[] = {
        "",
        seipd, // for nobody
        pkesk, // nothing encrypted
        marker + seipd,
        pkesk + seipd + seipd,  // two messages
        pkesk + seipd + marker, // something behind it
        pkesk + seipd + "\n",
        pkesk + literal, // in clear
        literal + pkesk + seipd,
        pkesk + "\xCA\x03PGQ"s + seipd, // not the marker
        "\xC1\x0C\x04"
        "ABCDEFGH\x01\x00\x00"s +
            seipd, // unknown version
        "\xC1\x0A\x03"
        "ABCDEFGH\x01"s +
            seipd, // no session key in it
        "\xC1\x00"s + seipd,
        pkesk + "\xD2\x00"s,
        pkesk + "\xD2\x02\x03x"s, // unknown version
        pkesk + "\xD4\x02\x02x"s,
        pkesk + "\xC9\x00"s,
        pkesk + "\xD2\xFE"s + std::string(600, '\x01'), // a part that is not there
    };
    for (const auto& one : bad) {
        BOOST_TEST(!read_encrypted_message(one));
        BOOST_TEST(session_keys_in_new_format(one) == "");
    }
    BOOST_TEST(!read_encrypted_message(pkesk + "\xC9\x02xx"s)->integrity_protected);
    BOOST_TEST(read_encrypted_message(pkesk + "\xD4\x02\x01x"s)->data_tag == 20);
}

BOOST_AUTO_TEST_CASE(session_keys_get_new_headers_and_keep_their_bodies) {
    for (const auto& expected : messages_of_gnupg) {
        BOOST_TEST_CONTEXT(expected.file) {
            const auto binary = test_data(expected.file);
            const auto data = binary.substr(expected.session_key_octets);
            const auto keys = session_keys_in_new_format(binary);
            const auto before = split_packets(binary);
            const auto whole = keys + data;
            const auto after = split_packets(whole);
            BOOST_REQUIRE(before && after && before->size() == after->size());
            for (std::size_t i = 0; i < before->size(); ++i) {
                BOOST_TEST(!(*after)[i].old_format);
                BOOST_TEST((*after)[i].tag == (*before)[i].tag);
                BOOST_TEST((*after)[i].body == (*before)[i].body);
            }
            const auto message = read_encrypted_message(whole);
            BOOST_REQUIRE(message);
            BOOST_TEST(message->key_ids == expected.key_ids, boost::test_tools::per_element());
            BOOST_TEST(session_keys_in_new_format(whole) == keys);
        }
    }
    BOOST_TEST(session_keys_in_new_format(marker + pkesk + marker + skesk + seipd) ==
               pkesk + skesk);
}

// A certificate that postseal never meets, but a length form that it must write.
BOOST_AUTO_TEST_CASE(new_headers_have_every_length) {
    for (const std::size_t size : {12u, 191u, 192u, 8383u, 8384u, 70000u}) {
        const auto body = "\x03"s + std::string(size - 1, 'x');
        const auto length = static_cast<std::uint32_t>(size);
        std::string old = "\x86";
        for (const int shift : {24, 16, 8, 0})
            old += static_cast<char>(length >> shift);
        const auto stream = session_keys_in_new_format(old + body + seipd);
        const auto packets = split_packets(stream);
        BOOST_REQUIRE(packets && packets->size() == 1);
        BOOST_TEST(packets->front().body == body);
        BOOST_TEST(packets->front().header_size == (size < 192 ? 2u : size < 8384 ? 3u : 6u));
    }
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
    for (const auto& one : messages_of_gnupg) {
        const auto binary = test_data(one.file);
        for (std::size_t size = 0; size < binary.size(); ++size) {
            BOOST_TEST(!read_encrypted_message(std::string_view(binary).substr(0, size)));
        }
    }
}

BOOST_AUTO_TEST_CASE(what_a_flipped_bit_leaves_is_still_framed_exactly) {
    const auto binary = test_data("two_keys.pgp");
    for (std::size_t bit = 0; bit < binary.size() * 8; ++bit) {
        auto flipped = binary;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const auto packets = split_packets(flipped);
        if (read_encrypted_message(flipped)) BOOST_TEST(packets.has_value());
        if (!packets) continue;
        std::string joined;
        for (const auto& one : *packets)
            joined += one.whole;
        BOOST_TEST(joined == flipped);
    }
}

BOOST_AUTO_TEST_SUITE_END()
