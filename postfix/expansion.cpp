// SPDX-License-Identifier: Apache-2.0
#include "postfix/expansion.hpp"

#include <charconv>
#include <utility>
#include <vector>

namespace postseal::postfix {

namespace {

constexpr int max_depth = 32;
constexpr std::size_t max_size = 64U << 10;
constexpr int max_names = 4096; // of one value: `$a$a`, nested, doubles at each level
constexpr std::string_view blank = " \t\r\n";

bool is_name_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::string_view trimmed(std::string_view text) {
    const auto first = text.find_first_not_of(blank);
    if (first == text.npos) return {};
    return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

// Where the bracket that opens at `open` is closed; npos: nowhere.
std::size_t closing(std::string_view text, std::size_t open) {
    const char opener = text[open];
    const char closer = opener == '{' ? '}' : ')';
    int depth = 0;
    for (std::size_t at = open; at < text.size(); ++at) {
        if (text[at] == opener) ++depth;
        if (text[at] == closer && --depth == 0) return at;
    }
    return text.npos;
}

// Takes "{text}" off the front.
std::optional<std::string_view> take_braces(std::string_view& from) {
    from = from.substr(std::min(from.find_first_not_of(blank), from.size()));
    if (!from.starts_with('{')) return std::nullopt;
    const auto end = closing(from, 0);
    if (end == from.npos) return std::nullopt;
    const auto inside = trimmed(from.substr(1, end - 1));
    from = trimmed(from.substr(end + 1));
    return inside;
}

// "3.6" and "2" as numbers that can be compared; text that is no such thing compares as 0.
std::vector<unsigned> numbers(std::string_view text) {
    std::vector<unsigned> made;
    while (made.size() < 3) {
        unsigned part = 0;
        const auto done = std::from_chars(text.data(), text.data() + text.size(), part);
        made.push_back(part);
        text.remove_prefix(static_cast<std::size_t>(done.ptr - text.data()));
        if (text.starts_with('.')) text.remove_prefix(1);
    }
    return made;
}

template<class Value>
std::optional<bool> ordered(const Value& a, std::string_view op, const Value& b) {
    if (op == "==") return a == b;
    if (op == "!=") return a != b;
    if (op == "<") return a < b;
    if (op == "<=") return a <= b;
    if (op == ">") return a > b;
    if (op == ">=") return a >= b;
    return std::nullopt;
}

bool is_number(std::string_view text) {
    return !text.empty() && text.find_first_not_of("0123456789") == text.npos;
}

std::optional<bool> compare(std::string_view a, std::string_view op, std::string_view b) {
    constexpr std::string_view level = "level";
    if (op.ends_with(level)) {
        return ordered(numbers(a), op.substr(0, op.size() - level.size()), numbers(b));
    }
    if (is_number(a) && is_number(b)) return ordered(numbers(a), op, numbers(b));
    return ordered(a, op, b);
}

class expander {
  public:
    explicit expander(const name_lookup& lookup) : lookup_(lookup) {}

    std::string run(std::string_view text, int depth) {
        std::string made;
        while (!text.empty() && made.size() < max_size) {
            const auto dollar = text.find('$');
            made += text.substr(0, dollar);
            if (dollar == text.npos) break;
            text.remove_prefix(dollar);
            const auto [value, used] = depth < max_depth && names_ < max_names
                                           ? replace(text, depth + 1)
                                           : std::pair(std::string("$"), std::size_t{1});
            made += value;
            text.remove_prefix(used);
        }
        return made;
    }

  private:
    // What stands for the beginning of `text`, a '$', and how much of it that takes.
    std::pair<std::string, std::size_t> replace(std::string_view text, int depth) {
        ++names_;
        if (text.size() > 1 && text[1] == '$') return {"$", 2};
        if (text.size() > 1 && (text[1] == '{' || text[1] == '(')) {
            const auto end = closing(text, 1);
            if (end == text.npos) return {"$", 1};
            auto value = bracketed(text.substr(2, end - 2), depth);
            return {value.value_or(std::string(text.substr(0, end + 1))), end + 1};
        }
        std::size_t end = 1;
        while (end < text.size() && is_name_letter(text[end]))
            ++end;
        if (end == 1) return {"$", 1};
        const auto name = text.substr(1, end - 1);
        const auto found = lookup_(name);
        // An unknown name stays to be seen: it belongs to a daemon's own run time.
        return {found ? run(*found, depth) : std::string(text.substr(0, end)), end};
    }

    std::optional<std::string> bracketed(std::string_view inside, int depth) {
        inside = trimmed(inside);
        if (inside.starts_with('{')) return comparison(inside, depth);
        std::size_t end = 0;
        while (end < inside.size() && is_name_letter(inside[end]))
            ++end;
        const auto name = inside.substr(0, end);
        auto rest = trimmed(inside.substr(end));
        if (name.empty()) return std::nullopt;
        const auto found = lookup_(name);
        if (rest.empty()) {
            if (!found) return std::nullopt;
            return run(*found, depth);
        }
        const auto value = found ? run(*found, depth) : std::string();
        return choice(rest, !value.empty(), value, depth);
    }

    std::optional<std::string> comparison(std::string_view inside, int depth) {
        const auto left = take_braces(inside);
        if (!left) return std::nullopt;
        const auto brace = inside.find('{');
        if (brace == inside.npos) return std::nullopt;
        const auto op = trimmed(inside.substr(0, brace));
        inside.remove_prefix(brace);
        const auto right = take_braces(inside);
        if (!right) return std::nullopt;
        const auto holds = compare(run(*left, depth), op, run(*right, depth));
        if (!holds) return std::nullopt;
        return choice(inside, *holds, {}, depth);
    }

    // "?text", ":text", "?{text}:{text}" behind a condition. A ':' alone gives the value itself
    // where there is one.
    std::optional<std::string> choice(std::string_view rest, bool holds, const std::string& value,
                                      int depth) {
        const char mark = rest.empty() ? '\0' : rest.front();
        if (mark != '?' && mark != ':') return std::nullopt;
        rest.remove_prefix(1);
        auto after = rest;
        const auto first = take_braces(after);
        if (mark == ':') return holds ? value : run(first ? *first : rest, depth);
        if (!first) return holds ? run(rest, depth) : std::string();
        if (holds) return run(*first, depth);
        if (!after.starts_with(':')) return std::string();
        after.remove_prefix(1);
        auto text = after;
        const auto second = take_braces(text);
        return run(second ? *second : after, depth);
    }

    const name_lookup& lookup_;
    int names_ = 0;
};

} // namespace

std::string expand(std::string_view text, const name_lookup& lookup) {
    return expander(lookup).run(text, 0);
}

} // namespace postseal::postfix
