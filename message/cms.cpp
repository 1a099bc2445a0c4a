// SPDX-License-Identifier: Apache-2.0
#include "message/cms.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace postseal::message {

namespace {

using namespace std::string_view_literals;

enum asn1_tag : std::uint8_t {
    integer = 0x02,
    object_identifier = 0x06,
    sequence = 0x30,
    set = 0x31,
    octet_string_0 = 0x80, // [0] IMPLICIT OCTET STRING, in one piece
    context_0 = 0xA0,
};

// Object identifiers as they stand in BER.
constexpr auto signed_data_oid = "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x02"sv; // 1.2.840.113549.1.7.2
constexpr auto enveloped_data_oid =
    "\x2A\x86\x48\x86\xF7\x0D\x01\x07\x03"sv; // 1.2.840.113549.1.7.3
constexpr auto auth_enveloped_data_oid =
    "\x2A\x86\x48\x86\xF7\x0D\x01\x09\x10\x01\x17"sv; // …1.9.16.1.23

std::uint8_t octet(std::string_view at) { return static_cast<std::uint8_t>(at.front()); }

// The octets of a length behind its first one, which says how many they are (X.690 §8.1.3.5). More
// than four would be an element that no message can hold.
std::optional<std::size_t> long_length(std::string_view& from, std::size_t count) {
    if (count > 4 || count > from.size()) return {};
    std::size_t length = 0;
    for (; count > 0; --count) {
        length = length << 8 | octet(from);
        from.remove_prefix(1);
    }
    return length;
}

struct element_header {
    std::uint8_t tag;
    std::optional<std::size_t> length; // none where it is indefinite
};

// Tags of more than one octet are in nothing that we read.
std::optional<element_header> take_header(std::string_view& from) {
    if (from.size() < 2 || (octet(from) & 0x1F) == 0x1F) return {};
    const auto tag = octet(from);
    const auto first = octet(from.substr(1));
    from.remove_prefix(2);
    if (first == 0x80) {
        const bool constructed = (tag & 0x20) != 0;
        return constructed ? std::optional(element_header{tag, {}}) : std::nullopt;
    }
    const auto length =
        first < 0x80 ? std::optional<std::size_t>(first) : long_length(from, first & 0x7F);
    if (!length || *length > from.size()) return {};
    return element_header{tag, length};
}

// The content up to the end-of-contents octets of its own level (X.690 §8.1.3.6), which go with it.
// A counter for the levels, so that depth costs nothing.
std::optional<std::string_view> take_indefinite(std::string_view& from) {
    const auto content = from;
    for (std::size_t depth = 1; depth > 0;) {
        const auto element = take_header(from);
        if (!element) return {};
        const bool end = element->tag == 0 && element->length == std::size_t{0};
        if (end) {
            --depth;
        } else if (element->length) {
            from.remove_prefix(*element->length);
        } else {
            ++depth;
        }
    }
    return content.substr(0, content.size() - from.size() - 2);
}

// Takes an element off the front of `from`: its content.
std::optional<std::string_view> take(std::string_view& from, std::uint8_t tag) {
    if (from.empty() || octet(from) != tag) return {};
    const auto element = take_header(from);
    if (!element) return {};
    if (!element->length) return take_indefinite(from);
    const auto content = from.substr(0, *element->length);
    from.remove_prefix(content.size());
    return content;
}

bool next_is(std::string_view from, std::uint8_t tag) {
    return !from.empty() && octet(from) == tag;
}

// EncryptedContentInfo ::= SEQUENCE { contentType, algorithm, encryptedContent [0] IMPLICIT
// OCTET STRING }. The content may be elsewhere (RFC 5652 §6.1), but then this is no message.
bool has_ciphertext(std::string_view info) {
    if (!take(info, object_identifier) || !take(info, sequence)) return false;
    const auto tag = next_is(info, context_0) ? context_0 : octet_string_0;
    const auto ciphertext = take(info, tag);
    return ciphertext && !ciphertext->empty() && info.empty();
}

// EnvelopedData and AuthEnvelopedData: a small version number, perhaps the originator, one
// recipient or more, and the ciphertext (RFC 5652 §6.1, RFC 5083 §2.1). Attributes and a code of
// authentication may follow.
bool is_enveloped_data(std::string_view content) {
    const auto version = take(content, integer);
    if (!version || version->size() != 1) return false;
    if (next_is(content, context_0) && !take(content, context_0)) return false;
    const auto recipients = take(content, set);
    if (!recipients || recipients->empty()) return false;
    const auto ciphertext = take(content, sequence);
    return ciphertext && has_ciphertext(*ciphertext);
}

} // namespace

// ContentInfo ::= SEQUENCE { contentType OBJECT IDENTIFIER, content [0] EXPLICIT ANY }
cms_content read_cms(std::string_view octets) {
    auto info = take(octets, sequence);
    if (!info || !octets.empty()) return cms_content::unreadable;
    const auto type = take(*info, object_identifier);
    if (!type) return cms_content::unreadable;
    auto wrapper = take(*info, context_0);
    if (!wrapper || !info->empty()) return cms_content::unreadable;
    const auto content = take(*wrapper, sequence);
    if (!content || !wrapper->empty()) return cms_content::unreadable;

    if (*type == signed_data_oid) return cms_content::signed_data;
    if (*type != enveloped_data_oid && *type != auth_enveloped_data_oid) return cms_content::other;
    return is_enveloped_data(*content) ? cms_content::enveloped_data : cms_content::unreadable;
}

} // namespace postseal::message
