// SPDX-License-Identifier: Apache-2.0
#include "message/date.hpp"

#include "message/token.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <utility>
#include <vector>

namespace postseal::message {

namespace {

using namespace std::chrono_literals;

// The longest date without comments has 10 tokens; more is something else.
constexpr std::size_t max_tokens = 16;

constexpr std::array<std::string_view, 7> day_names{"Sun", "Mon", "Tue", "Wed",
                                                    "Thu", "Fri", "Sat"};
constexpr std::array<std::string_view, 12> month_names{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

struct named_zone {
    std::string_view name;
    int hours;
};

// RFC 5322 §4.3. Every other name, the military letters too, means "not known" and counts as UTC.
constexpr std::array<named_zone, 8> named_zones{{{"EST", -5},
                                                 {"EDT", -4},
                                                 {"CST", -6},
                                                 {"CDT", -5},
                                                 {"MST", -7},
                                                 {"MDT", -6},
                                                 {"PST", -8},
                                                 {"PDT", -7}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

// Behind the comment, nested ones included, that begins at `at`; npos when it does not end.
std::size_t end_of_comment(std::string_view text, std::size_t at) {
    std::size_t depth = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (text[at] == '(') {
            ++depth;
        } else if (text[at] == ')' && --depth == 0) {
            return at + 1;
        }
    }
    return text.npos;
}

// Words, numbers and single signs; white space and comments fall away.
std::optional<std::vector<std::string_view>> tokens_of(std::string_view text) {
    std::vector<std::string_view> tokens;
    std::size_t at = 0;
    while (at < text.size()) {
        const auto start = at;
        if (std::string_view(" \t\r\n").find(text[at]) != std::string_view::npos) {
            ++at;
            continue;
        }
        if (text[at] == '(') {
            at = end_of_comment(text, at);
            if (at == text.npos) return {};
            continue;
        }
        const auto kind = is_digit(text[at]) ? is_digit : is_letter;
        while (at < text.size() && kind(text[at]))
            ++at;
        if (at == start) ++at; // a sign
        if (tokens.size() == max_tokens) return {};
        tokens.push_back(text.substr(start, at - start));
    }
    return tokens;
}

// Consumes tokens from the front; every step says whether it found what it wanted.
class token_reader {
  public:
    explicit token_reader(std::vector<std::string_view> tokens) : tokens_(std::move(tokens)) {}

    [[nodiscard]] bool at_end() const { return at_ == tokens_.size(); }
    [[nodiscard]] std::string_view peek() const {
        return at_end() ? std::string_view() : tokens_[at_];
    }

    bool skip(std::string_view token) {
        if (peek() != token) return false;
        ++at_;
        return true;
    }

    std::string_view word() {
        const auto token = peek();
        if (token.empty() || !is_letter(token.front())) return {};
        ++at_;
        return token;
    }

    /// A number of `least` to `most` digits.
    std::optional<int> number(std::size_t least, std::size_t most) {
        const auto token = peek();
        if (token.empty() || !is_digit(token.front())) return {};
        if (token.size() < least || token.size() > most) return {};
        ++at_;
        int value = 0;
        for (const char digit : token) {
            value = value * 10 + (digit - '0');
        }
        return value;
    }

  private:
    std::vector<std::string_view> tokens_;
    std::size_t at_ = 0;
};

// RFC 5322 §4.3: 00 to 49 are of this century, 50 to 99 and three digits count from 1900.
std::optional<int> read_year(token_reader& from) {
    const auto digits = from.peek().size();
    const auto year = from.number(2, 4);
    if (!year) return {};
    if (digits == 2 && *year < 50) return *year + 2000;
    if (digits < 4) return *year + 1900;
    if (*year < 1900) return {};
    return *year;
}

std::optional<std::chrono::seconds> read_time(token_reader& from) {
    const auto hour = from.number(1, 2);
    if (!hour || !from.skip(":")) return {};
    const auto minute = from.number(1, 2);
    if (!minute) return {};
    std::optional<int> second = 0;
    if (from.skip(":")) second = from.number(1, 2);
    // 60 is a leap second.
    if (!second || *hour > 23 || *minute > 59 || *second > 60) return {};
    return std::chrono::hours(*hour) + std::chrono::minutes(*minute) +
           std::chrono::seconds(*second);
}

std::optional<std::chrono::seconds> read_zone(token_reader& from) {
    const bool west = from.peek() == "-";
    if (from.skip("+") || from.skip("-")) {
        const auto zone = from.number(4, 4);
        if (!zone || *zone % 100 > 59) return {};
        const std::chrono::seconds offset =
            std::chrono::hours(*zone / 100) + std::chrono::minutes(*zone % 100);
        return west ? -offset : offset;
    }
    const auto name = from.word();
    if (name.empty()) return {};
    for (const auto& known : named_zones) {
        if (same_token(name, known.name)) return std::chrono::hours(known.hours);
    }
    return 0s;
}

std::optional<std::chrono::sys_days> read_day(token_reader& from) {
    const auto day = from.number(1, 2);
    const auto month = from.word();
    const auto year = read_year(from);
    const auto name =
        std::find_if(month_names.begin(), month_names.end(),
                     [&month](std::string_view known) { return same_token(known, month); });
    if (!day || !year || name == month_names.end()) return {};
    const auto number = static_cast<unsigned>(name - month_names.begin()) + 1;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(number),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return {};
    return std::chrono::sys_days(date);
}

} // namespace

std::optional<long long> parse_date(std::string_view text) {
    auto tokens = tokens_of(text);
    if (!tokens) return {};
    token_reader from(std::move(*tokens));
    // The day of the week says nothing new, and is not checked against the date.
    if (!from.word().empty() && !from.skip(",")) return {};
    const auto day = read_day(from);
    if (!day) return {};
    const auto time = read_time(from);
    if (!time) return {};
    const auto zone = read_zone(from);
    if (!zone || !from.at_end()) return {};
    return (day->time_since_epoch() + *time - *zone).count();
}

std::string format_date(long long time) {
    const std::chrono::sys_seconds moment{std::chrono::seconds(time)};
    const auto day = std::chrono::floor<std::chrono::days>(moment);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(moment - day);
    std::array<char, 64> text{};
    const int size = std::snprintf(
        text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
        day_names[std::chrono::weekday(day).c_encoding()].data(), static_cast<unsigned>(date.day()),
        month_names[static_cast<unsigned>(date.month()) - 1].data(), static_cast<int>(date.year()),
        static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
        static_cast<int>(clock.seconds().count()));
    return std::string(text.data(), static_cast<std::size_t>(size));
}

} // namespace postseal::message
