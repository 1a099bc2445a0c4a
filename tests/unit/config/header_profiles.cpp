// SPDX-License-Identifier: Apache-2.0
// What a policy says of headers, and the key by which identifiers are disguised. Mistakes have
// their folders in tests/data/config/bad.
#include "config/error.hpp"
#include "config/settings.hpp"
#include "message/clean.hpp"

#include <boost/test/unit_test.hpp>

#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace postseal::config {

namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(header_profiles_)

namespace {

const fs::path good = fs::path{POSTSEAL_TEST_DATA} / "config/good/cleaning";

/// A copy of the good folder, since a checkout does not keep that a key is its owner's alone.
class copied_folder {
  public:
    copied_folder() {
        auto name = (fs::temp_directory_path() / "postseal-cleaning-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        path = name;
        fs::copy(good, path);
        allow(0640);
    }
    ~copied_folder() {
        std::error_code ignored;
        fs::remove_all(path, ignored);
    }
    copied_folder(const copied_folder&) = delete;
    copied_folder& operator=(const copied_folder&) = delete;

    void allow(mode_t mode) const { ::chmod((path / "message-ids.key").c_str(), mode); }
    void write(const std::string& file, const std::string& text) const {
        std::ofstream(path / file, std::ios::binary) << text;
    }
    [[nodiscard]] relay::settings read() const { return load(path / "postseal.yaml").relay; }
    [[nodiscard]] std::string mistake() const {
        try {
            static_cast<void>(read());
        } catch (const error& told) {
            return std::to_string(told.line()) + ": " + told.mistake();
        }
        return "none";
    }

    fs::path path;
};

} // namespace

BOOST_AUTO_TEST_CASE(a_profile_says_what_it_does_and_rules_name_it) {
    const copied_folder folder;
    const auto policy = folder.read().policy;
    const auto& all = policy.defaults.headers;
    BOOST_REQUIRE(all.fields.own);
    const auto& quiet = *all.fields.own;
    BOOST_TEST(quiet.name == "quiet");
    BOOST_CHECK(quiet.from == message::profile::strict);
    BOOST_CHECK(all.fields.base == message::profile::strict);
    BOOST_TEST(quiet.keep == (std::vector<std::string>{"X-Ticket", "X-Harbour-*"}),
               boost::test_tools::per_element());
    BOOST_TEST(quiet.remove == std::vector<std::string>{"Organization"},
               boost::test_tools::per_element());
    BOOST_TEST(quiet.normalise == std::vector<std::string>{"Date"},
               boost::test_tools::per_element());
    BOOST_CHECK(all.date == message::date_form::utc);
    BOOST_CHECK(all.message_id == message::id_form::hmac);
    BOOST_CHECK(all.dkim == message::signature_rule::drop_stale);

    BOOST_REQUIRE_EQUAL(policy.rules.size(), 2U);
    const auto calm = policy::settings_under(policy, policy.rules[0]).headers;
    BOOST_TEST(to_string(calm) == "calm, DKIM kept");
    BOOST_TEST(!calm.changes_nothing());
    const auto usual = policy::settings_under(policy, policy.rules[1]).headers;
    message::cleaning expected;
    expected.date = message::date_form::minute;
    expected.message_id = message::id_form::hmac; // from the defaults
    BOOST_CHECK(usual == expected);
}

BOOST_AUTO_TEST_CASE(identifiers_are_disguised_by_the_key_of_the_file) {
    const copied_folder folder;
    const auto ids = folder.read().message_ids;
    BOOST_TEST(ids.hosts == (std::vector<std::string>{"*.corp.internal", "pc17"}),
               boost::test_tools::per_element());
    BOOST_TEST(ids.domain == "mail.example.org");
    const auto section =
        message::read_header_section("Message-ID: <1@pc17>\r\nReferences: <1@pc17>\r\n");
    // printf 'message-id 1@pc17' | openssl mac -digest SHA256 -macopt hexkey:… HMAC, in our letters
    const std::string hidden = "8xn5gh7q7wwjBv3C3jC9zCkjcd@mail.example.org";
    BOOST_TEST(message::disguised(section.fields[0], ids).value() ==
               "Message-ID: <" + hidden + ">\r\n");
    BOOST_TEST(message::disguised(section.fields[1], ids).value() ==
               "References: <" + hidden + ">\r\n");
}

BOOST_AUTO_TEST_CASE(hosts_below_the_local_domains_are_internal_where_nothing_else_is_said) {
    const copied_folder folder;
    folder.write("postseal.yaml", "listen:\n"
                                  "  - { name: filter, address: \"127.0.0.1:10025\" }\n"
                                  "next_hop: { address: \"127.0.0.1:10026\" }\n"
                                  "local_domains: [\"*.example.net\", example.org]\n"
                                  "policy: policy.yaml\n"
                                  "message_ids: { key: message-ids.key }\n");
    const auto ids = folder.read().message_ids;
    BOOST_TEST(ids.hosts == (std::vector<std::string>{"*.example.net", "*.example.org"}),
               boost::test_tools::per_element());
    BOOST_TEST(ids.domain == "example.org");
}

BOOST_AUTO_TEST_CASE(a_key_that_is_none_or_everybodys_is_refused) {
    const copied_folder folder;
    folder.allow(0604);
    BOOST_TEST(folder.mistake().find("others may use it; chmod 0640") != std::string::npos);
    folder.allow(0660);
    BOOST_TEST(folder.mistake().find("others may use it") != std::string::npos);
    folder.allow(0400);
    BOOST_TEST(folder.mistake() == "none");
    folder.allow(0600);
    folder.write("message-ids.key", "a secret that somebody made up\n");
    BOOST_TEST(folder.mistake().find("'openssl rand -hex 32' prints one") != std::string::npos);
}

BOOST_AUTO_TEST_CASE(hidden_identifiers_and_kept_signatures_contradict_each_other) {
    const copied_folder folder;
    folder.write("policy.yaml", "defaults: { message_id: hmac }\n"
                                "rules:\n"
                                "  - name: signed before us\n"
                                "    set: { dkim: keep }\n");
    BOOST_TEST(folder.mistake().starts_with("4: 'message_id: hmac' and 'dkim: keep' contradict"));
    folder.write("policy.yaml", "defaults: { message_id: hmac, dkim: keep }\n");
    BOOST_TEST(folder.mistake().starts_with("1: 'message_id: hmac' and 'dkim: keep' contradict"));
    folder.write("policy.yaml", "defaults: { message_id: hmac }\n"
                                "rules:\n"
                                "  - name: signed before us\n"
                                "    set: { dkim: keep, message_id: keep }\n");
    BOOST_TEST(folder.mistake() == "none");
}

BOOST_AUTO_TEST_CASE(a_rule_that_leaves_headers_alone_may_do_so_under_any_defaults) {
    const copied_folder folder;
    folder.write("policy.yaml", "defaults: { date: utc, message_id: hmac }\n"
                                "rules:\n"
                                "  - name: as it is\n"
                                "    set: { headers: off }\n");
    BOOST_TEST(folder.mistake() == "none");
}

BOOST_AUTO_TEST_CASE(a_profile_may_stand_in_another_file_than_the_rules_that_name_it) {
    const copied_folder folder;
    fs::create_directory(folder.path / "policy.d");
    folder.write("policy.d/1.yaml", "defaults: { headers: late }\n"
                                    "rules: [{ name: a, set: { headers: late } }]\n");
    folder.write("policy.d/2.yaml", "header_profiles: { late: { from: standard } }\n");
    folder.write("postseal.yaml", "listen:\n"
                                  "  - { name: filter, address: \"127.0.0.1:10025\" }\n"
                                  "next_hop: { address: \"127.0.0.1:10026\" }\n"
                                  "local_domains: [example.org]\n"
                                  "policy: policy.d\n");
    const auto policy = folder.read().policy;
    BOOST_TEST(to_string(policy.defaults.headers) == "late");
    BOOST_CHECK(policy.rules[0].set.headers == policy.defaults.headers.fields);
}

BOOST_AUTO_TEST_CASE(examples_and_references_show_all_of_it) {
    const auto text_of = [](const std::string& file) {
        std::ifstream in(fs::path{POSTSEAL_TEST_DATA} / "../.." / file, std::ios::binary);
        BOOST_REQUIRE_MESSAGE(in, file);
        return std::string{std::istreambuf_iterator<char>{in}, {}};
    };
    struct {
        std::string example, reference;
        std::vector<std::string> keys;
    } const table[] = {
        {"policy.yaml",
         "policy.md",
         {"header_profiles", "from", "keep", "remove", "normalise", "date", "message_id", "dkim"}},
        {"postseal.yaml",
         "configuration.md",
         {"message_ids", "key", "hosts", "domain", "received"}},
    };
    for (const auto& row : table) {
        const auto example = text_of("config/examples/" + row.example);
        const auto reference = text_of("docs/" + row.reference);
        for (const auto& key : row.keys) {
            BOOST_TEST((example.find(key + ":") != std::string::npos), row.example << " " << key);
            BOOST_TEST((reference.find("`" + key + "`") != std::string::npos),
                       row.reference << " " << key);
        }
    }
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
