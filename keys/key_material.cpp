// SPDX-License-Identifier: Apache-2.0
#include "keys/key_material.hpp"

#include "message/armor.hpp"

namespace postseal::keys {
namespace {

constexpr std::string_view armor_begin = "-----BEGIN PGP ";

/// Secret keys too: the cleaner has to see them to be able to say so.
bool holds_a_key(std::string_view label) {
    return label == "PGP PUBLIC KEY BLOCK" || label == "PGP PRIVATE KEY BLOCK";
}

} // namespace

key_material read_key_material(std::string_view material) {
    key_material read;
    if (material.empty()) return read;
    if ((static_cast<unsigned char>(material.front()) & 0x80) != 0 &&
        material.substr(0, 3) != "\xEF\xBB\xBF") { // a text's byte order mark
        read.streams.emplace_back(material);
        return read;
    }
    for (std::size_t at = material.find(armor_begin);
         at != std::string_view::npos && read.broken < max_broken_blocks;
         at = material.find(armor_begin, at)) {
        auto block = message::read_armor(material, at);
        if (block && holds_a_key(block->label))
            read.streams.push_back(std::move(block->binary));
        else
            ++read.broken;
        at = block ? block->end : at + armor_begin.size();
    }
    return read;
}

} // namespace postseal::keys
