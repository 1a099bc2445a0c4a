// SPDX-License-Identifier: Apache-2.0
// Whole files: those of tests/data/config/good, the shipped examples, and one folder a mistake.
#include "config/error.hpp"
#include "config/settings.hpp"

#include "config/review.hpp"
#include "config/yaml.hpp"
#include "policy/description.hpp"

#include <boost/test/unit_test.hpp>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

namespace postseal::config {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_SUITE(load_)

namespace {

const fs::path data = fs::path{POSTSEAL_TEST_DATA} / "config";
const fs::path examples = fs::path{POSTSEAL_TEST_DATA} / "../../config/examples";

std::string text_of(const fs::path& file) {
    std::ifstream in(file, std::ios::binary);
    BOOST_REQUIRE_MESSAGE(in, file);
    return {std::istreambuf_iterator<char>{in}, {}};
}

std::set<std::string> keys_in(const node& tree) {
    std::set<std::string> keys;
    for (const auto& one : tree.entries) {
        keys.insert(one.key);
        keys.merge(keys_in(one.value));
    }
    for (const auto& item : tree.items) {
        keys.merge(keys_in(item));
    }
    return keys;
}

/// A folder with a good configuration, whose policy the test writes.
class scratch_folder {
  public:
    explicit scratch_folder(const std::string& policy) {
        auto name = (fs::temp_directory_path() / "postseal-config-XXXXXX").string();
        BOOST_REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder_ = name;
        fs::copy_file(data / "good/minimal/postseal.yaml", file());
        std::ofstream(folder_ / "policy.yaml", std::ios::binary) << policy;
    }
    ~scratch_folder() {
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }
    scratch_folder(const scratch_folder&) = delete;
    scratch_folder& operator=(const scratch_folder&) = delete;

    [[nodiscard]] fs::path file() const { return folder_ / "postseal.yaml"; }

  private:
    fs::path folder_;
};

std::string mistake_in(const std::string& policy) {
    const scratch_folder folder{policy};
    try {
        static_cast<void>(load(folder.file()));
    } catch (const error& mistake) {
        return mistake.mistake();
    }
    return {};
}

} // namespace

BOOST_AUTO_TEST_CASE(every_mistake_is_told_with_its_place_and_what_was_meant) {
    std::size_t folders = 0;
    for (const auto& folder : fs::directory_iterator(data / "bad")) {
        const auto path = folder.path();
        BOOST_TEST_CONTEXT(path.filename().string()) {
            ++folders;
            std::string told = "no error\n";
            try {
                static_cast<void>(load(path / "postseal.yaml"));
            } catch (const error& mistake) {
                told = std::string{mistake.what()} + "\n";
                BOOST_TEST(told.starts_with(path.string() + "/"));
                told.erase(0, path.string().size() + 1);
                const auto here = data.string() + "/"; // in what it says of files that it names
                if (const auto at = told.find(here); at != std::string::npos)
                    told.erase(at, here.size());
            }
            BOOST_TEST(told == text_of(path / "expected.txt"));
        }
    }
    BOOST_TEST(folders >= 60U);
}

BOOST_AUTO_TEST_CASE(the_smallest_configuration_has_every_default) {
    const auto folder = data / "good/minimal";
    const auto read = load(folder / "postseal.yaml");
    const settings defaults;

    BOOST_TEST(read.file == folder / "postseal.yaml");
    BOOST_TEST(!read.relay.hostname.empty());
    BOOST_REQUIRE_EQUAL(read.relay.listeners.size(), 1U);
    BOOST_TEST(read.relay.listeners[0].trusted.size() == 2U);
    BOOST_CHECK(read.relay.listeners[0].bare_newline == smtp::newline_rule::reject);
    BOOST_TEST(read.relay.spool == "/var/lib/postseal/spool");
    BOOST_TEST(read.runtime == defaults.runtime);
    BOOST_TEST(read.relay.policy.rules.empty());
    BOOST_CHECK(read.relay.policy.defaults == policy::settings{});
    // Only WKD works with nothing set up.
    BOOST_TEST(read.keys.sources == std::vector<std::string>{"wkd"},
               boost::test_tools::per_element());
}

BOOST_AUTO_TEST_CASE(every_key_reaches_its_setting) {
    const auto folder = data / "good/everything";
    const auto read = load(folder / "postseal.yaml");

    BOOST_TEST(read.relay.hostname == "mail.example.org");
    BOOST_REQUIRE_EQUAL(read.relay.listeners.size(), 2U);
    BOOST_TEST(read.relay.listeners[0].name == "filter");
    BOOST_TEST(read.relay.listeners[0].address.host == "::1");
    BOOST_TEST(read.relay.listeners[0].address.port == 10025);
    BOOST_CHECK(read.relay.listeners[0].bare_newline == smtp::newline_rule::normalise);
    BOOST_TEST(read.relay.listeners[1].address.host == "10.0.0.1");
    BOOST_REQUIRE_EQUAL(read.relay.listeners[1].trusted.size(), 2U);
    BOOST_TEST(smtp::to_string(read.relay.listeners[1].trusted[0]) == "10.0.0.0/8");
    BOOST_TEST(read.relay.listeners[0].next_hop.address.host == "mta.example.org");
    BOOST_TEST(read.relay.listeners[0].next_hop.address.port == 25);
    BOOST_TEST(!read.relay.listeners[0].next_hop.keep);

    BOOST_TEST(read.relay.spool == folder / "state/spool");
    BOOST_TEST(read.runtime == "/dev/shm/postseal");

    BOOST_TEST(read.keys.sources == (std::vector<std::string>{"store", "directory", "keyservers"}),
               boost::test_tools::per_element());
    BOOST_TEST(read.keys.directory == folder / "certificates");
    BOOST_TEST(read.keys.store == folder / "keys.sqlite");
    BOOST_CHECK(read.keys.wkd.timeout == 1500ms);
    BOOST_CHECK(read.keys.deadline == 3s);
    BOOST_REQUIRE_EQUAL(read.keys.resolve.size(), 1U);
    BOOST_TEST(read.keys.resolve[0].host == "openpgpkey.example.org");
    BOOST_REQUIRE_EQUAL(read.keys.allow_networks.size(), 1U);
    BOOST_TEST(smtp::to_string(read.keys.allow_networks[0]) == "10.1.2.3/32");
    BOOST_TEST(read.keys.ca_file == folder / "ca.pem");

    BOOST_TEST(read.sealers.executable == "/opt/postseal/sealer");
    BOOST_TEST(read.sealers.gpg == "/opt/gnupg/bin/gpg");
    BOOST_TEST(read.sealers.workers == 7U);
    BOOST_CHECK(read.sealers.deadline == 12s);

    const auto& limits = read.relay.limits;
    BOOST_TEST(limits.message_size == 10ULL << 20);
    BOOST_TEST(limits.message_memory == 64ULL << 10);
    BOOST_TEST(limits.header_size == 32ULL << 10);
    BOOST_TEST(limits.recipients == 100U);
    BOOST_TEST(limits.sessions == 11U);
    BOOST_TEST(limits.sessions_per_client == 6U);
    BOOST_TEST(limits.errors == 12U);
    BOOST_TEST(limits.passes == 14U);
    BOOST_CHECK(limits.command_timeout == 13s);
    BOOST_CHECK(limits.data_timeout == 2min);
    BOOST_TEST(limits.data_rate == 2048U);
    BOOST_CHECK(limits.drain == 1h);
}

BOOST_AUTO_TEST_CASE(a_front_says_how_clients_reach_it_and_the_next_hop_them) {
    const auto read = load(data / "good/front/postseal.yaml").relay;
    BOOST_REQUIRE_EQUAL(read.listeners.size(), 3U);
    const auto& submission = read.listeners[0];
    BOOST_CHECK(submission.place == relay::place::front);
    BOOST_CHECK(submission.tls == relay::tls_start::on_request);
    BOOST_TEST(!submission.tls_required);
    BOOST_TEST(submission.certificates != nullptr);
    BOOST_CHECK(submission.login == smtp::login_rule::after_tls);
    BOOST_TEST(submission.trusted.empty());
    BOOST_REQUIRE_EQUAL(submission.balancers.size(), 1U);
    BOOST_TEST(smtp::to_string(submission.balancers[0]) == "10.0.0.0/24");
    BOOST_TEST(submission.probe == "nobody@foreign.example");
    BOOST_CHECK(submission.received == relay::own_received::after_a_trace);
    BOOST_CHECK(submission.routing_marks == smtp::routing_marks::allowed);
    BOOST_TEST(submission.next_hop.address.port == 10587);
    BOOST_CHECK(submission.next_hop.introduction == relay::introduction::xclient);

    const auto& submissions = read.listeners[1];
    BOOST_CHECK(submissions.tls == relay::tls_start::at_once);
    BOOST_TEST(submissions.tls_required);
    BOOST_CHECK(submissions.received == relay::own_received::always);
    BOOST_CHECK(submissions.login == smtp::login_rule::refused);
    BOOST_TEST(submissions.probe == "postseal-self-test@example.com");
    BOOST_CHECK(submissions.next_hop.tls == relay::hop_tls::verified);
    BOOST_CHECK(submissions.next_hop.proof.shown_by == relay::peer_proof::by::fingerprint);
    BOOST_TEST(submissions.next_hop.proof.fingerprint ==
               "aabbccddeeff00112233445566778899aabbccddeeff00112233445566778899");
    BOOST_CHECK(submissions.next_hop.introduction == relay::introduction::proxy);

    const auto& filter = read.listeners[2];
    BOOST_CHECK(filter.place == relay::place::filter);
    BOOST_TEST(filter.next_hop.address.port == 10026);
    BOOST_CHECK(filter.next_hop.tls == relay::hop_tls::opportunistic);
}

BOOST_AUTO_TEST_CASE(the_shipped_examples_load_and_show_the_defaults) {
    const auto read = load(examples / "postseal.yaml");
    const settings defaults;
    BOOST_TEST(read.runtime == defaults.runtime);
    BOOST_TEST(read.relay.spool == "/var/lib/postseal/spool");
    // All that can be set up without asking a stranger.
    BOOST_TEST(read.keys.sources == (std::vector<std::string>{"directory", "store", "wkd"}),
               boost::test_tools::per_element());
    BOOST_TEST(read.keys.keyservers.empty());
    BOOST_CHECK(read.keys.wkd.timeout == defaults.keys.wkd.timeout);
    BOOST_CHECK(read.keys.deadline == defaults.keys.deadline);
    BOOST_TEST(read.sealers.gpg == defaults.sealers.gpg);
    BOOST_TEST(read.sealers.workers == defaults.sealers.workers);
    BOOST_CHECK(read.sealers.deadline == defaults.sealers.deadline);

    const auto& limits = read.relay.limits;
    const auto& built_in = defaults.relay.limits;
    BOOST_TEST(limits.message_size == built_in.message_size);
    BOOST_TEST(limits.message_memory == built_in.message_memory);
    BOOST_TEST(limits.header_size == built_in.header_size);
    BOOST_TEST(limits.recipients == built_in.recipients);
    BOOST_TEST(limits.sessions == built_in.sessions);
    BOOST_TEST(limits.sessions_per_client == built_in.sessions_per_client);
    BOOST_TEST(limits.errors == built_in.errors);
    BOOST_TEST(limits.passes == built_in.passes);
    BOOST_CHECK(limits.command_timeout == built_in.command_timeout);
    BOOST_CHECK(limits.data_timeout == built_in.data_timeout);
    BOOST_TEST(limits.data_rate == built_in.data_rate);
    BOOST_CHECK(limits.drain == built_in.drain);

    BOOST_CHECK(read.relay.policy.defaults == policy::settings{});
    BOOST_TEST(read.relay.policy.rules.empty());
}

// What the examples show behind a '#' is an example too.
BOOST_AUTO_TEST_CASE(the_rules_that_the_example_shows_in_comments_are_good_ones) {
    std::istringstream lines(text_of(examples / "policy.yaml"));
    std::string uncommented;
    for (std::string line; std::getline(lines, line);) {
        if (line == "rules: []") line = "rules:";
        const bool shown = line.starts_with("#lists:") || line.starts_with("#pins:") ||
                           line.starts_with("#key_of:") || line.starts_with("#header_profiles:") ||
                           line.starts_with("#  ");
        uncommented += (shown && !line.starts_with("#   postseal") ? line.substr(1) : line) + "\n";
    }
    const scratch_folder folder{uncommented};
    std::ofstream(folder.file().parent_path() / "partners.txt") << "partner.example\n";
    const auto policy = load(folder.file()).relay.policy;
    BOOST_REQUIRE_EQUAL(policy.rules.size(), 3U);
    BOOST_TEST(policy::describe(policy.rules[0].match) ==
               "from: tickets@example.org; listener: filter; client: 192.0.2.10/32");
    BOOST_TEST(policy::describe(policy.rules[2].match) == "to: *@court.example; from: lawyers");
    BOOST_TEST(policy.pins.size() == 1U);
    BOOST_TEST(policy.key_of.entries().size() == 2U);
}

BOOST_AUTO_TEST_CASE(the_recipes_of_the_reference_are_good_ones) {
    const auto text = text_of(examples / "../../docs/policy.md");
    const std::string fence = "```yaml\n";
    const auto start = text.find(fence, text.find("## In ten minutes")) + fence.size();
    const auto recipes = text.substr(start, text.find("```", start) - start);
    const scratch_folder folder{recipes};
    const auto read = load(folder.file());
    BOOST_TEST(read.relay.policy.rules.size() == 5U);
    const auto warnings = review(read);
    BOOST_TEST(warnings.empty(), (warnings.empty() ? "" : warnings.front().what()));
}

// The fullest files know every key; example and reference shall know them too.
BOOST_AUTO_TEST_CASE(examples_and_references_show_every_key) {
    struct {
        fs::path everything, example, reference;
        std::set<std::string> chosen_by_the_writer; ///< names of lists
    } const table[] = {
        {data / "good/everything/postseal.yaml",
         examples / "postseal.yaml",
         examples / "../../docs/configuration.md",
         {}},
        {data / "good/everything/policy.yaml",
         examples / "policy.yaml",
         examples / "../../docs/policy.md",
         {"lawyers", "partners", "bob@court.example", "Anna+x@Bücher.example",
          "sales@Court.example", "/^[a-z]+-desk@court\\.example$/", "*@court.example", "X-Project",
          "Subject", "X-Seal", "X-Draft"}},
        {data / "good/front/policy.yaml",
         examples / "policy.yaml",
         examples / "../../docs/policy.md",
         {"lawyers"}},
    };
    // A rule alone can claim foreign mail, and the example has no such rule.
    const std::set<std::string> for_experts{"foreign"};
    for (const auto& row : table) {
        const auto example = text_of(row.example);
        const auto reference = text_of(row.reference);
        for (const auto& key : keys_in(parse_yaml(read_source(row.everything)))) {
            if (row.chosen_by_the_writer.count(key) != 0) continue;
            const bool documented = reference.find("`" + key + "`") != std::string::npos ||
                                    reference.find("\n" + key + ":") != std::string::npos;
            BOOST_TEST(documented, row.reference << " does not explain " << key);
            if (for_experts.count(key) != 0) continue;
            BOOST_TEST((example.find(key + ":") != std::string::npos),
                       row.example << " does not show " << key);
        }
    }
}

BOOST_AUTO_TEST_CASE(a_file_that_cannot_be_read_is_a_mistake_without_a_line) {
    try {
        static_cast<void>(load("/nowhere/postseal.yaml"));
        BOOST_ERROR("no error");
    } catch (const error& mistake) {
        BOOST_TEST(mistake.line() == 0);
        BOOST_TEST(std::string{mistake.what()} ==
                   "/nowhere/postseal.yaml: cannot be read: No such file or directory");
    }
}

BOOST_AUTO_TEST_CASE(hostile_yaml_is_refused_quickly) {
    const std::string deep(100'000, '[');
    std::string bomb = "rules: []\nlists:\n  a: &a [x.example]\n";
    for (char c = 'b'; c <= 'z'; ++c) {
        const auto before = std::string{static_cast<char>(c - 1)};
        bomb += std::string{"  "} + c + ": &" + c + " [*" + before + ", *" + before + "]\n";
    }
    const auto begin = std::chrono::steady_clock::now();
    BOOST_TEST(mistake_in(deep) == "nested too deeply");
    BOOST_TEST(mistake_in(bomb).starts_with("anchors (&) and aliases (*)"));
    BOOST_TEST(mistake_in("rules: []\n" + std::string(max_file_size, '#')) ==
               "is larger than 4 MiB");
    BOOST_TEST(mistake_in("rules: []\n---\nrules: []\n") ==
               "holds several documents (---); one is read");
    BOOST_TEST(mistake_in(std::string{"rules: []\n\0x: y\n", 16}) != "");
    BOOST_TEST((std::chrono::steady_clock::now() - begin < 5s));
}

// Every beginning of a good policy is a good policy or a mistake, and never anything else.
BOOST_AUTO_TEST_CASE(a_file_cut_short_anywhere_never_crashes) {
    const auto whole = text_of(data / "good/everything/policy.yaml");
    std::size_t refused = 0;
    for (std::size_t length = 0; length < whole.size(); ++length) {
        if (!mistake_in(whole.substr(0, length)).empty()) ++refused;
    }
    BOOST_TEST(refused > 0U);
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace postseal::config
