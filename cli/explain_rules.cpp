// SPDX-License-Identifier: Apache-2.0
#include "cli/explain_rules.hpp"

#include "message/visible.hpp"

#include <algorithm>
#include <iomanip>
#include <iostream>

namespace postseal::cli {

namespace {

constexpr std::size_t max_passed_over = 20; // rules of each kind
constexpr int answer_column = 48;

using traces = std::vector<policy::rule_trace>;

void print(const policy::condition_trace& one) {
    const auto text = std::string(2 * one.depth, ' ') + message::visible(one.text);
    std::cout << "           " << std::left << std::setw(answer_column) << text << ' '
              << policy::to_string(one.answer) << '\n';
}

// The first condition that keeps a rule from speaking says enough, with its parts where it has any.
void print_passed_over(const policy::rule_trace& one) {
    const auto why = std::ranges::find_if(one.conditions, [](const auto& condition) {
        return condition.depth == 0 && condition.answer != policy::truth::yes;
    });
    std::cout << "  not      " << message::visible(one.rule);
    if (why != one.conditions.end())
        std::cout << ": " << message::visible(why->text) << ' ' << policy::to_string(why->answer);
    std::cout << '\n';
    if (why == one.conditions.end()) return;
    for (auto part = why + 1; part != one.conditions.end() && part->depth > 0; ++part)
        print(*part);
}

// Of how many from the beginning nothing is said, so that the last ones are there.
std::size_t left_out(const traces& passed_over, bool about_others) {
    const auto all = static_cast<std::size_t>(std::ranges::count_if(
        passed_over, [&](const auto& one) { return one.about_others == about_others; }));
    return all > max_passed_over ? all - max_passed_over : 0;
}

void print_all_passed_over(const traces& passed_over) {
    auto others = left_out(passed_over, true);
    auto near = left_out(passed_over, false);
    if (others > 0)
        std::cout << "  not      " << others
                  << " more whose from or to does not match (--json has them)\n";
    if (near > 0)
        std::cout << "  not      " << near << " more that do not hold (--json has them)\n";
    for (const auto& one : passed_over) {
        auto& untold = one.about_others ? others : near;
        if (untold > 0)
            --untold;
        else
            print_passed_over(one);
    }
}

} // namespace

void print_rules(traces traced) {
    if (!traced.empty() && traced.back().answer == policy::truth::yes) {
        for (const auto& one : traced.back().conditions)
            print(one);
        traced.pop_back();
    }
    print_all_passed_over(traced);
}

} // namespace postseal::cli
