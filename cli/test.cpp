// SPDX-License-Identifier: Apache-2.0
// `postseal test`: an administrator's own expectations, held against the policy.
#include "cli/commands.hpp"
#include "cli/policy_test.hpp"

#include "config/error.hpp"
#include "config/settings.hpp"
#include "message/visible.hpp"
#include "smtp/mailbox.hpp"

#include <iostream>

namespace postseal::cli {

namespace {

struct tally {
    std::size_t tests = 0;
    std::size_t failed = 0;
};

void print(const config::policy_tests& file, const config::policy_test& test,
           const std::vector<surprise>& surprises) {
    using message::visible;
    std::cout << file.from.file().string() << ':' << test.at.line << ": " << visible(test.name)
              << '\n';
    for (const auto& one : surprises) {
        const auto& to = test.envelope.recipients[one.recipient].address;
        std::cout << "  line " << one.at.line << ": " << visible(smtp::to_string(to)) << "\n    "
                  << visible(one.what.about) << " should be  " << visible(one.what.expected)
                  << "\n    " << std::string(one.what.about.size(), ' ') << " but is     "
                  << visible(one.what.got) << "\n    because    " << visible(one.reason)
                  << " (rule: " << visible(one.rule) << ")\n";
    }
    std::cout << '\n';
}

tally run(const relay::settings& under, const std::filesystem::path& name) {
    const auto file = config::read_policy_tests(name);
    tally count;
    for (const auto& test : file.tests) {
        const auto surprises = judge(under, file.from, test);
        ++count.tests;
        if (surprises.empty()) continue;
        ++count.failed;
        print(file, test, surprises);
    }
    return count;
}

} // namespace

int test(const test_options& options) {
    tally all;
    try {
        const auto read = config::load(options.configuration);
        for (const auto& file : options.files) {
            const auto count = run(read.relay, file);
            all.tests += count.tests;
            all.failed += count.failed;
        }
    } catch (const config::error& e) {
        std::cerr << e.what() << '\n';
        return could_not;
    }
    if (all.failed > 0)
        std::cout << all.failed << " of " << all.tests << (all.tests == 1 ? " test" : " tests")
                  << " failed\n";
    else
        std::cout << all.tests << (all.tests == 1 ? " test: " : " tests: ") << "all as expected\n";
    return all.failed > 0 ? answer_is_no : done;
}

} // namespace postseal::cli
