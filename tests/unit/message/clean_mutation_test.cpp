// SPDX-License-Identifier: Apache-2.0
// Damaged header sections of the corpus under every way of cleaning: whatever comes in, what goes
// out is a header section, has what mail needs, and stays as it is when it is cleaned again.
#include "message/clean.hpp"
#include "message/own_profile.hpp"

#include <boost/test/unit_test.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace postseal::message;
namespace fs = std::filesystem;

namespace {

std::vector<std::string> headers() {
    std::vector<std::string> found;
    for (const auto& entry : fs::directory_iterator(fs::path(POSTSEAL_TEST_DATA) / "headers")) {
        std::ifstream file(entry.path() / "mail.eml", std::ios::binary);
        std::string made;
        for (auto at = std::istreambuf_iterator<char>(file); at != std::istreambuf_iterator<char>();
             ++at)
            made += *at == '\n' ? std::string("\r\n") : std::string(1, *at);
        found.push_back(made.substr(0, made.find("\r\n\r\n") + 2));
    }
    std::sort(found.begin(), found.end());
    return found;
}

using generator = std::mt19937;

std::size_t below(generator& random, std::size_t limit) {
    return std::uniform_int_distribution<std::size_t>(0, limit - 1)(random);
}

// Another octet, a piece taken out, a piece of another mail put in.
void damage(std::string& text, const std::string& other, generator& random) {
    constexpr std::string_view telling = "<>@:;= \t\r\n,\"()hX*";
    const auto at = below(random, text.size());
    switch (below(random, 4)) {
    case 0: text[at] = static_cast<char>(below(random, 256)); break;
    case 1: text[at] = telling[below(random, telling.size())]; break;
    case 2: text.erase(at, below(random, 60)); break;
    default: text.insert(at, other, below(random, other.size()), below(random, 200)); break;
    }
    if (text.empty()) text = "X";
}

std::string stub_hash(std::string_view text) {
    return std::string(24, static_cast<char>(text.size()));
}

// One that hides the hosts of many mails of the corpus.
const id_disguise ids{stub_hash, {"*.example", "[*"}, "public.example.org"};

std::vector<cleaning> ways() {
    own_profile greedy;
    greedy.name = "greedy";
    greedy.from = profile::off;
    greedy.remove = {"*"};
    std::vector<cleaning> all{profile::off, profile::standard, profile::strict, {}};
    all.back().fields = chosen_profile(std::make_shared<const own_profile>(greedy));
    for (const auto& one : std::vector<cleaning>(all)) {
        all.push_back(one);
        all.back().date = date_form::utc;
        all.back().message_id = id_form::hmac;
    }
    return all;
}

std::size_t protected_fields(const header_section& section) {
    std::size_t count = 0;
    for (const auto& field : section.fields)
        // What may stand once is checked apart.
        if (is_protected(field.name) && field.name != "Date" && !has_normal_form(field.name))
            ++count;
    return count;
}

void check(const std::string& header, const cleaning& how) {
    const auto before = read_header_section(header);
    const auto cleaned = clean_header(before, how, content::kept, ids).bytes;
    const auto after = read_header_section(cleaned);
    BOOST_REQUIRE(after.body_offset == cleaned.size());
    BOOST_REQUIRE(protected_fields(after) == protected_fields(before));
    BOOST_REQUIRE(!before.find("Date") || after.find("Date"));
    BOOST_REQUIRE(how.changes_nothing() || after.count("Bcc") == 0);
    if (how.message_id == id_form::hmac && !how.changes_nothing())
        for (const auto& field : after.fields)
            BOOST_REQUIRE(!disguised(field, ids) || !holds_ids(field.name));
    BOOST_REQUIRE(clean_header(after, how, content::kept, ids).bytes == cleaned);

    auto keeping = how;
    keeping.dkim = signature_rule::keep;
    const auto held = clean_header(before, keeping, content::kept, ids).bytes;
    BOOST_REQUIRE(read_header_section(held).body_offset == held.size());
    BOOST_REQUIRE(protected_fields(read_header_section(held)) == protected_fields(before));
}

} // namespace

BOOST_AUTO_TEST_SUITE(clean_mutation)

BOOST_AUTO_TEST_CASE(damaged_headers_keep_the_invariants) {
    const auto all = headers();
    const auto how = ways();
    generator random(5322);
    for (std::size_t round = 0; round < 4000; ++round) {
        auto header = all[below(random, all.size())];
        for (auto changes = below(random, 8); changes > 0; --changes)
            damage(header, all[below(random, all.size())], random);
        // The section alone, as the relay takes it.
        header.resize(read_header_section(header).body_offset);
        if (!header.empty()) check(header, how[below(random, how.size())]);
    }
}

BOOST_AUTO_TEST_SUITE_END()
