// SPDX-License-Identifier: Apache-2.0
#include "relay/policy_view.hpp"

#include "keys/domain.hpp"
#include "smtp/xtext.hpp"

#include <algorithm>
#include <utility>

namespace postseal::relay {

namespace {

bool is_ascii(const std::string& text) {
    return std::all_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

void rewrite(smtp::mailbox& address) {
    if (auto known = for_policy(address)) address = std::move(*known);
}

// Whom a header field names is compared with it, to tell who is blind.
void rewrite_original(smtp::recipient& to) {
    auto original = smtp::original_recipient(to);
    if (!original || is_ascii(original->domain)) return;
    rewrite(*original);
    for (auto& parameter : to.parameters)
        if (parameter.keyword == "ORCPT")
            parameter.value = "rfc822;" + smtp::encode_xtext(smtp::to_string(*original));
}

} // namespace

std::optional<smtp::mailbox> for_policy(const smtp::mailbox& address) {
    if (is_ascii(address.domain)) return address;
    auto domain = keys::to_a_label(address.domain);
    if (!domain) return std::nullopt;
    return smtp::mailbox{address.local_part, std::move(*domain)};
}

smtp::envelope for_policy(smtp::envelope envelope) {
    if (envelope.sender) rewrite(*envelope.sender);
    for (auto& to : envelope.recipients) {
        rewrite(to.address);
        rewrite_original(to);
    }
    return envelope;
}

message::facts for_policy(message::facts facts) {
    // An author without a name is nobody: mail must not count as somebody else's, and so not as
    // ours to seal, because its header From cannot be read.
    std::erase_if(facts.from, [](const auto& author) { return !for_policy(author); });
    for (auto& author : facts.from)
        rewrite(author);
    for (auto& named : facts.visible)
        rewrite(named);
    return facts;
}

} // namespace postseal::relay
