// SPDX-License-Identifier: Apache-2.0
// A condition is no, not known, or yes; `all` is the least of its parts, `any` the greatest, and
// `not` turns the scale around. So "covers" is "never less than" on this scale, and it can be told
// part by part. "Excludes" is "never more than the opposite of".
#include "policy/coverage.hpp"

#include "message/token.hpp"
#include "policy/pattern_order.hpp"

#include <algorithm>
#include <functional>
#include <limits>

namespace postseal::policy {

namespace {

bool covers_network(const smtp::ip_network& wide, const smtp::ip_network& narrow) {
    return wide.prefix_length <= narrow.prefix_length && smtp::contains(wide, narrow.base);
}

// Every one of these is covered by one of those.
template<class Range, class Covers>
bool each_is_covered(const Range& wide, const Range& narrow, Covers covers) {
    return std::ranges::all_of(narrow, [&](const auto& one) {
        return std::ranges::any_of(wide, [&](const auto& other) { return covers(other, one); });
    });
}

template<class Range, class Apart>
bool all_are_apart(const Range& some, const Range& others, Apart apart) {
    return std::ranges::all_of(some, [&](const auto& one) {
        return std::ranges::all_of(others, [&](const auto& other) { return apart(one, other); });
    });
}

bool is_expression(const text_pattern& pattern) { return pattern.written().starts_with('/'); }

bool covers_text(const text_pattern& wide, const text_pattern& narrow) {
    if (wide.written() == narrow.written()) return true;
    if (is_expression(wide)) return false;
    // Whatever an expression finds its match in, it is some text.
    return glob_covers(wide.written(), is_expression(narrow) ? "*" : narrow.written());
}

template<class Holds>
bool each_of(const address_set& set, Holds holds) {
    return std::ranges::all_of(set.patterns(), holds) &&
           std::ranges::all_of(set.expressions(), holds);
}

// Of a look into it.
std::size_t steps_of(const address_set& set) {
    return 1 + set.globs().size() + set.expressions().size();
}

std::uint64_t over(const size_is& range) { return range.over.value_or(0); }
std::uint64_t under(const size_is& range) {
    return range.under.value_or(std::numeric_limits<std::uint64_t>::max());
}

// Where there are more pairs than this, nobody is told that they are apart.
constexpr std::size_t max_pairs = 1'000'000;

// No message is two of them.
bool is_way_of_protection(message_class what) {
    return what == message_class::plain || what == message_class::is_signed ||
           what == message_class::encrypted;
}

} // namespace

// Of two conditions of one kind: those of other kinds say nothing about each other.
struct covering {
    coverage& of;

    bool operator()(const from_is& wide, const from_is& narrow) const { return sets(wide, narrow); }
    bool operator()(const to_is& wide, const to_is& narrow) const { return sets(wide, narrow); }
    bool operator()(const listener_is& wide, const listener_is& narrow) const {
        return each_is_covered(wide.any_of, narrow.any_of, std::equal_to<>{});
    }
    bool operator()(const client_is& wide, const client_is& narrow) const {
        return of.can_pair(wide.any_of.size(), narrow.any_of.size()) &&
               each_is_covered(wide.any_of, narrow.any_of, covers_network);
    }
    bool operator()(const tls_is& wide, const tls_is& narrow) const { return same(wide, narrow); }
    bool operator()(const authenticated_is& wide, const authenticated_is& narrow) const {
        return same(wide, narrow);
    }
    bool operator()(const login_is& wide, const login_is& narrow) const {
        return of.globs_cover(wide.any_of, narrow.any_of);
    }
    bool operator()(const header_is& wide, const header_is& narrow) const {
        return message::same_token(wide.field, narrow.field) &&
               each_is_covered(wide.any_of, narrow.any_of, covers_text);
    }
    bool operator()(const tag_is& wide, const tag_is& narrow) const {
        return each_is_covered(wide.any_of, narrow.any_of, message::same_token);
    }
    bool operator()(const request_is& wide, const request_is& narrow) const {
        return message::same_token(wide.field, narrow.field) &&
               each_is_covered(wide.any_of, narrow.any_of, message::same_token);
    }
    bool operator()(const size_is& wide, const size_is& narrow) const {
        return over(wide) <= over(narrow) && under(wide) >= under(narrow) &&
               (narrow.over || !wide.over); // no message is smaller than nothing, but one may be it
    }
    bool operator()(const attachment_is& wide, const attachment_is& narrow) const {
        return same(wide, narrow);
    }
    bool operator()(const class_is& wide, const class_is& narrow) const {
        return each_is_covered(wide.any_of, narrow.any_of, std::equal_to<>{});
    }
    bool operator()(const known_key_is& wide, const known_key_is& narrow) const {
        return same(wide, narrow);
    }
    template<class Wide, class Narrow>
    bool operator()(const Wide& /*wide*/, const Narrow& /*narrow*/) const {
        return false;
    }

  private:
    template<class Kind>
    static bool same(const Kind& wide, const Kind& narrow) {
        return wide.wanted == narrow.wanted;
    }
    template<class Kind>
    [[nodiscard]] bool sets(const Kind& wide, const Kind& narrow) const {
        return std::ranges::all_of(
            narrow.any_of, [&](const addresses& one) { return of.covers(wide.any_of, *one); });
    }
};

// A message has several authors and may have a field several times: those never exclude each other.
struct excluding {
    coverage& of;

    bool operator()(const to_is& one, const to_is& other) const {
        return of.sets_are_apart(one.any_of, other.any_of);
    }
    bool operator()(const listener_is& one, const listener_is& other) const {
        return all_are_apart(one.any_of, other.any_of, std::not_equal_to<>{});
    }
    bool operator()(const client_is& one, const client_is& other) const {
        return of.can_pair(one.any_of.size(), other.any_of.size()) &&
               all_are_apart(one.any_of, other.any_of, [](const auto& a, const auto& b) {
                   return !covers_network(a, b) && !covers_network(b, a);
               });
    }
    bool operator()(const tls_is& one, const tls_is& other) const { return differ(one, other); }
    bool operator()(const authenticated_is& one, const authenticated_is& other) const {
        return differ(one, other);
    }
    bool operator()(const login_is& one, const login_is& other) const {
        return of.globs_are_all_apart(one.any_of, other.any_of);
    }
    bool operator()(const size_is& one, const size_is& other) const {
        return are_apart(one, other) || are_apart(other, one);
    }
    bool operator()(const attachment_is& one, const attachment_is& other) const {
        return differ(one, other);
    }
    bool operator()(const class_is& one, const class_is& other) const {
        return all_are_apart(one.any_of, other.any_of, [](message_class a, message_class b) {
            return a != b && is_way_of_protection(a) && is_way_of_protection(b);
        });
    }
    bool operator()(const known_key_is& one, const known_key_is& other) const {
        return differ(one, other);
    }
    template<class One, class Other>
    bool operator()(const One& /*one*/, const Other& /*other*/) const {
        return false;
    }

  private:
    template<class Kind>
    static bool differ(const Kind& one, const Kind& other) {
        return one.wanted != other.wanted;
    }
    // Larger than that one, smaller than this one: there is no size between.
    static bool are_apart(const size_is& larger, const size_is& smaller) {
        return larger.over && smaller.under && *smaller.under <= *larger.over + 1;
    }
};

bool coverage::covers(const condition& wide, const condition& narrow) {
    if (!spend(1)) return false;
    if (const auto* any = std::get_if<any_of>(&narrow.asks))
        return std::ranges::all_of(any->each, [&](const auto& one) { return covers(wide, one); });
    if (const auto* all = std::get_if<all_of>(&wide.asks))
        return std::ranges::all_of(all->each, [&](const auto& one) { return covers(one, narrow); });
    if (const auto* none = std::get_if<none_of>(&wide.asks))
        return std::ranges::all_of(none->each,
                                   [&](const auto& one) { return excludes(one, narrow); });
    if (const auto* any = std::get_if<any_of>(&wide.asks); any && any_covers(any->each, narrow))
        return true;
    if (const auto* all = std::get_if<all_of>(&narrow.asks))
        return std::ranges::any_of(all->each, [&](const auto& one) { return covers(wide, one); });
    return std::visit(covering{*this}, wide.asks, narrow.asks);
}

bool coverage::any_covers(const conditions& wide, const condition& narrow) {
    return std::ranges::any_of(wide, [&](const auto& one) { return covers(one, narrow); });
}

bool coverage::excludes(const condition& one, const condition& other) {
    if (!spend(1)) return false;
    if (const auto* any = std::get_if<any_of>(&one.asks))
        return std::ranges::all_of(any->each,
                                   [&](const auto& part) { return excludes(part, other); });
    if (std::holds_alternative<any_of>(other.asks)) return excludes(other, one);

    // What is covered by something in `not` is never more than the opposite of it.
    const auto* none = std::get_if<none_of>(&one.asks);
    if (none != nullptr && any_covers(none->each, other)) return true;
    none = std::get_if<none_of>(&other.asks);
    if (none != nullptr && any_covers(none->each, one)) return true;

    if (const auto* all = std::get_if<all_of>(&one.asks))
        return std::ranges::any_of(all->each,
                                   [&](const auto& part) { return excludes(part, other); });
    if (std::holds_alternative<all_of>(other.asks)) return excludes(other, one);
    return std::visit(excluding{*this}, one.asks, other.asks);
}

bool coverage::covers(const std::vector<addresses>& wide, const address_set& narrow) {
    if (std::ranges::any_of(wide, [&](const auto& set) { return set_covers(set, narrow); }))
        return true;
    if (wide.size() < 2) return false;
    return each_of(narrow, [&](const auto& pattern) {
        return std::ranges::any_of(wide, [&](const addresses& set) {
            return spend(steps_of(*set)) && set->covers(pattern);
        });
    });
}

bool coverage::set_covers(const addresses& wide, const address_set& narrow) {
    if (wide.get() == &narrow) return true;
    const auto ask = [&] {
        return each_of(narrow, [&](const auto& pattern) {
            return spend(steps_of(*wide)) && wide->covers(pattern);
        });
    };
    if (wide->list_name().empty() || narrow.list_name().empty()) return ask();
    const auto [known, is_new] = known_.try_emplace({wide.get(), &narrow}, false);
    if (is_new) known->second = ask();
    return known->second;
}

bool coverage::sets_are_apart(const std::vector<addresses>& one,
                              const std::vector<addresses>& other) {
    for (const auto& some : one)
        for (const auto& others : other)
            if (some == others || !some->expressions().empty() || !others->expressions().empty() ||
                !can_pair(some->patterns().size(), others->patterns().size()) ||
                !all_are_apart(some->patterns(), others->patterns(), patterns_are_apart))
                return false;
    return true;
}

bool coverage::globs_cover(const std::vector<std::string>& wide,
                           const std::vector<std::string>& narrow) {
    return std::ranges::all_of(narrow, [&](const std::string& one) {
        return spend(wide.size()) && std::ranges::any_of(wide, [&](const auto& other) {
                   return glob_covers(other, one);
               });
    });
}

bool coverage::globs_are_all_apart(const std::vector<std::string>& one,
                                   const std::vector<std::string>& other) {
    return can_pair(one.size(), other.size()) && all_are_apart(one, other, globs_are_apart);
}

bool coverage::can_pair(std::size_t one, std::size_t other) {
    return one <= max_pairs / std::max<std::size_t>(other, 1) && spend(one * other);
}

bool coverage::spend(std::size_t steps) {
    effort_left_ = steps > effort_left_ ? 0 : effort_left_ - steps;
    return effort_left_ > 0;
}

} // namespace postseal::policy
