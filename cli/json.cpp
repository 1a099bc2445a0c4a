// SPDX-License-Identifier: Apache-2.0
#include "cli/json.hpp"

namespace postseal::cli {

std::string json(std::string_view text) {
    constexpr std::string_view hex = "0123456789abcdef";
    std::string out = "\"";
    for (const char c : text) {
        const auto octet = static_cast<unsigned char>(c);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += c;
        } else if (octet < 0x20 || octet == 0x7f) {
            out += "\\u00";
            out += hex[octet >> 4U];
            out += hex[octet & 0xfU];
        } else {
            out += c;
        }
    }
    return out + '"';
}

} // namespace postseal::cli
