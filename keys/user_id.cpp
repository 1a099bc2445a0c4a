// SPDX-License-Identifier: Apache-2.0
#include "keys/user_id.hpp"

#include "keys/domain.hpp"

#include <algorithm>

namespace postseal::keys {
namespace {

bool has_control_or_space(std::string_view text) {
    return std::any_of(text.begin(), text.end(), [](char c) {
        const auto octet = static_cast<unsigned char>(c);
        return octet <= 0x20 || octet == 0x7f;
    });
}

bool consists_of(std::string_view text, std::string_view marks) {
    return std::all_of(text.begin(), text.end(), [marks](char c) {
        const bool letter_or_digit =
            (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        return letter_or_digit || static_cast<unsigned char>(c) >= 0x80 ||
               marks.find(c) != std::string_view::npos;
    });
}

/// GnuPG is stricter with a user ID that is an address without brackets: it takes RFC 5322's atoms.
bool is_plain_address(std::string_view text) {
    const auto at = std::min(text.find('@'), text.size());
    return text.find("..") == std::string_view::npos &&
           consists_of(text.substr(0, at), "-_.!#$%&'*+/=?^`{|}~") &&
           consists_of(text.substr(std::min(at + 1, text.size())), "-_.");
}

std::optional<smtp::mailbox> read_address(std::string_view text) {
    const auto at = text.find('@');
    if (at == 0 || at == std::string_view::npos || at + 1 == text.size()) return std::nullopt;
    if (text.find('@', at + 1) != std::string_view::npos) return std::nullopt;
    if (text.back() == '.' || has_control_or_space(text)) return std::nullopt;
    const auto domain = text.substr(at + 1);
    if (domain.find("..") != std::string_view::npos) return std::nullopt;
    return smtp::mailbox{std::string(text.substr(0, at)), std::string(domain)};
}

} // namespace

std::optional<smtp::mailbox> user_id_address(std::string_view user_id) {
    // GnuPG would stop at a NUL; a person would not see what follows it.
    if (user_id.find('\0') != std::string_view::npos) return std::nullopt;
    const auto open = user_id.find('<');
    if (open == std::string_view::npos)
        return is_plain_address(user_id) ? read_address(user_id) : std::nullopt;
    const auto close = user_id.find('>', open);
    if (close == std::string_view::npos) return std::nullopt;
    return read_address(user_id.substr(open + 1, close - open - 1));
}

std::string lookup_key(const smtp::mailbox& address) {
    // What has no A-label (an address literal) is compared as it stands.
    const auto domain = to_a_label(address.domain);
    return smtp::ascii_lower(address.local_part) + '@' +
           (domain ? *domain : smtp::ascii_lower(address.domain));
}

smtp::mailbox mailbox_of_key(std::string_view key) {
    const auto domain = domain_of_key(key);
    const auto local_part = key.substr(0, key.size() - std::min(key.size(), domain.size() + 1));
    return {std::string(local_part), std::string(domain)};
}

std::string_view domain_of_key(std::string_view key) {
    return key.substr(key.rfind('@') + 1); // a quoted local part may hold another one
}

bool same_address(const smtp::mailbox& a, const smtp::mailbox& b) {
    return lookup_key(a) == lookup_key(b);
}

} // namespace postseal::keys
