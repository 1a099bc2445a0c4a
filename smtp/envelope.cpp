// SPDX-License-Identifier: Apache-2.0
#include "smtp/envelope.hpp"

#include "smtp/xtext.hpp"

namespace postseal::smtp {

namespace {

constexpr std::string_view address_type = "rfc822;";

} // namespace

std::optional<mailbox> original_recipient(const recipient& to) {
    for (const auto& parameter : to.parameters) {
        if (parameter.keyword != "ORCPT") continue;
        const std::string_view value = parameter.value;
        if (!equal_ignoring_case(value.substr(0, address_type.size()), address_type)) break;
        const auto address = decode_xtext(value.substr(address_type.size()));
        if (!address) break;
        return parse_mailbox(*address);
    }
    return std::nullopt;
}

} // namespace postseal::smtp
