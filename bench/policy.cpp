// SPDX-License-Identifier: Apache-2.0
// Writes a large policy and its lists, times how long they take to load, and what it costs a
// message to be judged by them: once at RCPT, once at the end of its data, once for its plan.
// Beside it the same messages under a policy without rules.
//
//   policy FOLDER [RULES [ADDRESSES [ROUNDS]]]
#include "config/policy_file.hpp"
#include "config/review.hpp"
#include "policy/plan.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <vector>

namespace postseal::bench {

namespace {

using steady = std::chrono::steady_clock;
using milliseconds = std::chrono::duration<double, std::milli>;

constexpr std::size_t messages = 200; // of a round
constexpr std::size_t recipients = 3; // of a message

struct options {
    std::filesystem::path folder;
    std::size_t rules = 10'000;
    std::size_t addresses = 100'000; // of each of two lists
    std::size_t rounds = 9;
};

std::string person(std::size_t number) { return "person" + std::to_string(number); }

// Most rules of a large house are for somebody; three in a hundred ask for what no table can tell.
// The worst is a house in which all do.
enum class kind { mixed, patterns };

std::string rule(std::size_t number, kind of) {
    const auto n = std::to_string(number);
    std::string match;
    switch (of == kind::mixed ? number % 100 : number % 2 * 2) {
    case 0:
        match =
            "{ to: \"*.branch" + n + ".example\", header: { Subject: \"*project " + n + "*\" } }";
        break;
    case 1: match = "{ to: few, size: { over: 20MiB } }"; break;
    case 2: match = "{ from: many, to: \"*@court" + n + ".example\" }"; break;
    default:
        match = number % 2 == 0 ? "{ to: " + person(number) + "@partner" + n + ".example }"
                                : "{ from: " + person(number) + "@example.org, attachment: true }";
    }
    return "  - name: rule " + n + "\n    match: " + match + "\n    set: { encrypt: required }\n";
}

std::filesystem::path write_policy(const options& how, kind of) {
    for (const std::string name : {"few", "many"}) {
        std::ofstream list(how.folder / (name + ".txt"));
        for (std::size_t i = 0; i < how.addresses; ++i)
            list << person(i) << '.' << name << "@customer" << i % 1000 << ".example\n";
    }
    const auto file = how.folder / "policy.yaml";
    std::ofstream policy(file);
    policy << "lists:\n  few: { file: few.txt }\n  many: { file: many.txt }\nrules:\n";
    for (std::size_t i = 0; i < how.rules; ++i)
        policy << rule(i, of);
    return file;
}

struct letter {
    smtp::envelope envelope;
    message::facts facts;
    std::vector<std::optional<keys::finding>> findings;
};

std::vector<letter> write_letters(std::size_t rules) {
    std::mt19937 random(1); // NOLINT: the same ones each time
    std::vector<letter> all(messages);
    for (auto& one : all) {
        const smtp::mailbox sender{person(random() % (2 * rules)), "example.org"};
        one.envelope.sender = sender;
        one.facts.from = {sender};
        one.facts.fields = {{"From", smtp::to_string(sender)}, {"Subject", "the project of today"}};
        one.facts.size = 20'000;
        for (std::size_t i = 0; i < recipients; ++i) {
            const auto number = std::to_string(random() % (2 * rules));
            const smtp::mailbox to{"person" + number, "partner" + number + ".example"};
            one.envelope.recipients.push_back({to, {}});
            one.facts.visible.push_back(to);
            one.findings.push_back(keys::finding{keys::outcome::absent, {}, "wkd", "404"});
        }
    }
    return all;
}

// As the relay asks, in its order.
std::size_t judge(const policy::rule_set& rules, const policy::origin& over, const letter& mail) {
    std::size_t done = 0;
    for (const auto* facts : {static_cast<const message::facts*>(nullptr), &mail.facts})
        for (const auto& to : mail.envelope.recipients)
            done += policy::key_matters(rules, over, mail.envelope, facts, to.address) ? 1U : 0U;
    const auto made = policy::make_plan(rules, over, mail.envelope, mail.facts, mail.findings);
    return done + made.decisions.size();
}

double a_message(const policy::rule_set& rules, const std::vector<letter>& letters) {
    const policy::origin over{"filter", {}, {}, {}, {}};
    const auto begin = steady::now();
    std::size_t done = 0;
    for (const auto& one : letters)
        done += judge(rules, over, one);
    if (done == 0) std::abort(); // so that nothing is left out
    return milliseconds(steady::now() - begin).count() / static_cast<double>(letters.size());
}

double a_review(const config::settings& read) {
    const auto begin = steady::now();
    (void)config::review(read);
    return milliseconds(steady::now() - begin).count();
}

void print(const char* what, std::vector<double> all) {
    std::ranges::sort(all);
    std::printf("%-44s %8.3f ms (%.3f to %.3f)\n", what, all[all.size() / 2], all.front(),
                all.back());
}

void run(const options& how, kind of) {
    const auto file = write_policy(how, of);
    const auto letters = write_letters(how.rules);
    policy::rule_set none;
    none.local_domains = {"example.org"};
    std::vector<double> loading, reviewing, with, without;
    for (std::size_t i = 0; i < how.rounds; ++i) {
        const auto begin = steady::now();
        config::settings read;
        read.policy.files = {file};
        auto& rules = read.relay.policy;
        rules = config::load_policy(read.policy.files, {"example.org"}, {});
        loading.push_back(milliseconds(steady::now() - begin).count());
        reviewing.push_back(a_review(read));
        with.push_back(a_message(rules, letters));
        without.push_back(a_message(none, letters));
    }
    std::printf("%zu rules%s, two lists of %zu addresses, %zu rounds\n", how.rules,
                of == kind::mixed ? "" : ", all of them patterns", how.addresses, how.rounds);
    print("load", loading);
    print("look for what never counts, as 'check' does", reviewing);
    print("a message with three recipients", with);
    print("the same without rules", without);
}

} // namespace

} // namespace postseal::bench

int main(int argc, char** argv) {
    using namespace postseal::bench;
    if (argc < 2) {
        std::fputs("policy FOLDER [RULES [ADDRESSES [ROUNDS]]]\n", stderr);
        return 2;
    }
    options how;
    how.folder = argv[1];
    std::size_t* const numbers[] = {&how.rules, &how.addresses, &how.rounds};
    for (int i = 2; i < argc && i < 5; ++i)
        *numbers[i - 2] = std::strtoul(argv[i], nullptr, 10);
    try {
        run(how, kind::mixed);
        run(how, kind::patterns);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "policy: %s\n", e.what());
        return 2;
    }
    return 0;
}
