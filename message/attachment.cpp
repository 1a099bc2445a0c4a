// SPDX-License-Identifier: Apache-2.0
#include "message/attachment.hpp"

#include <algorithm>
#include <array>

namespace postseal::message {

namespace {

// How a message is signed or sealed, and not what somebody attached; some have file names.
constexpr std::array<std::string_view, 6> wrapping{
    "application/pgp-signature", "application/pkcs7-signature", "application/x-pkcs7-signature",
    "application/pgp-encrypted", "application/pkcs7-mime",      "application/x-pkcs7-mime"};

bool has_file_name(const part& one) {
    return one.disposition.find("filename") != nullptr || one.content_type.find("name") != nullptr;
}

// A picture that the text shows has a Content-ID more often than not, and a file name too; it says
// "inline", while an attached one says "attachment".
bool is_shown_in_text(const part& one) {
    return one.type.starts_with("image/") && one.disposition.value == "inline";
}

bool is_attachment(const part& leaf) {
    if (std::ranges::count(wrapping, leaf.type) > 0) return false;
    if (leaf.disposition.value == "attachment") return true;
    if (leaf.type.starts_with("text/")) return has_file_name(leaf);
    return !is_shown_in_text(leaf) && !leaf.type.starts_with("message/delivery-status") &&
           !leaf.type.starts_with("message/disposition-notification");
}

} // namespace

bool has_attachment(const part& root) {
    if (root.children.empty()) return is_attachment(root);
    return std::ranges::any_of(root.children, has_attachment);
}

} // namespace postseal::message
