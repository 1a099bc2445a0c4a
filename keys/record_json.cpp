// SPDX-License-Identifier: Apache-2.0
#include "keys/record_json.hpp"

#include "keys/user_id.hpp"
#include "message/base64.hpp"
#include "smtp/octets.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>

namespace postseal::keys {
namespace {

namespace json = boost::json;
using std::chrono::sys_seconds;

std::string in_base64(std::string_view octets) {
    std::string text((octets.size() + 2) / 3 * 4, '\0');
    text.resize(message::encode_base64(octets, text.data()));
    return text;
}

std::string in_hex(std::uint64_t key_id) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llX", static_cast<unsigned long long>(key_id));
    return text;
}

json::value when_if_any(const std::optional<sys_seconds>& when) {
    if (!when) return nullptr;
    return json::value(to_text(*when));
}

json::value text_of(std::string_view word) { return json::string(word); }

json::object key_of(const certificate& key) {
    json::array ids;
    for (const auto id : key.encryption_keys)
        ids.emplace_back(in_hex(id));
    json::object made;
    made["fingerprint"] = text_of(key.fingerprint);
    made["algorithm"] = as_text(key.algorithm);
    made["created"] = to_text(key.created);
    made["expires"] = when_if_any(key.expires);
    made["encryption_keys"] = std::move(ids);
    made["certificate"] = in_base64(*key.bytes);
    return made;
}

json::object memory_of(const memory& one) {
    json::object made;
    made["outcome"] = text_of(to_string(one.what.result));
    made["source"] = as_text(one.what.source);
    made["on_the_word_of"] = text_of(to_string(one.what.from));
    made["reason"] = as_text(one.what.reason);
    made["asked"] = to_text(one.asked);
    made["fresh_until"] = to_text(one.fresh_until);
    if (one.what.found) made["key"] = key_of(*one.what.found);
    return made;
}

json::array rejected_of(const record& known) {
    json::array all;
    for (const auto& one : known.rejected) {
        json::object made;
        made["fingerprint"] = text_of(one.fingerprint);
        made["revoked"] = one.revoked;
        made["seen"] = to_text(one.seen);
        made["certificate"] = in_base64(one.bytes);
        all.emplace_back(std::move(made));
    }
    return all;
}

json::array given_of(const record& known) {
    json::array all;
    for (const auto& one : known.given) {
        json::object made;
        made["fingerprint"] = text_of(one.fingerprint);
        made["pinned"] = one.pinned;
        made["note"] = as_text(one.note);
        made["since"] = to_text(one.since);
        if (!one.bytes.empty()) made["certificate"] = in_base64(one.bytes);
        all.emplace_back(std::move(made));
    }
    return all;
}

json::object sealing_of(const sealing& one) {
    json::object made;
    made["last"] = to_text(one.last);
    if (!one.fingerprint.empty()) made["fingerprint"] = text_of(one.fingerprint);
    made["expires"] = when_if_any(one.expires);
    made["on_the_word_of"] = text_of(to_string(one.from));
    return made;
}

} // namespace

std::string record_lines_head(sys_seconds now) {
    json::object made;
    made["postseal"] = "key records";
    made["version"] = record_lines_version;
    made["made"] = to_text(now);
    return json::serialize(made);
}

json::object to_json(const known_address& one) {
    json::object made;
    const auto& known = one.known;
    made["address"] = smtp::to_string(mailbox_of_key(one.address));
    if (known.remembered) made["remembered"] = memory_of(*known.remembered);
    if (!known.rejected.empty()) made["rejected"] = rejected_of(known);
    if (known.sealed) made["sealed"] = sealing_of(*known.sealed);
    if (known.ended_sealing) made["ended_sealing"] = sealing_of(*known.ended_sealing);
    if (!known.doubts.empty()) {
        json::object doubted;
        doubted["denied_since"] = when_if_any(known.doubts.denied_since);
        doubted["unusable_since"] = when_if_any(known.doubts.unusable_since);
        made["doubts"] = std::move(doubted);
    }
    if (!known.given.empty()) made["given"] = given_of(known);
    if (known.directory) {
        json::object directory;
        directory["host"] = text_of(to_string(known.directory->host));
        directory["seen"] = to_text(known.directory->seen);
        made["directory"] = std::move(directory);
    }
    return made;
}

std::string to_line(const known_address& one) { return json::serialize(to_json(one)); }

std::string to_text(sys_seconds when) {
    const auto day = std::chrono::floor<std::chrono::days>(when);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss time(when - day);
    char text[48];
    std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02dZ",
                  static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                  static_cast<unsigned>(date.day()), static_cast<int>(time.hours().count()),
                  static_cast<int>(time.minutes().count()),
                  static_cast<int>(time.seconds().count()));
    return text;
}

std::optional<sys_seconds> to_time(std::string_view text) {
    constexpr std::string_view form = "dddd-dd-ddTdd:dd:ddZ";
    if (text.size() != form.size()) return std::nullopt;
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == 'd' ? !smtp::is_digit(text[i]) : text[i] != form[i]) return std::nullopt;
    const auto number = [&](std::size_t from, std::size_t length) {
        int read = 0;
        std::from_chars(text.data() + from, text.data() + from + length, read);
        return read;
    };
    const std::chrono::year_month_day date{std::chrono::year(number(0, 4)),
                                           std::chrono::month(static_cast<unsigned>(number(5, 2))),
                                           std::chrono::day(static_cast<unsigned>(number(8, 2)))};
    const int hours = number(11, 2), minutes = number(14, 2), seconds = number(17, 2);
    if (!date.ok() || hours > 23 || minutes > 59 || seconds > 59) return std::nullopt;
    return std::chrono::sys_days(date) + std::chrono::hours(hours) + std::chrono::minutes(minutes) +
           std::chrono::seconds(seconds);
}

std::string as_text(std::string_view octets) {
    std::string text;
    while (!octets.empty()) {
        const auto length = smtp::printable_length(octets);
        text += length == 0 ? std::string_view("?") : octets.substr(0, length);
        octets.remove_prefix(std::max<std::size_t>(length, 1));
    }
    return text;
}

std::optional<std::string> to_fingerprint(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::optional<std::string> made(std::in_place);
    for (const char c : smtp::ascii_upper(text)) {
        if (c == ' ') continue;
        if (digits.find(c) == std::string_view::npos) return std::nullopt;
        *made += c;
    }
    if (made->size() != 40) made.reset();
    return made;
}

} // namespace postseal::keys
