// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_rules.hpp"

#include "message/visible.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace postseal::cli {

namespace {

constexpr std::size_t max_passed_over = 20; // rules
constexpr int answer_column = 48;

void print(const policy::condition_trace& one) {
    const auto text = std::string(2 * one.depth, ' ') + message::visible(one.text);
    std::cout << "           " << std::left << std::setw(answer_column) << text << ' '
              << policy::to_string(one.answer) << '\n';
}

// The first condition that keeps a rule from speaking says enough.
void print_passed_over(const policy::rule_trace& one) {
    const auto why = std::ranges::find_if(one.conditions, [](const auto& condition) {
        return condition.depth == 0 && condition.answer != policy::truth::yes;
    });
    std::cout << "  not      " << message::visible(one.rule);
    if (why != one.conditions.end())
        std::cout << ": " << message::visible(why->text) << ' ' << policy::to_string(why->answer);
    std::cout << '\n';
}

} // namespace

void print_rules(const std::vector<policy::rule_trace>& traced) {
    auto passed_over = traced.size();
    if (!traced.empty() && traced.back().answer == policy::truth::yes) {
        for (const auto& one : traced.back().conditions)
            print(one);
        --passed_over;
    }
    const auto first = passed_over > max_passed_over ? passed_over - max_passed_over : 0;
    if (first > 0) std::cout << "  not      the first " << first << " rules that may match\n";
    for (auto i = first; i < passed_over; ++i)
        print_passed_over(traced[i]);
}

} // namespace postseal::cli
