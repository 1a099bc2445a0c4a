// SPDX-License-Identifier: Apache-2.0
#include "message/encryption.hpp"

#include "message/armor.hpp"
#include "message/cms.hpp"
#include "message/openpgp.hpp"
#include "message/preamble.hpp"
#include "message/token.hpp"
#include "smtp/mailbox.hpp"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <optional>
#include <string>

namespace postseal::message {

namespace {

constexpr std::string_view begin_message = "-----BEGIN PGP MESSAGE-----";
constexpr std::string_view begin_signed = "-----BEGIN PGP SIGNED MESSAGE-----";

// Armor headers are in clear: "Version", "Charset", and a "Comment" that advertises the program.
constexpr std::size_t max_armor_headers = 256;

// So are the fields of a part. A long file name in the forms of RFC 2231 and of those who do not
// know it takes some 700 octets.
constexpr std::size_t max_labels = 1024;

// Those in which the characters of armor mean themselves, whatever a sender writes. Not so in
// UTF-7, UTF-16 or EBCDIC, where base64 can be a readable text.
constexpr std::array<std::string_view, 13> plain_character_sets{
    "us-ascii",     "ascii",  "ansi_x3.4-1968", "utf-8", "utf8",  "iso-8859-*", "iso-2022-jp*",
    "windows-125*", "koi8-*", "euc-*",          "gb*",   "big5*", "shift_jis"};

enum class state {
    empty, // nothing that could be read
    clear,
    encrypted,
};

struct verdict {
    message::state state;
    std::string_view reason;
};

verdict judge(const part& one);

constexpr verdict clear(std::string_view why) { return {state::clear, why}; }
constexpr verdict encrypted(std::string_view how) { return {state::encrypted, how}; }

std::string_view trimmed(std::string_view text) {
    const auto start = std::min(text.find_first_not_of(" \t\r\n"), text.size());
    return text.substr(start, text.find_last_not_of(" \t\r\n") + 1 - start);
}

// Starts with a line that is `line` and nothing else.
bool starts_with_line(std::string_view text, std::string_view line) {
    if (!text.starts_with(line)) return false;
    const auto next = text.find_first_not_of(" \t\r", line.size());
    return next == text.npos || text[next] == '\n';
}

// One armored encrypted message, and nothing before or behind it.
bool is_armored_message(std::string_view text) {
    text = trimmed(text);
    if (!starts_with_line(text, begin_message)) return false;
    const auto block = read_armor(text);
    return block && block->label == "PGP MESSAGE" && block->end == text.size() &&
           block->header_octets <= max_armor_headers &&
           read_encrypted_message(block->binary).has_value();
}

bool has_plain_character_set(const part& text) {
    const auto* const named = text.content_type.find("charset");
    return named == nullptr || std::ranges::any_of(plain_character_sets, [&](auto pattern) {
               return token_matches(named->value, pattern);
           });
}

using suffixes = std::initializer_list<std::string_view>;

bool ends_with_one(const parameter* name, suffixes wanted) {
    const auto lower = smtp::ascii_lower(name->value);
    return std::ranges::any_of(wanted, [&](auto suffix) { return lower.ends_with(suffix); });
}

// The file has a name, and where it has two, readers may go by either.
bool is_named(const part& file, suffixes wanted) {
    const auto* const shown = file.disposition.find("filename");
    const auto* const other = file.content_type.find("name");
    if (shown == nullptr && other == nullptr) return false;
    return (shown == nullptr || ends_with_one(shown, wanted)) &&
           (other == nullptr || ends_with_one(other, wanted));
}

bool is_cms(const part& leaf) {
    return leaf.type == "application/pkcs7-mime" || leaf.type == "application/x-pkcs7-mime" ||
           (leaf.type == "application/octet-stream" && is_named(leaf, {".p7m"}));
}

// application/pgp is what programs of the nineties, and some of today's, call inline PGP.
bool is_openpgp_file(const part& leaf) {
    return leaf.type == "application/pgp-encrypted" || leaf.type == "application/pgp" ||
           (leaf.type == "application/octet-stream" && is_named(leaf, {".pgp", ".gpg", ".asc"}));
}

verdict judge_cms(const decoded_content& content) {
    switch (read_cms(content.octets())) {
    case cms_content::enveloped_data: return encrypted("S/MIME");
    case cms_content::signed_data: return clear("S/MIME signed data, which everybody can read");
    case cms_content::other: return clear("S/MIME that is not encrypted");
    case cms_content::unreadable: break;
    }
    return clear("labelled S/MIME, but no such content");
}

verdict judge_leaf(const part& leaf) {
    const bool text = leaf.type == "text/plain";
    if (!text && !is_cms(leaf) && !is_openpgp_file(leaf)) {
        return clear(leaf.type.starts_with("message/") ? "an attached message"
                                                       : "a part that is not encrypted");
    }
    if (!has_plain_character_set(leaf)) return clear("a character set that can show other text");
    const auto content = decode(leaf.body, leaf.encoding);
    if (!content.whole()) return clear("a part whose transfer encoding is broken");
    if (text && is_blank(content.octets())) return {state::empty, "no content"};

    if (is_cms(leaf)) return judge_cms(content);
    if (is_armored_message(content.octets())) return encrypted("inline PGP");
    if (text) return clear("text that is not encrypted");
    if (read_encrypted_message(content.octets())) return encrypted("an encrypted file");
    return clear("named like an OpenPGP file, but not encrypted");
}

bool is_trusted(const part& one) { return one.doubt.empty() && one.label_octets <= max_labels; }

// The control part of PGP/MIME says "Version: 1" and nothing else (RFC 3156 §4).
bool is_control_part(const part& one) {
    if (one.type != "application/pgp-encrypted" || !is_trusted(one)) return false;
    const auto content = decode(one.body, one.encoding, 64);
    return content.whole() && smtp::equal_ignoring_case(trimmed(content.octets()), "Version: 1");
}

bool is_ciphertext_part(const part& one) {
    if (one.type != "application/octet-stream" || !is_trusted(one)) return false;
    const auto content = decode(one.body, one.encoding);
    return content.whole() && is_armored_message(content.octets());
}

verdict judge_pgp_mime(const part& multipart) {
    const auto* const protocol = multipart.content_type.find("protocol");
    if (protocol == nullptr ||
        !smtp::equal_ignoring_case(protocol->value, "application/pgp-encrypted")) {
        return clear("labelled multipart/encrypted, but not by OpenPGP");
    }
    const auto& children = multipart.children;
    if (children.size() == 2 && is_control_part(children[0]) && is_ciphertext_part(children[1])) {
        return encrypted("PGP/MIME");
    }
    return clear("labelled multipart/encrypted, but no such content");
}

// Exchange makes a multipart/mixed of PGP/MIME, with an empty text in front
// (draft-dkg-openpgp-pgpmime-message-mangling).
bool is_mangled_pgp_mime(const part& multipart) {
    const auto& children = multipart.children;
    return multipart.type == "multipart/mixed" && children.size() == 3 &&
           children[0].type == "text/plain" && judge(children[0]).state == state::empty &&
           is_control_part(children[1]) && is_ciphertext_part(children[2]);
}

verdict judge_multipart(const part& multipart) {
    if (multipart.type == "multipart/encrypted") return judge_pgp_mime(multipart);
    if (is_mangled_pgp_mime(multipart)) return encrypted("PGP/MIME as Exchange rewrites it");
    verdict all{state::empty, "no content"};
    for (const auto& child : multipart.children) {
        const auto found = judge(child);
        if (found.state == state::clear) return found;
        if (found.state == state::empty) continue;
        const bool first = all.state == state::empty;
        all = encrypted(first ? found.reason : "every part encrypted");
    }
    return all;
}

verdict judge(const part& one) {
    if (!one.doubt.empty()) return clear(one.doubt);
    if (!is_trusted(one)) return clear("header fields in which a text has room");
    return one.is_multipart() ? judge_multipart(one) : judge_leaf(one);
}

// A cleartext signature opens the first text that a reader is shown.
bool is_clearsigned(const part& root) {
    const auto* first = &root;
    while (!first->children.empty()) {
        first = &first->children.front();
    }
    if (first->type != "text/plain") return false;
    constexpr std::size_t enough = 1024; // empty lines may come before it
    const auto start = decode(first->body, first->encoding, enough);
    return starts_with_line(trimmed(start.octets()), begin_signed);
}

bool is_opaque_signed(const part& root) {
    if (!is_cms(root)) return false;
    const auto content = decode(root.body, root.encoding);
    return content.whole() && read_cms(content.octets()) == cms_content::signed_data;
}

} // namespace

finding find_protection(const part& root) {
    const auto found = judge(root);
    if (found.state == state::encrypted) return {protection::encrypted, found.reason};
    // Signed mail is sealed as any other, but not touched before.
    if (root.type == "multipart/signed") return {protection::is_signed, "multipart/signed"};
    if (is_clearsigned(root)) return {protection::is_signed, "a cleartext signature"};
    if (is_opaque_signed(root)) return {protection::is_signed, "S/MIME signed data"};
    return {protection::none, found.reason};
}

} // namespace postseal::message
