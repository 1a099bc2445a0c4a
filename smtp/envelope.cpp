// SPDX-License-Identifier: Apache-2.0
#include "smtp/envelope.hpp"

#include "smtp/parameters.hpp"
#include "smtp/utf8_address.hpp"
#include "smtp/xtext.hpp"

#include <algorithm>
#include <string>

namespace postseal::smtp {

namespace {

std::optional<std::string> decode(std::string_view type, std::string_view address) {
    if (equal_ignoring_case(type, "rfc822")) return decode_xtext(address);
    if (equal_ignoring_case(type, "utf-8")) return decode_utf8_address(address);
    return std::nullopt;
}

} // namespace

std::optional<mailbox> original_recipient(const recipient& to) {
    const auto* const given = find_parameter(to.parameters, "ORCPT");
    if (given == nullptr) return std::nullopt;
    const std::string_view value = given->value;
    const auto semicolon = std::min(value.find(';'), value.size());
    const auto address =
        decode(value.substr(0, semicolon), value.substr(std::min(semicolon + 1, value.size())));
    if (!address) return std::nullopt;
    return parse_mailbox(*address);
}

} // namespace postseal::smtp
