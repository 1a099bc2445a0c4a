// SPDX-License-Identifier: Apache-2.0
#include "message/pgp_mime.hpp"

#include "message/armor.hpp"
#include "message/token.hpp"

namespace postseal::message {

namespace {

// Says no more than the message said itself: with no charset, readers treat 8-bit text as they
// would have outside.
constexpr std::string_view plain_text = "Content-Type: text/plain\r\n";

// These names and texts are what Thunderbird and K-9 write, and what other programs look for:
// GPGMail repairs mangled messages by the name "encrypted.asc".
constexpr std::string_view before_armor =
    "Content-Type: application/octet-stream; name=\"encrypted.asc\"\r\n"
    "Content-Description: OpenPGP encrypted message\r\n"
    "Content-Disposition: inline; filename=\"encrypted.asc\"\r\n"
    "\r\n";

// Five bits a letter: no octet of randomness is spent unevenly.
constexpr std::string_view boundary_letters = "abcdefghijklmnopqrstuvwxyz234567";
constexpr std::size_t max_boundary_letters = 32;

std::string open_multipart(std::string_view boundary) {
    const std::string delimiter = "--" + std::string(boundary) + "\r\n";
    return pgp_mime_fields(boundary) +
           "\r\n"
           "This is an OpenPGP/MIME encrypted message (RFC 4880 and 3156)\r\n" +
           delimiter +
           "Content-Type: application/pgp-encrypted\r\n"
           "Content-Description: PGP/MIME version identification\r\n"
           "\r\n"
           "Version: 1\r\n"
           "\r\n" +
           delimiter + std::string(before_armor);
}

} // namespace

std::string inner_header(const header_section& section) {
    std::string header;
    // Without a type, Thunderbird takes the whole block for text.
    if (section.find("Content-Type") == nullptr) header = plain_text;
    for (const auto& field : section.fields) {
        if (!is_structural(field.name)) continue;
        // The one belongs to whole messages only (RFC 2045 §4), and programs sign it with their
        // name; the other counts octets of a transfer that is over.
        if (same_token(field.name, "MIME-Version")) continue;
        if (same_token(field.name, "Content-Length")) continue;
        header += field.raw;
    }
    // Only a message that ends within its last field lacks the line end.
    if (!header.ends_with('\n')) header += "\r\n";
    return header + "\r\n";
}

bool is_structural(std::string_view field_name) {
    return token_matches(field_name, "Content-*") || same_token(field_name, "MIME-Version");
}

std::string pgp_mime_fields(std::string_view boundary) {
    return "MIME-Version: 1.0\r\n"
           "Content-Type: multipart/encrypted;\r\n"
           " protocol=\"application/pgp-encrypted\";\r\n"
           " boundary=\"" +
           std::string(boundary) + "\"\r\n";
}

std::string make_boundary(std::string_view randomness) {
    // "=_" stands neither in base64 nor in quoted-printable (RFC 2045 §6.7).
    std::string boundary = "=_";
    for (const char octet : randomness.substr(0, max_boundary_letters)) {
        boundary += boundary_letters[static_cast<unsigned char>(octet) % boundary_letters.size()];
    }
    return boundary;
}

void write_pgp_mime(const sink& out, std::string_view outer_fields, std::string_view boundary,
                    std::string_view ciphertext) {
    out(outer_fields);
    out(open_multipart(boundary));
    armor_writer armor(out);
    armor.write(ciphertext);
    armor.finish();
    out("\r\n--" + std::string(boundary) + "--\r\n");
}

} // namespace postseal::message
