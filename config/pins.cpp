// SPDX-License-Identifier: Apache-2.0
#include "config/pins.hpp"

#include "config/key_address.hpp"
#include "config/values.hpp"
#include "keys/user_id.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace postseal::config {

namespace {

constexpr std::size_t fingerprint_digits =
    40; // of version 4 (RFC 4880 §12.2): others GnuPG has not

smtp::mailbox read_address(const source& from, const entry& one, const policy::rule_set& known) {
    if (one.key.find_first_of("*?") != std::string::npos)
        from.fail(one.at, "'" + one.key + "': a pin is for one address, and takes no pattern");
    return read_key_address(from, {node::kind::scalar, one.at, one.key, {}, {}}, known);
}

char to_upper(char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c; }

// gpg prints groups of four digits with spaces between them.
std::string read_fingerprint(const source& from, const node& value) {
    const auto written = read_text(from, value);
    std::string digits;
    for (const char c : written)
        if (c != ' ') digits += to_upper(c);
    const bool is_hex = digits.find_first_not_of("0123456789ABCDEF") == std::string::npos;
    if (is_hex && digits.size() == fingerprint_digits) return digits;
    const bool is_id = is_hex && (digits.size() == 8 || digits.size() == 16);
    from.fail(value.at,
              "'" + written + "' is no fingerprint: " +
                  (is_id ? "it is a key ID, which anybody can make a second key for; " : "") +
                  "write the 40 hexadecimal digits that 'gpg --fingerprint' prints");
}

} // namespace

void read_pins(const source& from, const node& value, const policy::rule_set& known,
               policy::pinned_keys& pins) {
    if (value.kind != node::kind::map)
        from.fail(value.at, "'pins' must hold 'address: fingerprint' pairs");
    for (const auto& one : value.entries) {
        const auto address = read_address(from, one, known);
        if (one.value.kind == node::kind::empty)
            from.fail(one.at, "'" + one.key + "' has no fingerprint");
        const auto fingerprint = read_fingerprint(from, one.value);
        if (!pins.emplace(keys::lookup_key(address), fingerprint).second)
            from.fail(one.at, "'" + one.key + "' has another pin already");
    }
}

namespace {

void note_places(const std::filesystem::path& file, placed_pins& pins) {
    const auto root = parse_yaml(read_source(file));
    const auto name = file.filename().string();
    for (const auto& section : root.entries) {
        if (section.key != "pins") continue;
        for (const auto& one : section.value.entries) {
            const auto address = smtp::parse_mailbox(one.key);
            const auto pin = address ? pins.find(keys::lookup_key(*address)) : pins.end();
            if (pin != pins.end()) pin->second.place = name + ":" + std::to_string(one.at.line);
        }
    }
}

} // namespace

placed_pins find_pins(const std::vector<std::filesystem::path>& policy_files,
                      const policy::pinned_keys& read) {
    placed_pins made;
    for (const auto& [address, fingerprint] : read)
        made[address] = {fingerprint, policy_files.front().filename().string()};
    if (made.empty()) return made;
    for (const auto& file : policy_files)
        note_places(file, made);
    return made;
}

} // namespace postseal::config
