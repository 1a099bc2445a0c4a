// SPDX-License-Identifier: Apache-2.0
#include "message/trace.hpp"

#include "message/clean.hpp"

#include <boost/test/unit_test.hpp>

#include <functional>
#include <string>

using namespace postseal::message;

namespace {

// Stands in for HMAC: another key gives another hash, and that is all that is asked of it here.
keyed_hash hash_with(const std::string& key) {
    return [key](std::string_view text) {
        std::string octets;
        for (char round = 0; round < 4; ++round) {
            const auto hashed = std::hash<std::string>{}(key + round + std::string(text));
            for (unsigned shift = 0; shift < 64; shift += 8)
                octets += static_cast<char>(hashed >> shift);
        }
        return octets;
    };
}

const auto ours = hash_with("ours");
const auto theirs = hash_with("theirs");

const std::string id = "bcdfghjkmnpqrstv";

std::string line_with(const std::string& token) {
    return to_field({.by = "relay.example", .with = "ESMTP", .token = token, .time = 0});
}

trace trace_of(const std::string& fields) {
    const auto message = fields + "Subject: x\r\n\r\nReceived: by body with ESMTP id " +
                         make_token(id, 9, ours) + "; x\r\n";
    return read_trace(read_header_section(message), ours);
}

} // namespace

BOOST_AUTO_TEST_SUITE(traces)

BOOST_AUTO_TEST_CASE(our_own_field_tells_how_often_a_message_has_passed) {
    BOOST_TEST(trace_of("").passes == 0U);
    for (std::size_t passes = 1; passes <= max_passes; ++passes)
        BOOST_TEST(trace_of(line_with(make_token(id, passes, ours))).passes == passes);
}

BOOST_AUTO_TEST_CASE(a_token_begins_with_the_identifier_and_has_one_shape_whatever_it_counts) {
    for (const std::size_t passes : {1, 2, 20}) {
        const auto token = make_token(id, passes, ours);
        BOOST_TEST(token.starts_with(id));
        BOOST_TEST(token.size() == 32U);
        BOOST_TEST(token.find_first_not_of(id_letters) == std::string::npos);
    }
    BOOST_TEST(make_token(id, 1, ours) != make_token(id, 2, ours));
}

BOOST_AUTO_TEST_CASE(of_several_fields_the_highest_count_counts) {
    const auto first = line_with(make_token(id, 1, ours));
    const auto third = line_with(make_token("vtsrqpnmkjhgfdcb", 3, ours));
    BOOST_TEST(trace_of(first + third).passes == 3U);
    BOOST_TEST(trace_of(third + first).passes == 3U);
    BOOST_TEST(trace_of(third + first).received == 2U);
}

BOOST_AUTO_TEST_CASE(what_another_key_has_made_counts_for_nothing) {
    const auto seen = trace_of(line_with(make_token(id, 20, theirs)));
    BOOST_TEST(seen.passes == 0U);
    BOOST_TEST(seen.received == 1U);
}

BOOST_AUTO_TEST_CASE(a_token_is_good_for_its_own_identifier_only) {
    const auto token = make_token(id, 3, ours);
    auto moved = token;
    moved[0] = 'c';
    BOOST_TEST(trace_of(line_with(moved)).passes == 0U);
    for (const auto& broken :
         {token.substr(1), token + "b", token.substr(0, 31), std::string(), id, token + token})
        BOOST_TEST(trace_of(line_with(broken)).passes == 0U, broken);
}

BOOST_AUTO_TEST_CASE(a_field_is_known_however_servers_on_the_way_have_folded_it) {
    const auto token = make_token(id, 2, ours);
    for (const auto& written :
         {"Received: by relay.example with ESMTP id " + token + "; Thu, 1 Jan 1970 00:00:00 +0000",
          "received:by id with ESMTP\r\n\tid\r\n\t" + token + ";\r\n Thu",
          "RECEIVED : by relay.example (id nothing) ID " + token})
        BOOST_TEST(trace_of(written + "\r\n").passes == 2U, written);
    // Where a token means something else.
    for (const auto& written : {"X-Received: by relay.example with ESMTP id " + token + "; x",
                                "Received: by " + token + " with ESMTP id x; y"})
        BOOST_TEST(trace_of(written + "\r\n").passes == 0U, written);
}

BOOST_AUTO_TEST_CASE(every_hop_counts_and_too_many_are_not_hashed) {
    std::size_t hashed = 0;
    const keyed_hash counting = [&](std::string_view text) {
        ++hashed;
        return ours(text);
    };
    std::string fields;
    const auto one = line_with(make_token(id, 1, ours));
    for (std::size_t i = 0; i < max_received; ++i)
        fields += one;
    auto seen = read_trace(read_header_section(fields), counting);
    BOOST_TEST(seen.received == max_received);
    BOOST_TEST(seen.passes == 1U);
    BOOST_TEST(hashed == max_received);
    fields += one;
    seen = read_trace(read_header_section(fields), counting);
    BOOST_TEST(seen.received == max_received + 1);
    BOOST_TEST(seen.passes == 0U);
    BOOST_TEST(hashed == max_received);
}

BOOST_AUTO_TEST_SUITE_END()
