// SPDX-License-Identifier: Apache-2.0
#include "message/armor.hpp"
#include "message/crc24.hpp"
#include "tests/unit/message/test_data.hpp"

#include <boost/test/unit_test.hpp>

using namespace postseal::message;

namespace {

std::string octets(std::size_t count) {
    std::string made;
    for (std::size_t i = 0; i < count; ++i) {
        made += static_cast<char>(i * 7 + i / 256);
    }
    return made;
}

std::string armored(std::string_view binary, std::size_t piece = std::string::npos) {
    std::string text;
    armor_writer writer([&text](std::string_view written) { text += written; });
    for (std::size_t at = 0; at < binary.size(); at += std::min(piece, binary.size() - at)) {
        writer.write(binary.substr(at, piece));
    }
    writer.finish();
    return text;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
    for (std::size_t at = 0; (at = text.find(what, at)) != text.npos; at += with.size()) {
        text.replace(at, what.size(), with);
    }
    return text;
}

// "hello": one line of base64, its checksum, and lines that tests take apart.
constexpr std::string_view hello = "-----BEGIN PGP MESSAGE-----\r\n"
                                   "\r\n"
                                   "aGVsbG8=\r\n"
                                   "=R/WK\r\n"
                                   "-----END PGP MESSAGE-----\r\n";

} // namespace

BOOST_AUTO_TEST_SUITE(armor)

// The check value of CRC-24/OPENPGP in the CRC catalogues.
BOOST_AUTO_TEST_CASE(checksum_of_the_digits_is_the_published_one) {
    BOOST_TEST(crc24(crc24_start, "123456789") == 0x21CF02u);
    BOOST_TEST(crc24(crc24_start, "") == 0xB704CEu);
}

BOOST_AUTO_TEST_CASE(checksum_of_pieces_is_that_of_the_whole) {
    const auto whole = octets(100);
    const std::string_view view = whole;
    const auto expected = crc24(crc24_start, view);
    for (std::size_t cut = 0; cut <= view.size(); ++cut) {
        BOOST_TEST(crc24(crc24(crc24_start, view.substr(0, cut)), view.substr(cut)) == expected);
    }
}

BOOST_AUTO_TEST_CASE(short_message_is_one_line_between_begin_and_checksum) {
    BOOST_TEST(armored("hello") == hello);
}

BOOST_AUTO_TEST_CASE(empty_message_has_only_its_checksum) {
    BOOST_TEST(armored("") == "-----BEGIN PGP MESSAGE-----\r\n"
                              "\r\n"
                              "=twTO\r\n"
                              "-----END PGP MESSAGE-----\r\n");
}

BOOST_AUTO_TEST_CASE(writes_what_gnupg_writes_but_for_line_ends) {
    const auto binary = test_data("one_key.pgp");
    BOOST_TEST(armored(binary) == replaced(test_data("one_key.asc"), "\n", "\r\n"));
}

BOOST_AUTO_TEST_CASE(no_line_is_longer_than_64_columns_and_every_line_ends_with_crlf) {
    const auto text = armored(octets(1000));
    std::size_t at = 0;
    while (at < text.size()) {
        const auto end = text.find('\n', at);
        BOOST_REQUIRE(end != text.npos);
        BOOST_TEST(text[end - 1] == '\r');
        BOOST_TEST(end - 1 - at <= 64u);
        at = end + 1;
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_give_the_same_armor) {
    const auto binary = octets(500);
    for (std::size_t piece = 1; piece <= 150; ++piece) {
        BOOST_TEST(armored(binary, piece) == armored(binary));
    }
}

BOOST_AUTO_TEST_CASE(sink_gets_large_pieces) {
    std::size_t calls = 0;
    armor_writer writer([&calls](std::string_view) { ++calls; });
    writer.write(octets(1'000'000));
    writer.finish();
    BOOST_TEST(calls <= 1'400'000u / (64 * 1024) + 2);
}

BOOST_AUTO_TEST_CASE(reads_what_it_writes_at_every_length) {
    for (std::size_t size = 0; size <= 200; ++size) {
        const auto text = armored(octets(size));
        const auto block = read_armor(text);
        BOOST_REQUIRE(block);
        BOOST_TEST(block->binary == octets(size));
        BOOST_TEST(block->label == "PGP MESSAGE");
        BOOST_TEST(block->end == text.size());
    }
}

BOOST_AUTO_TEST_CASE(reads_a_key_that_gnupg_exported) {
    const auto block = read_armor(test_data("public_key.asc"));
    BOOST_REQUIRE(block);
    BOOST_TEST(block->label == "PGP PUBLIC KEY BLOCK");
    BOOST_TEST(block->binary == test_data("public_key.pgp"));
}

BOOST_AUTO_TEST_CASE(cleartext_signature_gives_its_signature) {
    const auto block = read_armor(test_data("cleartext_signature.asc"));
    BOOST_REQUIRE(block);
    BOOST_TEST(block->label == "PGP SIGNATURE");
}

BOOST_AUTO_TEST_CASE(forgives_what_mail_does_to_lines) {
    const std::string text(hello);
    const std::string cases[] = {
        replaced(text, "\r\n", "\n"),
        replaced(text, "\r\n", " \t \r\n"),
        replaced(text, "\r\n\r\n", "\r\nVersion: 1\r\nComment: a: b\r\n\r\n"),
        replaced(text, "\r\n\r\n", "\r\nComment:\r\n\r\n"),
        replaced(text, "=R/WK\r\n", ""),
        replaced(text, "aGVsbG8=", "aGV\r\nsbG8="),
        "Hello,\r\nhere it is: -----BEGIN PGP MESSAGE-----\r\n\r\n" + text + "Bye\r\n",
        text.substr(0, text.size() - 2),
    };
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one) {
            const auto block = read_armor(one);
            BOOST_REQUIRE(block);
            BOOST_TEST(block->binary == "hello");
        }
    }
}

BOOST_AUTO_TEST_CASE(refuses_everything_else) {
    const std::string text(hello);
    const std::string cases[] = {
        "",
        "-----BEGIN PGP MESSAGE-----",
        " " + text,
        "> " + replaced(text, "\r\n", "\r\n> "),
        replaced(text, "\r\n\r\n", "\r\n"),                          // no empty line
        replaced(text, "\r\n\r\n", "\r\nVersion\r\n\r\n"),           // a header without a colon
        replaced(text, "\r\n\r\n", "\r\nNo field: x\r\n\r\n"),       // white space in its name
        replaced(text, "\r\n\r\n", "\r\n: x\r\n\r\n"),               // no name
        replaced(text, "aGVsbG8=", "\r\naGVsbG8="),                  // two empty lines
        replaced(text, "aGVsbG8=\r\n", "aGVsbG8=\r\n\r\n"),          // one within
        replaced(text, "aGVsbG8=", "aGVsbG8"),                       // an open quad
        replaced(text, "aGVsbG8=", "aGVsbG8=="),                     // too much padding
        replaced(text, "aGVsbG8=", "aGVsbG9="),                      // bits left over
        replaced(text, "aGVsbG8=", "aGVs!G8="),                      // not base64
        replaced(text, "aGVsbG8=", "aGVs bG8="),                     // white space within
        replaced(text, "aGVsbG8=", "aGVsbG8=aGVs"),                  // data behind padding
        replaced(text, "aGVsbG8=", "aGVsbG8=\r\naGVs"),              // the same on the next line
        replaced(text, "=R/WK", "=R/WL"),                            // wrong checksum
        replaced(text, "=R/WK", "=R/W"),                             // short checksum
        replaced(text, "=R/WK", "=R/WK\r\n=R/WK"),                   // two of them
        replaced(text, "END PGP MESSAGE", "END PGP SIGNATURE"),      // another block's end
        replaced(text, "END PGP MESSAGE-----", "END PGP MESSAGE--"), // broken end
        replaced(text, "-----END PGP MESSAGE-----\r\n", ""),         // none
        replaced(text, "PGP MESSAGE", "PGP message"),                // no label of PGP
        replaced(text, "PGP MESSAGE", "CERTIFICATE"),                // PEM
        replaced(text, "PGP MESSAGE", "PGP " + std::string(60, 'A')),
    };
    for (const auto& one : cases) {
        BOOST_TEST_CONTEXT(one) { BOOST_TEST(!read_armor(one)); }
    }
}

BOOST_AUTO_TEST_CASE(base64_is_strict_where_no_checksum_would_tell) {
    for (const auto data : {"aGVsbG8", "aGVsbG8=\r\naGVs", "aGVsbG8=aGVs",
                            "aGVsbG8==", "aGVsbG9=", "a", "a===", "aGVs\r\n="}) {
        const auto text = replaced(replaced(std::string(hello), "=R/WK\r\n", ""), "aGVsbG8=", data);
        BOOST_TEST_CONTEXT(text) { BOOST_TEST(!read_armor(text)); }
    }
}

BOOST_AUTO_TEST_CASE(armor_headers_are_counted) {
    const auto with_headers = [](std::size_t count) {
        std::string headers = "\r\n";
        for (std::size_t i = 0; i < count; ++i)
            headers += "Comment: x\r\n";
        return replaced(std::string(hello), "\r\n\r\n", headers + "\r\n");
    };
    BOOST_TEST(read_armor(with_headers(32)).has_value());
    BOOST_TEST(!read_armor(with_headers(33)));
}

BOOST_AUTO_TEST_CASE(a_broken_block_is_not_skipped_for_a_later_one) {
    BOOST_TEST(!read_armor(replaced(std::string(hello), "=R/WK", "=AAAA") + std::string(hello)));
}

BOOST_AUTO_TEST_CASE(blocks_are_read_one_after_another) {
    const auto text = "one\n" + armored("first") + "two\n" + armored("second");
    const auto first = read_armor(text);
    BOOST_REQUIRE(first);
    BOOST_TEST(first->binary == "first");
    const auto second = read_armor(text, first->end);
    BOOST_REQUIRE(second);
    BOOST_TEST(second->binary == "second");
    BOOST_TEST(!read_armor(text, second->end));
    BOOST_TEST(!read_armor(text, text.size() + 1000));
    // In the middle of a line none begins.
    BOOST_TEST(!read_armor("> " + std::string(hello), 2));
}

BOOST_AUTO_TEST_CASE(every_truncation_is_refused) {
    const auto text = armored(octets(100));
    // Without its line end, the END line is still whole.
    for (std::size_t size = 0; size < text.size() - 2; ++size) {
        BOOST_TEST(!read_armor(std::string_view(text).substr(0, size)));
    }
}

BOOST_AUTO_TEST_CASE(no_flipped_bit_gives_other_octets) {
    const auto binary = octets(100);
    const auto text = armored(binary);
    for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
        auto flipped = text;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << (bit % 8)));
        const auto block = read_armor(flipped);
        if (block) BOOST_TEST(block->binary == binary);
    }
}

BOOST_AUTO_TEST_SUITE_END()
