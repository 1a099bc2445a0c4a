// SPDX-License-Identifier: Apache-2.0
#include "message/facts.hpp"

#include "message/address_list.hpp"
#include "message/attachment.hpp"
#include "message/encoded_word.hpp"
#include "message/encryption.hpp"
#include "message/exemption.hpp"
#include "message/header_section.hpp"
#include "message/parts.hpp"
#include "message/token.hpp"

#include <algorithm>
#include <array>

namespace postseal::message {

namespace {

// RFC 5322 §3.6.3, §3.6.6: the fields that show recipients to each other. Bcc is not one.
constexpr std::array<std::string_view, 4> showing{"To", "Cc", "Resent-To", "Resent-Cc"};

// Every field of these names counts, not only the first: which of two a reader shows is not ours to
// guess.
void read_addresses(facts& known, const header_section& section) {
    for (const auto& field : section.fields) {
        if (same_token(field.name, "From")) {
            read_address_list(field.body(), known.from);
        } else if (std::ranges::any_of(showing,
                                       [&](auto name) { return same_token(field.name, name); })) {
            read_address_list(field.body(), known.visible);
        }
    }
}

bool is_list_mail(const header_section& section) {
    if (section.find("List-Id") != nullptr) return true;
    return std::ranges::any_of(section.fields, [](const header_field& field) {
        if (!same_token(field.name, "Precedence")) return false;
        const auto value = unfolded(field);
        return same_token(value, "bulk") || same_token(value, "list");
    });
}

void read_fields(facts& known, const header_section& section) {
    known.fields.reserve(section.fields.size());
    for (const auto& field : section.fields)
        if (!field.name.empty())
            known.fields.push_back({std::string{field.name}, decode_words(unfolded(field))});
}

} // namespace

facts classify(std::string_view message) {
    facts known;
    known.size = message.size();
    const auto section = read_header_section(message);
    read_addresses(known, section);
    read_fields(known, section);
    known.list = is_list_mail(section);

    auto tree = read_parts(message, section);
    auto& root = tree.root;
    if (root.doubt.empty() && section.count("From") > 1) root.doubt = "several From fields";

    known.report = is_report(root, section);
    known.invitation = is_invitation(root);
    known.key_exchange = is_key_exchange(root, section);
    known.fragment = is_fragment(root, section);
    known.attachment = has_attachment(root);

    const auto found = find_protection(root);
    known.protected_as = found.protected_as;
    known.reason = found.reason;
    return known;
}

} // namespace postseal::message
