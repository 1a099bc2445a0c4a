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

// Takes an element off the front of `from`: its content. One of indefinite length is taken to reach
// to the end, where its end-of-contents octets are: so it is for every constructed element that
// ends a ContentInfo.
std::optional<std::string_view> take(std::string_view& from, std::uint8_t tag) {
    if (from.size() < 2 || octet(from) != tag) return {};
    auto rest = from.substr(1);
    const auto first = octet(rest);
    rest.remove_prefix(1);
    if (first == 0x80) {
        if (!rest.ends_with("\0\0"sv)) return {};
        from = {};
        return rest.substr(0, rest.size() - 2);
    }
    const auto length =
        first < 0x80 ? std::optional<std::size_t>(first) : long_length(rest, first & 0x7F);
    if (!length || *length > rest.size()) return {};
    from = rest.substr(*length);
    return rest.substr(0, *length);
}

// EnvelopedData and AuthEnvelopedData both start with a small version number and the originator or
// the recipients (RFC 5652 §6.1, RFC 5083 §2.1).
bool starts_like_enveloped_data(std::string_view content) {
    const auto version = take(content, integer);
    if (!version || version->size() != 1 || content.empty()) return false;
    return octet(content) == set || octet(content) == context_0;
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
    return starts_like_enveloped_data(*content) ? cms_content::enveloped_data
                                                : cms_content::unreadable;
}

} // namespace postseal::message
