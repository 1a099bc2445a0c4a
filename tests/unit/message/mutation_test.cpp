// SPDX-License-Identifier: Apache-2.0
// Damaged mails: the same ones in every run. The sanitizers watch; what holds for every message is
// checked here.
#include "mails.hpp"

#include "message/facts.hpp"
#include "message/header_section.hpp"
#include "message/parts.hpp"

#include <boost/test/unit_test.hpp>

#include <cstdint>
#include <random>
#include <vector>

using namespace postseal::message;

namespace {

using generator = std::mt19937; // its sequence is part of the standard; distributions are not

std::size_t below(generator& random, std::size_t limit) { return random() % limit; }

// One change of the kind that real damage and real attacks make.
void damage(std::string& bytes, const std::string& other, generator& random) {
    static const std::string_view pieces[] = {
        "\r\n",
        "\r\n\r\n",
        "--",
        "\"",
        "(",
        ";",
        "=",
        {"\0", 1},
        ": ",
        "\r\n ",
        "<",
        "Content-Type: ",
        "boundary=",
        "-----BEGIN PGP MESSAGE-----\r\n",
        "multipart/mixed",
        "\x30\x80",
        "*0*=",
        "%",
    };
    const auto at = below(random, bytes.size() + 1);
    const auto length = below(random, 40);
    switch (below(random, 5)) {
    case 0: bytes.insert(at, pieces[below(random, std::size(pieces))]); break;
    case 1: bytes.erase(at, length); break;
    case 2: bytes.insert(at, bytes.substr(below(random, bytes.size() + 1), 10 * length)); break;
    case 3: bytes.insert(at, other.substr(below(random, other.size() + 1), 10 * length)); break;
    case 4:
        if (at < bytes.size()) bytes[at] = static_cast<char>(random());
        break;
    }
}

std::size_t count(const part& one) {
    std::size_t all = 1;
    for (const auto& child : one.children) {
        all += count(child);
    }
    return all;
}

bool is_inside(std::string_view inner, std::string_view whole) {
    return inner.empty() || (inner.data() >= whole.data() &&
                             inner.data() + inner.size() <= whole.data() + whole.size());
}

bool bodies_are_inside(const part& one, std::string_view whole) {
    if (!is_inside(one.body, whole)) return false;
    for (const auto& child : one.children) {
        if (!bodies_are_inside(child, one.body)) return false;
    }
    return true;
}

void check(const std::string& message) {
    const auto section = read_header_section(message);
    std::size_t octets = 0;
    for (const auto& field : section.fields) {
        octets += field.raw.size();
    }
    BOOST_REQUIRE(section.body_offset - octets <= 2); // the empty line
    BOOST_REQUIRE((section.body_offset == octets) == !section.terminated);

    const auto tree = read_parts(message, section);
    BOOST_REQUIRE(count(tree.root) <= max_parts);
    BOOST_REQUIRE(tree.octets_searched <= max_depth * message.size());
    BOOST_REQUIRE(bodies_are_inside(tree.root, message));

    const auto known = classify(message);
    BOOST_REQUIRE(!known.reason.empty());
    BOOST_REQUIRE(known.size == message.size());
}

} // namespace

BOOST_AUTO_TEST_SUITE(mutation_test)

BOOST_AUTO_TEST_CASE(damaged_mails_keep_the_invariants) {
    std::vector<std::string> mails;
    for (const auto& name : test::mail_names()) {
        mails.push_back(test::read_mail(name));
    }
    generator random(5322);
    constexpr std::size_t rounds = 20'000;
    for (std::size_t round = 0; round < rounds; ++round) {
        auto bytes = mails[below(random, mails.size())];
        const auto& other = mails[below(random, mails.size())];
        for (auto changes = 1 + below(random, 8); changes > 0; --changes) {
            damage(bytes, other, random);
        }
        check(bytes);
    }
}

BOOST_AUTO_TEST_CASE(every_prefix_of_every_mail_keeps_the_invariants) {
    for (const auto& name : test::mail_names()) {
        const auto mail = test::read_mail(name);
        for (std::size_t size = 0; size < mail.size(); size += 7) {
            check(mail.substr(0, size));
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()
