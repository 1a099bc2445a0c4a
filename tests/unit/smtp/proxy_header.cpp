// SPDX-License-Identifier: Apache-2.0
#include "smtp/proxy_header.hpp"

#include "smtp/crc32c.hpp"

#include <boost/test/unit_test.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

using namespace postseal::smtp;
using namespace std::string_literals;

namespace {

const std::string signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::string with_length(std::string_view start, std::string_view rest) {
    std::string header = signature;
    header += start;
    header += static_cast<char>(rest.size() >> 8U);
    header += static_cast<char>(rest.size() & 0xffU);
    header += rest;
    return header;
}

// 192.0.2.7:4711 to 198.51.100.25:587
const std::string ipv4_block = "\xc0\x00\x02\x07\xc6\x33\x64\x19\x12\x67\x02\x4b"s;

// A network load balancer's own, with checksum, private TLV and padding.
const std::string balancers =
    with_length("\x21\x11", "\xac\x1f\x07\x71\xac\x1f\x0a\x1f\xc8\xf2\x00\x50"
                            "\x03\x00\x04\xe8\xd6\x89\x2d"
                            "\xea\x00\x17\x01vpce-08d2bf15fac5001c9"
                            "\x04\x00\x24"s +
                                std::string(36, '\0'));

ip_endpoint at(std::string_view address, std::uint16_t port) {
    return {parse_ip_address(address).value(), port};
}

std::string shown(const ip_endpoint& one) {
    return to_string(one.address) + ' ' + std::to_string(one.port);
}

// What a reader makes of it, in one word where it is not a client.
std::string judged(const proxy_next& step) {
    if (std::holds_alternative<proxy_step::more>(step)) return "more";
    if (const auto* wrong = std::get_if<proxy_step::malformed>(&step))
        return wrong->why.empty() ? "silent" : "malformed";
    const auto& client = std::get<proxy_step::complete>(step).client;
    if (!client) return "none";
    return shown(client->source) + " > " + shown(client->destination);
}

std::string read(std::string_view header) {
    proxy_header_reader reader;
    return judged(reader.feed(header));
}

const std::vector<std::string>& valid_headers() {
    static const std::vector<std::string> headers = {
        "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n",
        "PROXY TCP6 2001:db8::1 2001:DB8::2 65535 0\r\n",
        "PROXY UNKNOWN\r\n",
        "PROXY UNKNOWN ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff "
        "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 65535 65535\r\n",
        with_length("\x21\x11", ipv4_block),
        proxy_header_v2(at("2001:db8::1", 25), at("2001:db8::2", 587)),
        with_length("\x20\x00"s, ""),
        with_length("\x20\x11"s, ipv4_block),
        with_length("\x21\x00"s, "whatever"),
        balancers,
    };
    return headers;
}

} // namespace

BOOST_AUTO_TEST_SUITE(proxy_headers)

BOOST_AUTO_TEST_CASE(a_line_is_read_exactly) {
    struct row {
        std::string_view line;
        std::string_view wanted;
    };
    const row table[] = {
        {"TCP4 192.168.0.1 192.168.0.11 56324 443\r\n", "192.168.0.1 56324 > 192.168.0.11 443"},
        {"TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n",
         "255.255.255.255 65535 > 255.255.255.255 65535"},
        {"TCP4 192.0.2.7 192.0.2.1 0 25\r\n", "192.0.2.7 0 > 192.0.2.1 25"},
        {"TCP6 2001:DB8::21f:5bff:febf:ce22:8a2e 2001:db8:0:0:0:0:0:1 35646 80\r\n",
         "2001:db8:0:21f:5bff:febf:ce22:8a2e 35646 > 2001:db8::1 80"},
        {"TCP6 ::ffff:192.0.2.7 ::ffff:192.0.2.1 1 2\r\n", "192.0.2.7 1 > 192.0.2.1 2"},
        {"UNKNOWN\r\n", "none"},
        {"UNKNOWN whatever this may mean\r\n", "none"},
        {"UNKNOWN \r\n", "none"},
        {"UNKNOWNS\r\n", "malformed"},
        {"unknown\r\n", "malformed"},
        {"\r\n", "malformed"},
        {"TCP4\r\n", "malformed"},
        {"TCP5 192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"tcp4 192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"UDP4 192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {" TCP4 192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4  192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 192.0.2.7  192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 2 \r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 2 3\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1\r\n", "malformed"},
        {"TCP4\t192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 192.0.2.07 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 0300.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 192.0.519 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 192.0.2.256 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 3221225991 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 0xc0.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 ::ffff:192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 2001:db8::1 1 2\r\n", "malformed"},
        {"TCP6 192.0.2.7 192.0.2.1 1 2\r\n", "malformed"},
        {"TCP6 fe80::1%eth0 fe80::2 1 2\r\n", "malformed"},
        {"TCP6 [2001:db8::1] 2001:db8::2 1 2\r\n", "malformed"},
        {"TCP6 2001:db8::1::2 2001:db8::2 1 2\r\n", "malformed"},
        {"TCP6 2001:db8:00000::1 2001:db8::2 1 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 01 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 00\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 65536 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 99999999999999999999\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 +1 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 -1 2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 0x2\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 2\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 2\r\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 2\rQUIT\r\n", "malformed"},
        {"TCP4 192.0.2.7 192.0.2.1 1 2\nQUIT\r\n", "malformed"},
        {"UNKNOWN \rTCP4\r\n", "malformed"},
        {std::string_view("TCP4 192.0.2.7\0 192.0.2.1 1 2\r\n", 32), "malformed"},
    };
    for (const auto& [line, wanted] : table)
        BOOST_TEST_CONTEXT("PROXY " << line) {
            BOOST_TEST(read("PROXY " + std::string(line)) == wanted);
        }
}

BOOST_AUTO_TEST_CASE(a_line_has_at_most_107_octets) {
    const std::string_view longest = "PROXY UNKNOWN ";
    const std::string filling(max_proxy_line - longest.size() - 2, 'x');
    BOOST_TEST(read(std::string(longest) + filling + "\r\n") == "none");
    BOOST_TEST(read(std::string(longest) + filling + "x\r\n") == "malformed");
    BOOST_TEST(read(std::string(longest) + filling + "x") == "more");
    BOOST_TEST(read(std::string(longest) + filling + "xx") == "malformed");
}

BOOST_AUTO_TEST_CASE(a_block_is_read_exactly) {
    const std::string v4 = "192.0.2.7 4711 > 198.51.100.25 587";
    const std::string v6_block =
        "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02"
        "\x12\x67\x02\x4b"s;
    const std::string mapped = "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07"s;
    struct row {
        std::string header;
        std::string wanted;
    };
    const row table[] = {
        {with_length("\x21\x11", ipv4_block), v4},
        {with_length("\x21\x21", v6_block), "2001:db8::1 4711 > 2001:db8::2 587"},
        {with_length("\x21\x21", mapped + mapped + "\x12\x67\x02\x4b"),
         "192.0.2.7 4711 > 192.0.2.7 587"},
        {balancers, "172.31.7.113 51442 > 172.31.10.31 80"},
        {with_length("\x20\x00"s, ""), "none"},
        {with_length("\x20\x11", ipv4_block), "none"}, // LOCAL: not even a client's address counts
        {with_length("\x20\x31", "x"), "none"},        // nor the family
        {with_length("\x21\x00"s, ""), "none"},
        {with_length("\x21\x00"s, ipv4_block), "none"},
        {with_length("\x22\x11", ipv4_block), "malformed"},            // unknown command
        {with_length("\x11\x11", ipv4_block), "malformed"},            // version 1
        {with_length("\x31\x11", ipv4_block), "malformed"},            // version 3
        {with_length("\x21\x12", ipv4_block), "malformed"},            // UDP
        {with_length("\x21\x22", v6_block), "malformed"},              //
        {with_length("\x21\x10", ipv4_block), "malformed"},            // half specified
        {with_length("\x21\x01", ipv4_block), "malformed"},            //
        {with_length("\x21\x41", ipv4_block), "malformed"},            // no family
        {with_length("\x21\x13", ipv4_block), "malformed"},            // no transport
        {with_length("\x21\x31", std::string(216, 'x')), "malformed"}, // UNIX
        {with_length("\x21\x32", std::string(216, 'x')), "malformed"}, //
        {with_length("\x21\x11", ipv4_block.substr(1)), "malformed"},
        {with_length("\x21\x11", ""), "malformed"},
        {with_length("\x21\x21", ipv4_block), "malformed"},
        {with_length("\x21\x11", ipv4_block + "\x04"), "malformed"},
        {with_length("\x21\x11", ipv4_block + "\x04\x00"s), "malformed"},
        {with_length("\x21\x11", ipv4_block + "\x04\x00\x00"s), v4},
        {with_length("\x21\x11", ipv4_block + "\x04\x00\x01"s), "malformed"},
        {with_length("\x21\x11", ipv4_block + "\x04\x00\x01xy"s), "malformed"},
        {with_length("\x21\x11", ipv4_block + "\x02\x00\x02xy\xf8\x00\x00"s), v4},
        {with_length("\x21\x11", ipv4_block + "\x02\xff\xffxy"s), "malformed"},
    };
    for (std::size_t i = 0; i < std::size(table); ++i)
        BOOST_TEST_CONTEXT("row " << i) { BOOST_TEST(read(table[i].header) == table[i].wanted); }
}

BOOST_AUTO_TEST_CASE(a_checksum_is_verified) {
    const auto checksum = balancers.find("\x03\x00\x04\xe8"s);
    for (std::size_t i = 0; i < balancers.size(); ++i) {
        if (i == 13 || i == 12) continue; // LOCAL and UNSPEC have none
        auto changed = balancers;
        changed[i] = static_cast<char>(changed[i] ^ 0x01);
        // Without its type it is no checksum any more.
        BOOST_TEST(read(changed) == (i == checksum        ? "172.31.7.113 51442 > 172.31.10.31 80"
                                     : i == 14 || i == 15 ? "more" // longer
                                                          : "malformed"),
                   "octet " << i << " is " << read(changed));
    }
    BOOST_TEST(read(with_length("\x21\x11", ipv4_block + "\x03\x00\x00"s)) == "malformed");
    BOOST_TEST(read(with_length("\x21\x11", ipv4_block + "\x03\x00\x05xxxxx"s)) == "malformed");
}

BOOST_AUTO_TEST_CASE(a_checksum_is_that_of_the_standard) {
    BOOST_TEST(crc32c("") == 0U);
    BOOST_TEST(crc32c("123456789") == 0xe3069283U); // the check value that everybody gives
    BOOST_TEST(crc32c("6789", crc32c("12345")) == 0xe3069283U);
    BOOST_TEST(crc32c(std::string(32, '\0')) == 0x8a9136aaU); // RFC 3720 Appendix B.4
    BOOST_TEST(crc32c(std::string(32, '\xff')) == 0x62a8ab43U);
}

BOOST_AUTO_TEST_CASE(a_block_has_at_most_4096_octets) {
    const auto padded = [](std::size_t octets) {
        const auto rest = octets - ipv4_block.size() - 3;
        return with_length("\x21\x11", ipv4_block + '\x04' + static_cast<char>(rest >> 8U) +
                                           static_cast<char>(rest & 0xffU) +
                                           std::string(rest, 'x'));
    };
    BOOST_TEST(read(padded(max_proxy_block)) == "192.0.2.7 4711 > 198.51.100.25 587");
    BOOST_TEST(read(padded(max_proxy_block + 1)) == "malformed");
    BOOST_TEST(read(padded(max_proxy_block + 1).substr(0, 16)) == "malformed"); // at once
    BOOST_TEST(read(signature + "\x20\x00\xff\xff"s) == "malformed");
}

BOOST_AUTO_TEST_CASE(a_header_that_is_cut_off_is_never_complete) {
    for (const auto& header : valid_headers()) {
        for (std::size_t octets = 0; octets < header.size(); ++octets)
            BOOST_TEST(read(header.substr(0, octets)) == "more");
        BOOST_TEST(read(header) != "more");
        BOOST_TEST(read(header) != "malformed");
    }
}

BOOST_AUTO_TEST_CASE(pieces_of_any_size_read_the_same_and_leave_the_rest) {
    const std::string after = "EHLO client.example\r\nPROXY TCP4 127.0.0.1 127.0.0.1 1 2\r\n";
    for (const auto& header : valid_headers()) {
        const auto whole = header + after;
        for (const std::size_t size : {1U, 2U, 3U, 7U, 15U, 16U, 17U, 100U, 1000U}) {
            proxy_header_reader reader;
            std::size_t fed = 0;
            proxy_next step;
            while (std::holds_alternative<proxy_step::more>(step) && fed < whole.size()) {
                const auto piece = std::string_view(whole).substr(fed, size);
                step = reader.feed(piece);
                const auto* done = std::get_if<proxy_step::complete>(&step);
                fed += done != nullptr ? done->consumed : piece.size();
            }
            BOOST_TEST(fed == header.size());
            BOOST_TEST(judged(step) == read(header));
            BOOST_TEST(judged(reader.feed(after)) == read(header)); // not once more
            BOOST_TEST(std::get<proxy_step::complete>(reader.feed(after)).consumed == 0U);
        }
    }
}

BOOST_AUTO_TEST_CASE(what_is_no_header_is_refused_at_the_first_octet_that_shows_it) {
    for (const std::string start : {"E", "EHLO client.example\r\n", "\n", "\r\r", "\r\nX", "PX",
                                    "PROXY\t", "PROXYX", "proxy ", "QUIT\r\n"})
        BOOST_TEST(read(start) == "malformed", start);
    BOOST_TEST(read(signature.substr(0, 11) + "\r") == "malformed");
    BOOST_TEST(read(signature + "\x10") == "malformed");
    BOOST_TEST(read(signature + "\x21\x31") == "malformed");
    BOOST_TEST(read("\0"s) == "malformed");
    proxy_header_reader reader;
    BOOST_TEST(judged(reader.feed("GET")) == "malformed");
    BOOST_TEST(judged(reader.feed("PROXY UNKNOWN\r\n")) == "malformed"); // no second chance
}

// The string views of the reader would read beyond a header's own memory under the sanitizer.
BOOST_AUTO_TEST_CASE(no_changed_octet_reads_outside_or_makes_up_an_address) {
    for (const auto& header : valid_headers()) {
        for (std::size_t i = 0; i < header.size(); ++i) {
            for (int value = 0; value < 256; ++value) {
                auto changed = header;
                changed[i] = static_cast<char>(value);
                const std::vector<char> alone(changed.begin(), changed.end());
                proxy_header_reader reader;
                const auto step = reader.feed({alone.data(), alone.size()});
                const auto* done = std::get_if<proxy_step::complete>(&step);
                if (done == nullptr) continue;
                BOOST_REQUIRE(done->consumed <= changed.size());
                if (!done->client) continue;
                for (const auto& one : {done->client->source, done->client->destination})
                    BOOST_REQUIRE(parse_ip_address(to_string(one.address)) == one.address);
            }
        }
    }
}

BOOST_AUTO_TEST_CASE(a_client_is_told_to_the_next_hop) {
    BOOST_TEST(proxy_header_v2(at("192.0.2.7", 4711), at("198.51.100.25", 587)) ==
               with_length("\x21\x11", ipv4_block));
    struct row {
        std::string_view source;
        std::string_view destination;
        std::string_view destination_there;
    };
    const row table[] = {
        {"192.0.2.7", "198.51.100.25", "198.51.100.25"},
        {"2001:db8::7", "2001:db8::25", "2001:db8::25"},
        {"2001:db8::7", "198.51.100.25", "198.51.100.25"},
        {"192.0.2.7", "2001:db8::25", "0.0.0.0"},
        {"::ffff:192.0.2.7", "::ffff:198.51.100.25", "198.51.100.25"},
    };
    for (const auto& [source, destination, there] : table) {
        const auto header = proxy_header_v2(at(source, 4711), at(destination, 587));
        BOOST_TEST(read(header) == shown(at(source, 4711)) + " > " + shown(at(there, 587)));
        BOOST_TEST(header[12] == '\x21'); // never LOCAL
        // Access rules there compare with the family that the client has.
        const bool v4 = at(source, 0).address.is_v4();
        BOOST_TEST(header[13] == (v4 ? '\x11' : '\x21'));
        BOOST_TEST(header.size() == (v4 ? 28U : 52U));
    }
}

BOOST_AUTO_TEST_SUITE_END()
