// SPDX-License-Identifier: Apache-2.0
#include "config/policy_tests.hpp"

#include <boost/test/unit_test.hpp>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace postseal::config {

BOOST_AUTO_TEST_SUITE(policy_test_files)

namespace {

namespace fs = std::filesystem;

class written_file {
  public:
    explicit written_file(const std::string& text)
        : path_(fs::temp_directory_path() /
                ("policy-tests-" + std::to_string(::getpid()) + ".yaml")) {
        std::ofstream(path_) << text;
    }
    ~written_file() {
        std::error_code ignored;
        fs::remove(path_, ignored);
    }
    written_file(const written_file&) = delete;
    written_file& operator=(const written_file&) = delete;

    [[nodiscard]] policy_tests read() const { return read_policy_tests(path_); }

  private:
    fs::path path_;
};

/// One test from Anna to Bob and Cara that says this too, line 5 on.
std::string test_that_says(const std::string& more) {
    return "tests:\n  - name: a test\n    from: anna@example.org\n"
           "    to: [bob@b.example, cara@c.example]\n" +
           more + "\n";
}

policy_test read(const std::string& more) {
    const auto all = written_file(test_that_says(more)).read();
    BOOST_REQUIRE_EQUAL(all.tests.size(), 1U);
    return all.tests.front();
}

} // namespace

BOOST_AUTO_TEST_CASE(mistakes_are_answered_with_their_place) {
    struct {
        std::string more, told;
    } const table[] = {
        {"    expect: {}", ":5:13: nothing is expected here"},
        {"    expect: { traetment: sealed }", "did you mean 'treatment'?"},
        {"    expect: { with: bob@b.example }", "'with' is for the others"},
        {"    expect: { alone: false }", "'alone' is 'true'"},
        {"    expect: { bob@b.example: { with: cara@c.example, alone: true } }",
         "'alone' is 'true'"},
        {"    expect: { key_of: office }", "'office' is no mail address"},
        {"    expect: { reply: no }", "'no' is no reply, such as 550"},
        {"    expect: { reply: \"550 \" }", "is no reply"},
        {"    expect: { header: { Subject: \"/(/\" } }", "is no pattern: "},
        {"    expect: { header: [] }", "'header' must hold fields"},
        {"    expect: { bob@b.example: sealed, dora@d.example: sealed }",
         "'dora@d.example' is none of the recipients"},
        {"    expect: sealed\n    keys: { result: absent, algorithm: rsa1024 }",
         ":6:40: 'algorithm' is for a key that is found"},
        {"    expect: sealed\n    keys: { result: temporary, changed: true }",
         "'changed' is for a key that is found"},
        {"    expect: sealed\n    keys: lost", "'lost' is none of found, absent, unusable"},
        {"    expect: sealed\n    bcc: nobody", "'nobody' is no mail address"},
        {"    expect: sealed\n    header: { \"X Y\": 1 }", "is no name of a header field"},
        {"    expect: sealed\n    header: Subject", "'header' must hold fields"},
        {"    expect: sealed\n    message: x.eml\n    size: 10KiB",
         ":7:11: 'size' is for a letter"},
        {"    expect: sealed\n  - name: a test\n    from: anna@example.org\n"
         "    to: bob@b.example\n    expect: sealed",
         ":6:5: a second test is called 'a test'"},
        {"", "'expect' is missing in a test"},
    };
    for (const auto& row : table) {
        const written_file file(test_that_says(row.more));
        std::string told;
        try {
            (void)file.read();
        } catch (const error& mistake) {
            told = mistake.what();
        }
        BOOST_TEST(told.find(row.told) != std::string::npos, row.more << "\n" << told);
    }
}

BOOST_AUTO_TEST_CASE(what_is_not_said_has_its_usual_value) {
    const auto test = read("    expect: sealed");
    BOOST_TEST(test.at.line == 2);
    BOOST_TEST(test.over.empty());
    BOOST_TEST((test.keys.at(1).result == keys::outcome::absent));
    BOOST_REQUIRE_EQUAL(test.expected.size(), 2U); // for both
    BOOST_TEST((test.expected[1].what.fate == policy::fate::sealed));
    BOOST_TEST(test.message.starts_with("From: anna@example.org\r\nTo: bob@b.example,\r\n "));
}

BOOST_AUTO_TEST_CASE(one_value_is_for_all_and_a_map_of_addresses_for_each) {
    const auto one = read("    keys: { source: keyserver, changed: unknown }\n    expect: sealed");
    for (const auto& key : one.keys) {
        BOOST_TEST((key.result == keys::outcome::found && key.from == keys::origin::third_party));
        BOOST_TEST((key.changed == supposed_key::change::unknown));
    }
    const auto each =
        read("    keys: { CARA@c.example: { algorithm: unknown } }\n"
             "    expect: { cara@c.example: { rule: defaults, with: bob@b.example } }");
    BOOST_TEST((each.keys.at(0).result == keys::outcome::absent));
    BOOST_TEST((each.keys.at(1).result == keys::outcome::found && each.keys[1].algorithm.empty()));
    BOOST_REQUIRE_EQUAL(each.expected.size(), 1U);
    BOOST_TEST(each.expected[0].recipient == 1U);
    BOOST_TEST((each.expected[0].what.with == std::vector<std::size_t>{0}));
}

BOOST_AUTO_TEST_CASE(who_stands_in_bcc_stands_in_no_field) {
    const auto test = read("    bcc: dan@d.example\n    expect: sealed");
    BOOST_TEST(test.envelope.recipients.size() == 3U);
    BOOST_TEST(test.message.find("dan@") == std::string::npos);
    BOOST_TEST(test.keys.size() == 3U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
