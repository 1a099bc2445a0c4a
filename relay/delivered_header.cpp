// SPDX-License-Identifier: Apache-2.0
#include "relay/delivered_header.hpp"

#include "message/clean.hpp"

#include <string>

namespace postseal::relay {

namespace {

message::protected_header as_it_came(const message::header_section& header) {
    std::string fields;
    for (const auto& field : header.fields)
        fields += field.raw;
    return {std::move(fields), {}, {}};
}

} // namespace

message::protected_header deliver_header(const message::header_section& header,
                                         const policy::delivery& group,
                                         const message::id_disguise& ids,
                                         std::string_view boundary) {
    auto body = message::content::kept;
    switch (group.treatment) {
    case policy::treatment::untouched:
    case policy::treatment::held: return as_it_came(header);
    case policy::treatment::cleaned: break;
    case policy::treatment::sealed: body = message::content::rewritten; break;
    }
    auto cleaned = message::clean_header(header, group.headers, body, ids);
    // The protection of a delivery is that of its sealed copies.
    if (body == message::content::kept ||
        group.protection.policy == message::protection_policy::off)
        return {std::move(cleaned.bytes), {}, {}};
    return message::protect_header(cleaned.bytes, group.protection, boundary);
}

} // namespace postseal::relay
