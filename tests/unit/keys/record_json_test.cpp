// SPDX-License-Identifier: Apache-2.0
// Records as JSON lines: nothing is lost on the way, and nothing odd is taken.
#include "keys/record_json.hpp"

#include "keys/packets.hpp"
#include "tests/unit/keys/packet_samples.hpp"
#include "tests/unit/keys/stored_samples.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace postseal;
using namespace postseal::keys;
using namespace postseal::keys::samples;

namespace {

known_address everything() {
    known_address made;
    made.address = "bob@example.org";
    auto& known = made.known;
    known.remembered = found_entry();
    known.rejected = {rejected_one(1, true), rejected_one(2, false)};
    known.sealed = sealing{now - 24h, fingerprint, now + 100h, origin::third_party};
    known.ended_sealing = sealing{now - 99h, other_fingerprint, {}, origin::domain};
    known.doubts = {now - 2h, now - 1h};
    known.given = {given_certificate{fingerprint, "octets\x00\xff", true, "über das Telefon", now},
                   given_certificate{other_fingerprint, "others", false, "", now - 1h}};
    known.directory = known_directory{wkd_host::advanced, now - 48h};
    return made;
}

void check_same_record(const known_address& a, const known_address& b) {
    BOOST_TEST(a.address == b.address);
    BOOST_TEST_REQUIRE(a.known.remembered.has_value() == b.known.remembered.has_value());
    if (a.known.remembered) check_same(*a.known.remembered, *b.known.remembered);
    BOOST_TEST((a.known.rejected == b.known.rejected));
    BOOST_TEST((a.known.sealed == b.known.sealed));
    BOOST_TEST((a.known.ended_sealing == b.known.ended_sealing));
    BOOST_TEST((a.known.doubts == b.known.doubts));
    BOOST_TEST((a.known.given == b.known.given));
    BOOST_TEST((a.known.directory == b.known.directory));
}

known_address read_back(const known_address& one) {
    auto read = read_record_line(to_line(one));
    BOOST_TEST_REQUIRE(read.has_value(), read.error());
    return *read;
}

std::string mistake(std::string_view line) {
    const auto read = read_record_line(line);
    return read ? std::string() : read.error();
}

/// Everything, with what `path` ("given.0.since") leads to in another way.
std::string with(std::string_view path, boost::json::value value) {
    boost::json::value whole = to_json(everything());
    auto* at = &whole;
    while (!path.empty()) {
        const auto name = path.substr(0, path.find('.'));
        path.remove_prefix(std::min(path.size(), name.size() + 1));
        at = at->is_array() ? &at->get_array().at(static_cast<std::size_t>(name[0] - '0'))
                            : &at->get_object()[name];
    }
    *at = std::move(value);
    return boost::json::serialize(whole);
}

} // namespace

BOOST_AUTO_TEST_SUITE(record_json)

BOOST_AUTO_TEST_CASE(every_field_comes_back_as_it_was) {
    check_same_record(everything(), read_back(everything()));
}

BOOST_AUTO_TEST_CASE(what_is_not_there_comes_back_as_nothing) {
    known_address empty{"bob@example.org", {}};
    check_same_record(empty, read_back(empty));
    auto other = empty;
    other.known.remembered = other_entry(outcome::absent);
    other.known.sealed = sealing{now, "", {}, origin::domain};
    other.known.given = {given_certificate{fingerprint, "", true, "", now}};
    other.known.doubts = {{}, now};
    other.known.directory = known_directory{};
    check_same_record(other, read_back(other));
    auto forever = everything();
    forever.known.remembered->what.found->expires.reset();
    check_same_record(forever, read_back(forever));
}

BOOST_AUTO_TEST_CASE(a_line_is_one_line_of_ascii_or_utf8_without_control_characters) {
    auto odd = everything();
    odd.known.given[0].note = "two\nlines \x1b[31m \xff";
    const auto line = to_line(odd);
    BOOST_TEST(line.find_first_of("\n\r\x1b\xff") == std::string::npos);
    BOOST_TEST(read_back(odd).known.given[0].note == "two?lines ?[31m ?");
}

BOOST_AUTO_TEST_CASE(an_odd_local_part_comes_back_as_it_was) {
    for (const auto* const address : {"with space@example.org", "a\"b\\c@example.org", "a@b@c.org",
                                      "user%host@example.org", "bob@[192.0.2.1]"}) {
        known_address one{address, {}};
        BOOST_TEST(read_back(one).address == address);
    }
}

BOOST_AUTO_TEST_CASE(an_address_is_spelled_as_stores_spell_it) {
    const auto read = read_record_line(R"({"address": "Bob@Bücher.Example"})");
    BOOST_TEST_REQUIRE(read.has_value());
    BOOST_TEST(read->address == "bob@xn--bcher-kva.example");
}

BOOST_AUTO_TEST_CASE(what_is_no_record_is_refused_with_its_place) {
    const std::pair<std::string, std::string> cases[] = {
        {"", "it is no JSON"},
        {"{", "it is no JSON"},
        {std::string(100'000, '['), "it is no JSON"},
        {R"({"address": "a@example.org"} {})", "it is no JSON"},
        {"{\"address\": \"a@example.org\xff\"}", "it is no JSON"},
        {"[]", "has to be an object"},
        {"{}", "has no 'address'"},
        {R"({"address": 7})", "address: has to be a text"},
        {R"({"address": "nobody"})", "address: is no mail address"},
        {R"({"address": "postmaster"})", "address: is no mail address"},
        {R"({"address": "a\u0000@example.org"})", "address: has a control character"},
        {R"({"address": "a@example.org", "colour": 1})", "has 'colour', which is not known here"},
        {with("remembered", 7), "remembered: has to be an object"},
        {with("remembered.outcome", "temporary"), "remembered.outcome: has to be one of: found"},
        {with("remembered.outcome", "absent"), "remembered: has to have a key exactly where"},
        {with("remembered.on_the_word_of", "me"), "remembered.on_the_word_of: has to be one of"},
        {with("remembered.asked", 1'700'000'000), "remembered.asked: has to be a text"},
        {with("remembered.asked", "2026-02-30T00:00:00Z"), "remembered.asked: is no time like"},
        {with("remembered.asked", "2026-02-03 00:00:00"), "remembered.asked: is no time like"},
        {with("remembered.reason", "two\nlines"), "remembered.reason: has a control character"},
        {with("remembered.reason", boost::json::string(20'000, 'x')),
         "remembered.reason: is too long"},
        {with("remembered.key.fingerprint", "../../etc/passwd"), "key.fingerprint: is not 40 hex"},
        {with("remembered.key.fingerprint", boost::json::string(40, 'a')),
         "key.fingerprint: is not 40"},
        {with("remembered.key.encryption_keys", boost::json::array()), "has no encryption key"},
        {with("remembered.key.encryption_keys.0", "12345"), "[0]: is not 16 hexadecimal digits"},
        {with("remembered.key.certificate", "%%%%"), "key.certificate: is not base64"},
        {with("remembered.key.certificate", "QUJ"), "key.certificate: is not base64"},
        {with("remembered.key.certificate", ""), "key.certificate: is empty"},
        {with("remembered.key.certificate", boost::json::string(400'000, 'A')),
         "too long for a certific"},
        {with("rejected", true), "rejected: has to be a list"},
        {with("rejected.0.revoked", "yes"), "rejected[0].revoked: has to be true or false"},
        {with("rejected.0.certificate", nullptr), "rejected[0]: has no 'certificate'"},
        {with("rejected.1.fingerprint", boost::json::string(rejected_one(1, true).fingerprint)),
         "[1]: is there twice"},
        {with("given.1.pinned", true), "more than one key is pinned"},
        {with("given.1.certificate", nullptr), "given[1]: has no certificate, and is no pin"},
        {with("doubts.since", "x"), "doubts: has 'since', which is not known here"},
        {with("directory.host", "elsewhere"), "directory.host: has to be one of"},
        {with("given", boost::json::array(65)), "given: has more than 64 entries"},
    };
    for (const auto& [line, expected] : cases) {
        const auto said = mistake(line);
        BOOST_TEST(said.find(expected) != std::string::npos,
                   "'" << said << "' for " << line.substr(0, 60) << ", expected " << expected);
    }
    BOOST_TEST(mistake(std::string(max_record_line + 1, ' ')) == "it is longer than 16 MiB");
}

BOOST_AUTO_TEST_CASE(a_line_cut_anywhere_is_refused_and_never_half_read) {
    const auto whole = to_line(everything());
    for (std::size_t length = 0; length < whole.size(); ++length)
        BOOST_TEST(!read_record_line(whole.substr(0, length)).has_value());
    for (std::size_t at = 0; at < whole.size(); ++at) {
        auto changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1);
        static_cast<void>(read_record_line(changed)); // whatever it is, it is survived
    }
}

BOOST_AUTO_TEST_CASE(the_first_line_says_what_follows) {
    BOOST_TEST(!mistake_in_head(record_lines_head(now)));
    BOOST_TEST(mistake_in_head(R"({"postseal": "key records", "version": 2})")
                   ->starts_with("it is of version 2, and this one reads 1"));
    BOOST_TEST(mistake_in_head(R"({"postseal": "key records", "version": "1"})").has_value());
    BOOST_TEST(mistake_in_head(R"({"address": "a@example.org"})").has_value());
    BOOST_TEST(mistake_in_head("[]").has_value());
    BOOST_TEST(mistake_in_head("-----BEGIN").has_value());
}

BOOST_AUTO_TEST_CASE(times_are_read_as_they_are_written) {
    using std::chrono::sys_seconds;
    for (const long long seconds : {0LL, 951'868'799LL, 1'709'164'800LL, 4'294'967'295LL})
        BOOST_TEST((to_time(to_text(sys_seconds(std::chrono::seconds(seconds)))) ==
                    sys_seconds(std::chrono::seconds(seconds))));
    BOOST_TEST(to_text(sys_seconds(1'709'164'800s)) == "2024-02-29T00:00:00Z");
    for (const auto* const wrong : {"2023-02-29T00:00:00Z", "2024-02-29T24:00:00Z", "",
                                    "2024-02-29T00:00:00+", "2024-2-29T00:00:00ZZ"})
        BOOST_TEST(!to_time(wrong).has_value());
}

BOOST_AUTO_TEST_CASE(a_fingerprint_is_read_as_people_write_it) {
    BOOST_TEST(*to_fingerprint("0123 4567 89ab cdef 0123  4567 89ab cdef 0123 4567") ==
               fingerprint);
    BOOST_TEST(!to_fingerprint("89ABCDEF01234567").has_value());
    BOOST_TEST(!to_fingerprint(fingerprint + "0").has_value());
    BOOST_TEST(!to_fingerprint("key.asc").has_value());
}

BOOST_AUTO_TEST_CASE(a_certificate_has_to_be_what_the_line_says) {
    const auto cleaned = clean_packets(read("alice.asc"), address("alice@example.org"));
    const auto& alice = cleaned.certificates.at(0);
    known_address one{"alice@example.org", {}};
    one.known.given = {given_certificate{alice.fingerprint, alice.bytes, false, "", now}};
    BOOST_TEST(!clean_certificates(one).has_value());
    BOOST_TEST(one.known.given[0].bytes == alice.bytes);

    auto uncleaned = one;
    uncleaned.known.given[0].bytes = alice.bytes + packet(13, "<mallory@example.net>");
    BOOST_TEST(!clean_certificates(uncleaned).has_value());
    BOOST_TEST(uncleaned.known.given[0].bytes == alice.bytes);

    auto other = one;
    other.address = "bob@example.org";
    BOOST_TEST(clean_certificates(other)->find("is not of this address") != std::string::npos);
    auto renamed = one;
    renamed.known.given[0].fingerprint = fingerprint;
    BOOST_TEST(clean_certificates(renamed)->find("is another one, " + alice.fingerprint) !=
               std::string::npos);
    auto junk = one;
    junk.known.rejected = {rejected_one(1, true)};
    BOOST_TEST(clean_certificates(junk)->find("is no OpenPGP key") != std::string::npos);

    auto found = one;
    found.known.remembered = found_entry();
    auto& key = *found.known.remembered->what.found;
    key.fingerprint = alice.fingerprint;
    key.bytes = std::make_shared<const std::string>(alice.bytes);
    BOOST_TEST(clean_certificates(found)->ends_with("has not all of its encryption keys"));
    const auto& subkey = alice.subkey_fingerprints.at(0);
    key.encryption_keys = {std::stoull(subkey.substr(24), nullptr, 16)};
    BOOST_TEST(!clean_certificates(found).has_value());
}

BOOST_AUTO_TEST_SUITE_END()
