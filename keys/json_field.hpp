// SPDX-License-Identifier: Apache-2.0
// Reads JSON that anybody may have written: each value is asked for by its name and its kind.
// Fails: by json_mistake, which says where. For one function that catches it.
#pragma once

#include <boost/json/value.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace postseal::keys {

inline constexpr std::size_t max_json_text = 16 * 1024; ///< octets of a reason, a note
inline constexpr std::size_t max_json_entries = 64;     ///< of one list

struct json_mistake : std::runtime_error {
    using std::runtime_error::runtime_error;
};

/// One value, and the place where it stands. The value has to outlive it.
class json_field {
  public:
    json_field(std::string place, const boost::json::value& value)
        : place_(std::move(place)), value_(&value) {}

    [[noreturn]] void fail(const std::string& what) const;

    [[nodiscard]] bool flag() const;
    [[nodiscard]] std::string text() const; ///< printable UTF-8
    [[nodiscard]] std::chrono::sys_seconds time() const;
    [[nodiscard]] std::string fingerprint() const;
    [[nodiscard]] std::uint64_t key_id() const;
    [[nodiscard]] std::string octets() const; ///< of a certificate, from base64; not empty
    [[nodiscard]] std::vector<json_field> list() const;

    template<class Word, std::size_t N>
    [[nodiscard]] Word one_of(const std::array<Word, N>& words) const {
        const auto read = text();
        std::string choice;
        for (const auto one : words) {
            if (read == to_string(one)) return one;
            choice += (choice.empty() ? "" : ", ") + std::string(to_string(one));
        }
        fail("has to be one of: " + choice);
    }

    [[nodiscard]] const boost::json::value& value() const { return *value_; }
    [[nodiscard]] const std::string& place() const { return place_; }

  private:
    std::string place_;
    const boost::json::value* value_;
};

/// An object's members.
class json_members {
  public:
    explicit json_members(json_field of);

    /// Nothing where it is not there, or null.
    [[nodiscard]] std::optional<json_field> find(std::string_view name);
    [[nodiscard]] json_field need(std::string_view name);
    [[nodiscard]] std::optional<std::chrono::sys_seconds> time_if_any(std::string_view name);

    /// Fails where there is a member that nobody has asked for: it would be lost.
    void end() const;

  private:
    json_field of_;
    std::vector<std::string_view> asked_;
};

} // namespace postseal::keys
