// SPDX-License-Identifier: Apache-2.0
#include "policy/trace.hpp"

#include "policy/description.hpp"

#include <utility>

namespace postseal::policy {

namespace {

struct tracer {
    const circumstances& around;
    const addressee& whom;
    std::vector<condition_trace> found{};
    bool others = false;

    // What has to hold all together at the top is one line each; what is put together otherwise has
    // a line of its own, and its parts below.
    void walk(const condition& asked, std::size_t depth) {
        if (const auto* all = std::get_if<all_of>(&asked.asks)) {
            if (depth > 0 && all->each.size() > 1) {
                add("all of", asked, depth++);
            }
            for (const auto& one : all->each)
                walk(one, depth);
        } else if (const auto* any = std::get_if<any_of>(&asked.asks)) {
            walk_inside("any of", asked, any->each, depth);
        } else if (const auto* none = std::get_if<none_of>(&asked.asks)) {
            walk_inside("none of", asked, none->each, depth);
        } else {
            add(describe(asked), asked, depth);
        }
    }

    void walk_inside(const char* name, const condition& asked, const conditions& each,
                     std::size_t depth) {
        add(name, asked, depth);
        for (const auto& one : each)
            walk(one, depth + 1);
    }

    void add(std::string text, const condition& asked, std::size_t depth) {
        found.push_back({std::move(text), holds(asked, around, whom), depth});
        others = others || (depth == 0 && found.back().answer != truth::yes && is_address(asked));
    }

    static bool is_address(const condition& asked) {
        return std::holds_alternative<from_is>(asked.asks) ||
               std::holds_alternative<to_is>(asked.asks);
    }
};

} // namespace

std::vector<rule_trace> trace(const rule_set& rules, const circumstances& around,
                              const addressee& whom) {
    std::vector<rule_trace> all;
    for (const auto& one : rules.rules) {
        tracer tracing{around, whom};
        tracing.walk(one.match, 0);
        const auto answer = holds(one.match, around, whom);
        all.push_back({one.name, answer, std::move(tracing.found), tracing.others});
        if (answer == truth::yes) break;
    }
    return all;
}

std::string_view to_string(truth answer) {
    switch (answer) {
    case truth::no: return "does not hold";
    case truth::unknown:
    case truth::open: return "not known";
    case truth::yes: return "holds";
    }
    return {};
}

} // namespace postseal::policy
