// SPDX-License-Identifier: Apache-2.0
#include "keys/json_field.hpp"

#include "keys/packets.hpp"
#include "keys/record_json.hpp"
#include "message/base64.hpp"
#include "smtp/octets.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include <charconv>

namespace postseal::keys {

void json_field::fail(const std::string& what) const {
    throw json_mistake(place_.empty() ? what : place_ + ": " + what);
}

bool json_field::flag() const {
    if (!value_->is_bool()) fail("has to be true or false");
    return value_->get_bool();
}

std::string json_field::text() const {
    if (!value_->is_string()) fail("has to be a text");
    const auto& read = value_->get_string();
    if (read.size() > max_json_text) fail("is too long");
    std::string text(read.data(), read.size());
    if (!smtp::is_printable_utf8(text)) fail("has a control character");
    return text;
}

std::chrono::sys_seconds json_field::time() const {
    const auto read = to_time(text());
    if (!read) fail("is no time like 2026-11-26T03:39:30Z");
    return *read;
}

std::string json_field::fingerprint() const {
    auto read = text();
    if (to_fingerprint(read) != read) fail("is not 40 hexadecimal digits in upper case");
    return read;
}

std::uint64_t json_field::key_id() const {
    const auto read = text();
    std::uint64_t id = 0;
    const auto* const end = read.data() + read.size();
    const auto parsed = std::from_chars(read.data(), end, id, 16);
    if (read.size() != 16 || parsed.ptr != end) fail("is not 16 hexadecimal digits");
    return id;
}

std::string json_field::octets() const {
    if (!value_->is_string()) fail("has to be a text");
    const auto& read = value_->get_string();
    if (read.size() > max_certificate_size / 3 * 4 + 4) fail("is too long for a certificate");
    message::base64_reader reader;
    if (!reader.take({read.data(), read.size()}) || !reader.complete()) fail("is not base64");
    if (reader.binary.empty()) fail("is empty");
    return std::move(reader.binary);
}

std::vector<json_field> json_field::list() const {
    if (!value_->is_array()) fail("has to be a list");
    const auto& read = value_->get_array();
    if (read.size() > max_json_entries) fail("has more than 64 entries");
    std::vector<json_field> entries;
    for (const auto& one : read)
        entries.emplace_back(place_ + "[" + std::to_string(entries.size()) + "]", one);
    return entries;
}

json_members::json_members(json_field of) : of_(std::move(of)) {
    if (!of_.value().is_object()) of_.fail("has to be an object {…}");
}

std::optional<json_field> json_members::find(std::string_view name) {
    asked_.push_back(name);
    const auto* const found = of_.value().get_object().if_contains(name);
    if (found == nullptr || found->is_null()) return std::nullopt;
    return json_field((of_.place().empty() ? "" : of_.place() + ".") + std::string(name), *found);
}

json_field json_members::need(std::string_view name) {
    auto found = find(name);
    if (!found) of_.fail("has no '" + std::string(name) + "'");
    return std::move(*found);
}

std::optional<std::chrono::sys_seconds> json_members::time_if_any(std::string_view name) {
    const auto found = find(name);
    if (!found) return std::nullopt;
    return found->time();
}

void json_members::end() const {
    for (const auto& one : of_.value().get_object()) {
        const std::string_view name(one.key().data(), one.key().size());
        if (std::ranges::find(asked_, name) == asked_.end())
            of_.fail("has '" + as_text(name.substr(0, 40)) + "', which is not known here");
    }
}

} // namespace postseal::keys
