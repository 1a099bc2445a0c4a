// SPDX-License-Identifier: Apache-2.0
// YAML as plain values with their places in the file: what the loaders read, without the library.
// Refused here: anchors and aliases (a small file could grow without bound), tags, several
// documents, keys given twice, keys that are not plain words, quotes that stay open at the end of
// their line, control characters.
// Limits: max_depth.
#pragma once

#include "config/source.hpp"

#include <string>
#include <vector>

namespace postseal::config {

inline constexpr std::size_t max_depth = 12; ///< ours needs six

struct entry;

struct node {
    enum class kind { empty, scalar, list, map };

    node::kind kind = kind::empty;
    position at;
    std::string text;           ///< of a scalar
    std::vector<node> items;    ///< of a list
    std::vector<entry> entries; ///< of a map, in the order of the file
};

struct entry {
    std::string key;
    position at;
    node value;
};

/// Throws config::error. An empty file is an empty node.
[[nodiscard]] node parse_yaml(const source& from);

} // namespace postseal::config
